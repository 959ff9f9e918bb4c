package canary

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// A scenario is a command line as a user has it, and what goes with it. Its
// words may name variables of [canaryHome].
type scenario struct {
	line   string
	stdin  string
	env    map[string]string
	before []string // lines that are run first; NAME=line keeps what one prints
	beside string   // a line that is run meanwhile: the person at the server
	code   int      // its exit code where nothing goes wrong
	// server runs until it is told to end.
	server bool
	// alone changes the store for everybody: where several runs share it, such a
	// one comes last.
	alone bool
	// calm has no faults of the server: nobody could end the wait for the person.
	calm bool
	// lasting asks again until the server has answered as it should, or until it is told
	// to end.
	lasting bool
	// makesKey leaves a BitId key that the test does not know yet.
	makesKey bool
	// allow are the places at which a secret is meant to be.
	allow []exception

	command string          // its name
	flags   map[string]bool // of the variants, which it takes
}

// An exception is a place where secrets of a kind may be, and why.
type exception struct{ kind, place, why string }

var (
	askedFor = func(kind, place string) exception { return exception{kind, place, "it was asked for there, by name"} }
	// The address that a person opens holds the nonce, which is of use for as
	// long as somebody listens. The ledger and the page for the browser hold it
	// for this user alone.
	nonceShown = []exception{
		{"callback nonce", "stderr", "a person has to open this page"},
		{"callback nonce", "file data/btcpayctl/ledger/*", "a login that was cut off goes on"},
		{"callback nonce", "file data/btcpayctl/callbacks/*", "the server offers the key again for the same address alone"},
		{"callback nonce", "file data/btcpayctl/logins/*", "the browser reads it there, and not from its arguments"},
	}
	toHelper = []exception{
		{"bitid key", "pipe", "the helper that it is moved to reads it there"},
		{"api key", "pipe", "the helper that it is moved to reads it there"},
		{"docker credential", "pipe", "the helper that it is moved to reads it there"},
	}
	// These play the owner of a sandbox, whose password it tells to anybody
	// (/_sandbox/seed), by a browser that goes where the server sends it.
	playsOwner = []exception{
		{"password", "std*", "a sandbox tells it to anybody, and what a server that is none repeats is shown"},
		{"cookie", "std*", "of a sandbox's session, as above"},
		{"anti-forgery", "std*", "of a sandbox's page, as above"},
		{"password", "stranger", "a sandbox tells it to anybody, and the server put it into the address"},
		{"cookie", "stranger", "of a sandbox's session, as above"},
		{"anti-forgery", "stranger", "of a sandbox's page, as above"},
	}
	// The one who plays the browser hands the key over.
	playsBrowser = []exception{
		{"api key", "tcp", "the browser posts the key to the program that waits"},
		{"callback nonce", "tcp", "the browser posts to this address"},
		{"anti-forgery", "tcp", "the server's page has it in the form that the browser posts"},
	}
)

// newHook makes a webhook for a scenario.
const newHook = "HOOK=webhook create --profile admin --store $STORE --duplicate --url https://shop.example.com/hook --secret-file $SECRETS/webhook -o name"

var scenarios = []scenario{
	{line: ""},
	{line: "version -o json"},
	{line: "man key generate"}, {line: "man --directory $HOME/man"},
	{line: "help environment"},
	{line: "completion bash"}, {line: "completion fish"}, {line: "completion zsh"}, {line: "completion powershell"}, {line: "completion"},
	{line: "__complete invoice list --profile s"},
	{line: "demo"},
	{line: "doctor --profile shop"},
	{line: "doctor --profile till -o json"},

	{line: "key"},
	{line: "key generate --profile fresh", makesKey: true},
	{line: "key generate --output-file fresh.pem", allow: []exception{askedFor("bitid key", "file cwd/fresh.pem"), {"bitid key", "file cwd/.btcpayctl-*", "it gets its name when it is whole"}}},
	{line: "key import $SECRETS/bitid.hex --profile again"},
	{line: "key import - --profile again", stdin: "$WIF\n"},
	{line: "key import $SECRETS/legacy --profile again", code: 2},
	{line: "key export --profile shop --output-file out.pem", allow: []exception{askedFor("bitid key", "file cwd/out.pem"), {"bitid key", "file cwd/.btcpayctl-*", "it gets its name when it is whole"}}},
	{line: "key export --profile shop --format wif --reveal --yes", allow: []exception{askedFor("bitid key", "stdout")}},
	{line: "key export --profile shop --format hex --reveal", code: 2},
	{line: "key list"},
	{line: "key show --profile shop"},
	{line: "key sign --profile shop", stdin: "https://btcpay.example.com/tokens"},
	{line: "key verify $PUBLIC $SIGNATURE", stdin: "x"},
	{line: "key delete $DOOMED --yes", before: []string{"DOOMED=key generate --profile doomed -o name"}},

	{line: "pair"},
	{line: "pair client --profile fresh --server $SERVER --interval 100ms", beside: "sandbox approve --profile fresh --server $SERVER", makesKey: true},
	{line: "pair server --profile fresh --server $SERVER --code $CODE --interval 100ms --wait 2m", before: []string{"CODE=sandbox code --server $SERVER -o name"}, makesKey: true},
	{line: "pair server --profile fresh --server $SERVER --store $STORE --wait 1s --interval 100ms", code: 8, makesKey: true},
	{line: "pair status --profile shop"},

	{line: "invoice"},
	{line: "invoice create --profile shop --amount 1 --currency USD --api bitpay"},
	{line: "invoice create --profile till --amount 1 --currency USD --order-id A-1"},
	{line: "invoice create --server $SERVER --amount 1 --currency USD --api bitpay", env: map[string]string{"BTCPAYCTL_API_KEY_FILE": "$SECRETS/legacy"}},
	{line: "invoice get $INVOICE --profile shop --api bitpay"},
	{line: "invoice get $INVOICE --profile till"},
	{line: "invoice list --profile shop --api bitpay -o yaml"},
	{line: "invoice list --profile till -o json"},
	{line: "invoice list --server $SERVER", env: map[string]string{"BTCPAYCTL_API_KEY_FILE": "$SECRETS/legacy"}},
	{line: "invoice open $INVOICE --profile till"},
	{line: "invoice resume --profile till"},
	{line: "invoice wait $INVOICE --profile till --wait 0", code: 8},
	{line: "invoice wait $INVOICE --profile shop --api bitpay --wait 0", code: 8},
	{line: "rate get --profile shop BTC_USD"},
	{line: "rate"}, {line: "store"},
	{line: "store list --profile till"},
	{line: "whoami --profile till"},
	{line: "store show --profile till"},

	{line: "webhook"},
	{line: "webhook create --profile admin --store $STORE --duplicate --url https://shop.example.com/hook --secret-file $SECRETS/webhook"},
	{line: "webhook create --profile admin --store $STORE --duplicate --url https://shop.example.com/hook --secret-file $SECRETS/webhook --debug"},
	{line: "webhook create --profile admin --store $STORE --duplicate --url https://shop.example.com/hook --secret-file $SECRETS/webhook --dry-run"},
	{line: "webhook list --profile admin --store $STORE"},
	{line: "webhook show $HOOK --profile admin --store $STORE", before: []string{newHook}},
	{line: "webhook update $HOOK --profile admin --store $STORE --disable --debug", before: []string{newHook}},
	{line: "webhook rotate-secret $HOOK --profile admin --store $STORE --secret-file $SECRETS/webhook --debug", before: []string{newHook}},
	{line: "webhook deliveries $HOOK --profile admin --store $STORE", before: []string{newHook}},
	{line: "webhook replay $HOOK $INVOICE --profile admin --store $STORE", code: 6, before: []string{newHook}},
	{line: "webhook delete $HOOK --profile admin --store $STORE --yes", before: []string{newHook}},
	{line: "webhook listen --profile admin --store $STORE --wait 1ms --debug"},
	{line: "webhook forward --profile admin --store $STORE --to http://127.0.0.1:1/hook --secret-file $SECRETS/webhook --wait 1ms --debug"},
	{line: "webhook trigger InvoiceCreated --profile admin --store $STORE"},
	{line: "webhook trigger InvoiceCreated --to http://127.0.0.1:1/hook --secret-file $SECRETS/webhook --debug", code: 7},
	{line: "webhook verify --signature sha256=0 --secret-file $SECRETS/webhook", stdin: "{}", code: 10},

	{line: "profile"},
	{line: "profile list"}, {line: "profile show shop -o json"},
	{line: "profile set other --server $SERVER --store $STORE"}, {line: "profile use till"}, {line: "profile delete till"},
	{line: "profile move admin --server $SERVER --yes"},

	{line: "apikey"},
	{line: "apikey create --profile admin --all-stores --for \"invoice list\" --save-as fresh"},
	{line: "apikey create --server $SERVER --basic $EMAIL --permission btcpay.user.canviewprofile", env: map[string]string{"BTCPAYCTL_PASSWORD_FILE": "$SECRETS/password"}},
	{line: "apikey create --server $SERVER --basic $EMAIL --permission btcpay.user.canviewprofile", stdin: "$PASSWORD\n"},
	{line: "apikey create --profile admin --all-stores --for \"invoice list\" --reveal --yes", allow: []exception{askedFor("api key", "stdout")}},
	{line: "apikey create --profile admin --all-stores --for \"invoice list\" --output-file fresh.txt", allow: []exception{askedFor("api key", "file cwd/fresh.txt"), {"api key", "file cwd/.btcpayctl-*", "it gets its name when it is whole"}}},
	{line: "apikey current --profile till -o json"},
	{line: "apikey list"}, {line: "apikey list --offline"},
	{line: "apikey permissions --profile till --live"},
	{line: "apikey rotate --profile till2 --by admin", before: []string{"apikey create --profile admin --all-stores --for \"invoice list\" --save-as till2"}},
	{line: "apikey revoke current --profile till2 --yes", before: []string{"apikey create --profile admin --all-stores --for \"invoice list\" --save-as till2"}},
	{line: "apikey revoke $ID --yes", before: []string{"ID=apikey create --profile admin --all-stores --for \"invoice list\" -o name"}},
	{line: "apikey revoke --value-file - --server $SERVER --yes", stdin: "$KEY\n", before: []string{"KEY=apikey create --profile admin --all-stores --for \"invoice list\" --reveal --yes -o name"}},
	{line: "apikey exec --profile admin --all-stores --for \"invoice list\" -- true",
		allow: []exception{{"api key", "environ BTCPAY_API_KEY", "the command is given its key there"}, {"api key", "pipe", "the process that watches over the key reads it there"}}},
	{line: "apikey exec --profile admin --all-stores --for \"invoice list\" --ttl 1m -- btcpayctl apikey current -o json",
		allow: []exception{{"api key", "environ BTCPAY_API_KEY", "the command is given its key there"}, {"api key", "pipe", "the process that watches over the key reads it there"}}},
	{line: "apikey watch", lasting: true, stdin: `{"server":"$SERVER","key":"$KEY","operation":"X","label":"canary","until":"2099-01-01T00:00:00Z"}` + "\n",
		before: []string{"KEY=apikey create --profile admin --all-stores --for \"invoice list\" --reveal --yes -o name"}},

	{line: "authorize --profile fresh --server $SERVER --for \"invoice list\" --all-stores --no-browser", beside: "sandbox consent --profile fresh --server $SERVER", allow: nonceShown},
	{line: "authorize --profile fresh --server $SERVER --for \"invoice list\" --all-stores --app-identifier canary --wait 2m", calm: true, env: map[string]string{"BROWSER": "btcpayctl sandbox consent", "BTCPAYCTL_SERVER": "$SERVER"}, allow: slices.Concat(playsBrowser, nonceShown)},
	{line: "authorize --all-stores --server $SERVER --for \"invoice list\" --print-url"},
	{line: "authorize --profile fresh --server $SERVER --for \"invoice list\" --all-stores --paste", stdin: "$KEY\n", before: []string{"KEY=apikey create --profile admin --for \"invoice list\" --all-stores --reveal --yes -o name"}},

	{line: "credential"},
	{line: "credential store", stdin: "$DOCKERJSON"},
	{line: "credential get", stdin: "https://registry.example.com\n", allow: []exception{askedFor("docker credential", "stdout")}},
	{line: "credential erase", stdin: "https://registry.example.com\n", alone: true},
	{line: "credential list"},

	{line: "keystore"},
	{line: "keystore status"}, {line: "keystore status --profile shop -o json"},
	{line: "keystore test"}, {line: "keystore test --adopt -o json"},
	{line: "keystore backup keys.age --recipient $RECIPIENT"},
	{line: "keystore backup - --recipient $RECIPIENT"},
	{line: "keystore backup keys.age --passphrase-file $SECRETS/backup-passphrase"},
	{line: "keystore restore keys.age --identity-file $SECRETS/backup-identity", before: []string{
		"DOOMED=key generate --profile doomed -o name", "keystore backup keys.age --recipient $RECIPIENT", "key delete $DOOMED --yes"}},
	{line: "keystore restore $SECRETS/keys.age --passphrase-file $SECRETS/backup-passphrase --dry-run"},
	{line: "keystore move --to $OTHER --dry-run"},
	{line: "keystore move --to $OTHER", alone: true, allow: toHelper},
	{line: "keystore lock", alone: true, code: 2}, // of files that no passphrase is in front of

	{line: "sandbox -o json", server: true, allow: []exception{askedFor("sandbox's password", "stdout"), askedFor("sandbox's key", "stdout")}},
	{line: "sandbox code --server $SERVER", allow: playsOwner},
	{line: "sandbox fault"}, {line: "sandbox fault add status 500 --path /nowhere --server $SERVER"},
	{line: "sandbox fault list --server $SERVER"}, {line: "sandbox fault remove 0 --server $SERVER", code: 6},
	// A reset or a restore would take away what the other lines have.
	{line: "sandbox reset --server http://127.0.0.1:1", code: 7}, {line: "sandbox snapshot"},
	{line: "sandbox snapshot save canary --server $SERVER"}, {line: "sandbox snapshot list --server $SERVER"},
	{line: "sandbox snapshot restore none --server $SERVER", code: 6}, {line: "sandbox snapshot remove none --server $SERVER", code: 6},
	{line: "sandbox replay /nowhere", code: 2},
	{line: "sandbox replace none --server $SERVER", code: 3},
	{line: "sandbox clock 1s --server $SERVER"}, {line: "sandbox mine --server $SERVER"},
	{line: "sandbox requests --server $SERVER"},
	{line: "sandbox pay $UNPAID --server $SERVER", before: []string{"UNPAID=invoice create --profile till --amount 1 --currency USD -o name"}, allow: playsOwner},
	{line: "sandbox paste $PUBLICKEY --server $SERVER", before: []string{"key generate --profile pasted", "PUBLICKEY=key show --profile pasted -o json --jq .publicKey"}, allow: playsOwner},
	{line: "sandbox approve --profile fresh --server $SERVER", beside: "pair client --profile fresh --server $SERVER --interval 100ms", allow: playsOwner},
	{line: "sandbox consent --profile fresh --server $SERVER", beside: "authorize --profile fresh --server $SERVER --for \"invoice list\" --all-stores --no-browser", allow: slices.Concat(playsBrowser, nonceShown, playsOwner)},
	{line: "sandbox consent $PAGE --server $SERVER", before: []string{"PAGE=authorize --server $SERVER --all-stores --for \"invoice list\" --all-stores --print-url -o name"}, allow: append(playsOwner, askedFor("api key", "stdout"))},
}

// resolve finds the command of the line, and what it takes.
func (s *scenario) resolve(root *cobra.Command) error {
	found, _, err := root.Find(strings.Fields(strings.ReplaceAll(s.line, `"`, "")))
	if err != nil && !strings.HasPrefix(s.line, cobra.ShellCompRequestCmd) {
		return err
	}
	if err == nil && found != root {
		s.command = strings.TrimPrefix(found.CommandPath(), "btcpayctl ")
	}
	s.flags = map[string]bool{}
	for _, flag := range []string{"--debug", "--dry-run"} {
		s.flags[flag] = err == nil && found.Flags().Lookup(strings.TrimPrefix(flag, "--")) != nil
	}
	return nil
}

// runnable gives the names of all commands that do something.
func runnable(cmd *cobra.Command) (names []string) {
	if cmd.Runnable() {
		names = append(names, strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), "btcpayctl"), " "))
	}
	for _, child := range cmd.Commands() {
		names = append(names, runnable(child)...)
	}
	return names
}
