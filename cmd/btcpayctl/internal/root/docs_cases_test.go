package root

import "regexp"

// approves is an owner who approves the key that a command shows.
var approves = docEvent{regexp.MustCompile(`api-access-request`), []string{"btcpayctl sandbox approve --server https://btcpay.example.com"}}

// consents is an owner who presses Authorize on the page that a command shows.
var consents = docEvent{regexp.MustCompile(`(http\S+/api-keys/authorize\S+)`), []string{"btcpayctl sandbox consent $1 --server https://btcpay.example.com"}}

// pays is a buyer.
var pays = docEvent{regexp.MustCompile(`Waiting for (\w+): new`), []string{
	"btcpayctl sandbox pay $1 --server https://btcpay.example.com", "btcpayctl sandbox mine --server https://btcpay.example.com"}}

// adminKey is a key of the profile that a block uses.
func adminKey(profile string) string {
	return "btcpayctl apikey create --server https://btcpay.example.com --basic $EMAIL --permission unrestricted --save-as " + profile
}

const figure = "a figure without commands"

var docCases = []docCase{
	{block: "README.md: $ git clone https://github.com/btcpayctl/btcpayctl && cd btcpayctl",
		why: "TestDemoPasted compares it with what btcpayctl demo prints, and testrun has the summary of make test"},
	{block: "README.md: btcpayctl pair client --profile shop --server https://btcpay.example.com", upon: []docEvent{approves, pays}, as: map[string]string{
		"btcpayctl pair client --profile shop --server https://btcpay.example.com": "btcpayctl pair client --profile shop --server https://btcpay.example.com --interval 200ms",
		`btcpayctl invoice wait "$id" && ./ship.sh`:                                `btcpayctl invoice wait "$id" --interval 100ms && ./ship.sh`}},
	{block: "README.md: btcpayctl pair server --profile shop --store J8Rx6Z4dzx", fresh: true,
		setup: []string{"btcpayctl profile set shop --server https://btcpay.example.com"}, with: map[string]string{"cMKARv6": "CODE --interval 200ms", "--store J8Rx6Z4dzx": "--store J8Rx6Z4dzx --interval 200ms"},
		upon: []docEvent{{regexp.MustCompile(`\n  (0[23][0-9a-f]{64})\n`), []string{"btcpayctl sandbox paste $1 --server https://btcpay.example.com"}}}},
	{block: "README.md: btcpayctl invoice create --from orders.jsonl -o jsonl | jq -r .checkoutLink", with: map[string]string{"2026-11-01": "2020-01-01"}},
	{block: `README.md: btcpayctl authorize --profile ci --server https://btcpay.example.com --store J8Rx6Z4dzx --for "invoice create,invoice get"`,
		upon: []docEvent{consents}},
	{block: "README.md: btcpayctl webhook forward --to http://localhost:3000/hook --secret-file hook.secret",
		why: "it runs until Ctrl-C, and a receiver is needed; TestForwardKill runs it as a process"},
	{block: "README.md: btcpayctl keystore status",
		notRun: map[string]string{"btcpayctl keystore move --to file": movesKeyring}, as: map[string]string{
			"btcpayctl keystore backup keys.age":            "btcpayctl keystore backup keys.age --passphrase-file passphrase",
			"btcpayctl keystore restore keys.age --to file": "btcpayctl keystore restore keys.age --to file --passphrase-file passphrase"}},
	{block: "README.md: btcpayctl sandbox --port 8080", with: map[string]string{"8080": "0"}, until: `KEY|Then try also`,
		notRun: map[string]string{"btcpayctl demo --keep": "TestDemoPasted runs it"}},

	{block: "docs/architecture.md: client       one connection to one server, without endpoints      imports nothing of ours", why: figure},
	{block: "docs/architecture.md: root         the tree of commands, help topics, completion          → the nouns, manual", why: figure},
	{block: "docs/architecture.md: sandbox                     New, Start, NewHandler; control and faults", why: figure},

	{block: `docs/authorize.md: btcpayctl authorize --profile ci --server https://btcpay.example.com --store J8Rx6Z4dzx --for "invoice create,invoice get"`,
		upon: []docEvent{consents}},
	{block: "docs/authorize.md: btcpayctl                       browser                         BTCPay Server", why: figure},
	{block: "docs/authorize.md: btcpayctl apikey list --open",
		setup: []string{`btcpayctl authorize --server https://btcpay.example.com --store J8Rx6Z4dzx --for "invoice list" --print-url`}},
	{block: "docs/authorize.md: browser                         web app                            server", why: figure},
	{block: `docs/authorize.md: btcpayctl authorize --server https://btcpay.example.com --store J8Rx6Z4dzx --for "invoice list" --print-url`,
		notRun: map[string]string{`btcpayctl authorize --profile ci --server https://btcpay.example.com --store J8Rx6Z4dzx --for "invoice list" --paste`: "a terminal asks for the key; TestScripts/authorize_paste types it"}},

	{block: `docs/ci.md: btcpayctl apikey exec --for "invoice create,invoice get" --store ID --ttl 15m -- ./nightly.sh`,
		setup: []string{adminKey("ci-account")}, with: map[string]string{"--store ID": "--store J8Rx6Z4dzx", "--ttl 15m ": ""}}, // TestCIRecipes runs it with --ttl, which starts a process
	{block: "docs/ci.md: btcpayctl authorize --profile ci-account --server https://btcpay.example.com --permission unrestricted --all-stores", fresh: true,
		upon: []docEvent{consents}},
	{block: `docs/ci.md: btcpayctl authorize --profile nightly --server https://btcpay.example.com --store ID --for "invoice create,invoice get"`,
		with: map[string]string{"--store ID": "--store J8Rx6Z4dzx"}, upon: []docEvent{consents}},
	{block: "docs/ci.md: warning: btcpayctl/env/4KX… is not revoked yet: DELETE http…/api-keys/current: connection refused: no program listens on that port",
		why: "output of a job whose server went away; TestWatchAfterTheEnd compares its form"},

	{block: "docs/keys.md: btcpayctl apikey list --open", setup: []string{adminKey("shop")}},

	{block: "docs/keystore.md: index.json                     names of all secrets in all keystores", why: figure},
	{block: "docs/keystore.md: cd ~/.local/share/btcpayctl/keystore", why: "commands of age; TestFileOpenedByAge of package keystore opens such files with age"},
	{block: `docs/keystore.md: umask 077; plain=$(mktemp -p /dev/shm)`, why: "commands of age, which ask for a passphrase on a terminal"},
	{block: "docs/keystore.md: -> btcpayctl 1 bitid/TfX…", why: figure},
	{block: "docs/keystore.md: apt-get install golang-docker-credential-helpers", why: "it installs a program, and needs a desktop; TestRealStores uses that helper"},
	{block: `docs/keystore.md: ln -s "$(command -v btcpayctl)" ~/.local/bin/docker-credential-btcpayctl`, why: "it needs docker; TestScripts/docker_credential runs the helper under this name"},
	{block: "docs/keystore.md: export BTCPAYCTL_KEYSTORE='vault:https://vault.example.com:8200/secret/btcpayctl?namespace=shop&ca-file=/etc/ssl/vault-ca.pem'",
		why: "it needs a Vault; the tests of package keystore/vault use its addresses and variables"},
	{block: `docs/keystore.md: path "secret/data/btcpayctl/*"     { capabilities = ["create", "read", "update"] }`, why: "a policy for a Vault"},
	{block: "docs/keystore.md: btcpayctl keystore status", setup: []string{adminKey("shop")},
		notRun: map[string]string{"btcpayctl keystore move --to file": movesKeyring, "btcpayctl keystore lock": "it locks the keyring of a desktop; TestScripts/keystore_lock runs it"}},
	{block: "docs/keystore.md: btcpayctl keystore backup keys.age",
		notRun: map[string]string{"btcpayctl keystore backup keys.age --recipient age1…": "the recipient is one of the reader"}, as: map[string]string{
			"btcpayctl keystore backup keys.age":            "btcpayctl keystore backup keys.age --passphrase-file passphrase",
			"btcpayctl keystore restore keys.age --dry-run": "btcpayctl keystore restore keys.age --dry-run --passphrase-file passphrase",
			"btcpayctl keystore restore keys.age --to file": "btcpayctl keystore restore keys.age --to file --passphrase-file passphrase"}},
	{block: "docs/keystore.md: mv ~/.local/share/btcpayctl/keystore ~/.local/share/btcpayctl/keystore.old", why: "ways to begin again, of which a person takes one; TestScripts/keystore_passphrase has a lost passphrase"},
	{block: `docs/keystore.md: {"btcpayctl_backup":1,"created":"2026-11-25T12:00:00Z","entries":1}`, why: "the format of a backup"},
	{block: "docs/keystore.md: export BTCPAYCTL_KEYSTORE=file", with: map[string]string{"/run/secrets/btcpayctl-identity": "shop.json"}},

	{block: `docs/sandbox.md: curl -H "Authorization: token $KEY" -H 'Content-Type: application/json' \`, why: "it needs curl; the webhook tests of package sandbox send the same"},
	{block: `docs/sandbox.md: btcpayctl sandbox fault add lost --method POST --path "/api/v1/stores/{id}/invoices"`, setup: []string{onSandbox}},
	{block: "docs/sandbox.md: btcpayctl sandbox replay sandbox/testdata/recordings/2.4.1", why: "it needs the source, and a server; TestSandboxReplay plays some of these recordings"},
	{block: "docs/sandbox.md: btcpayctl sandbox --host 0.0.0.0 --port 8080", why: "it would open a port of this machine to others; TestSandboxHost runs the command"},
	{block: "docs/sandbox.md: btcpayctl sandbox --tls --port 8443 --state shop.json", why: "TestSandboxTLS runs it, on a free port"},
	{block: `docs/sandbox.md: btcpayctl sandbox pay "$id" --share half`, why: "it needs an invoice and a pairing; TestSandboxPay and TestSandboxRefuse run these commands"},
	{block: `docs/sandbox.md: post() { curl -sS -H 'Content-Type: application/json' -d "$2" "$BTCPAYCTL_SERVER/_sandbox/$1"; }`, why: "it needs curl; the tests of package sandbox send the same"},
	{block: "docs/sandbox.md: btcpayctl sandbox --port 8080 --record recordings", why: "it runs until Ctrl-C; TestSandboxRecord records and replays"},
	{block: "docs/sandbox.md: btcpayctl sandbox reset", setup: []string{onSandbox}},
	{block: "docs/sandbox.md: btcpayctl sandbox requests --server http://127.0.0.1:8080 --follow --refused", why: "it does not end; the script sandbox runs the command"},
	{block: "docs/sandbox.md: btcpayctl sandbox --port 8080", with: map[string]string{"8080": "0"}, until: `KEY|apiKey`},
}

// onSandbox has the commands of a block control the sandbox.
const onSandbox = "export BTCPAYCTL_SERVER=https://btcpay.example.com"

const movesKeyring = "it moves keys out of a desktop's keyring; TestScripts/keystore_move runs it between two others"
