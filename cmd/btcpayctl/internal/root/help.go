package root

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// helpTopics are help texts: commands without a run function, which cobra lists separately.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "environment", Short: "Environment variables, files and their precedence", Long: environmentTopic},
		{Use: "exit-codes", Short: "Meaning of each exit code", Long: exitCodes()},
		{Use: "output", Short: "Output formats, --jq and streams", Long: outputTopic},
		{Use: "pairing", Short: "How a key is paired with a store, and what can go wrong", Long: pairingTopic},
		{Use: "security", Short: "Where secrets are stored, and what is refused", Long: securityTopic},
	}
}

func exitCodes() string {
	var text strings.Builder
	text.WriteString("Every failure has an exit code, and with -o json a word:\n\n  EXIT  CODE                  MEANING\n     0                        done\n")
	for _, f := range output.Failures {
		fmt.Fprintf(&text, "  %4d  %-20s  %s\n", f.Exit, f.Code, f.Meaning)
	}
	text.WriteString("\nThe error itself is on standard error: what happened, why, and what to type next.\n" +
		"With -o json it is one object: {\"error\":{\"code\",\"exit\",\"message\",\"hint\",\"status\"}}.\n\"server\" is there too if the server gave a reason: its own text, of any length.")
	return text.String()
}

const outputTopic = `Data goes to standard output, everything else to standard error. If a call fails,
nothing is printed on standard output. How a wait for an invoice ended is data: it is
printed with the exit codes 8, 10 and 11 too.

  -o table           columns for people; the default
  -o tsv             the same columns, separated by tabs, for column -t, cut and awk
  -o json            one JSON document
  -o jsonl           one JSON object per line, written as results arrive
  -o yaml            the JSON document as YAML
  -o name            only the name of each record: an id, a SIN
  -o template=TEXT   a Go template over the JSON fields, '{{.id}}'
  --jq EXPR          a jq expression over the JSON; strings are printed without quotes

--columns id,status chooses the columns of a table and their order; each command's help
lists its columns. --no-header leaves the header line out.

On a terminal, a table fits the width: in a list, long ids are shortened in the middle
(QvKaG…kQ7Q) and columns may be left out; texts wrap between words; links and commands
are on lines of their own. A very narrow terminal gets a line for each value. A pipe, a
file and every other format get all values whole. COLUMNS sets the width.

In -o tsv a backslash in a value is written as \\, a tab as \t, a line feed as \n and a
carriage return as \r; a value that is missing is "-". Columns are stable, and new ones
may be added, so choose them with --columns in scripts.

Field names are stable. A value that the server does not report is null. Amounts are
exact strings, times are RFC 3339 in UTC. Numbers
keep all their digits in every format, also through --jq and templates, unless --jq
computes with them. An empty list is [] and not an error. BTCPAYCTL_OUTPUT sets the
format if -o is not given.

Control characters, bidirectional overrides and invisible characters in a server's
text are shown as escapes. Progress is only shown on a terminal.`

const environmentTopic = `Flags take precedence over the environment, the environment over the profile, and the
profile over the default. "btcpayctl profile show" shows the source of each value.

A variable that is set but empty is an error when it is read, and so is an empty flag:
btcpayctl never falls back to another value. Blanks, line ends, quotes, a byte order
mark and "token " around an API key are removed; if the rest is not a key, that is an
error, and no other key is used instead. A profile's store is not used with another
server. A variable, flag or argument that is not valid UTF-8 is an error, because it
could not be sent unchanged.

  BTCPAYCTL_PROFILE           profile to use
  BTCPAYCTL_SERVER            URL of the server; BTCPAY_SERVER is an alias
  BTCPAYCTL_STORE             id of the store, or with an API key its exact name;
                              BTCPAY_STORE is an alias
  BTCPAYCTL_PRIVATE_KEY_FILE  file with a BitId private key
  BTCPAYCTL_API_KEY           a Greenfield API key, or a store's legacy API key;
                              BTCPAY_API_KEY is an alias
  BTCPAYCTL_API_KEY_FILE      file with the API key
  BTCPAYCTL_PASSWORD_FILE     file with the password of apikey create --basic
  BTCPAYCTL_WEBHOOK_SECRET    secret of a webhook, for "webhook create" and "verify"
  BTCPAYCTL_KEYSTORE          keystore for new keys: keyring (default), file,
                              helper:/path/of/a/docker-credential-helper or
                              vault:https://host:8200/mount/path
  BTCPAYCTL_KEYSTORE_TIMEOUT  timeout of a keyring (3s)
  BTCPAYCTL_PASSPHRASE_FILE   file with the passphrase of the encrypted keystore
  BTCPAYCTL_IDENTITY_FILE     age identity file that opens it without a passphrase
  BTCPAYCTL_CA_FILE           PEM file of certificates to trust, like --ca-file; "pair",
                              "authorize" and "profile set" keep it in the profile
  BTCPAYCTL_SANDBOX_TOKEN     token that controls a sandbox with --host from another
                              machine, for "btcpayctl sandbox" and its commands
  BTCPAYCTL_TIMEOUT           timeout per request (30s)
  BTCPAYCTL_OUTPUT            output format, like -o
  BTCPAYCTL_NO_INPUT          if set and not empty: never ask on the terminal
  BTCPAYCTL_DEBUG             if set and not empty: like --debug
  BTCPAYCTL_CONFIG_DIR        directory of config.toml

Also COLUMNS, NO_COLOR, CI, TERM=dumb, and HTTPS_PROXY, HTTP_PROXY,
ALL_PROXY and NO_PROXY.
BROWSER is a list of commands, separated like the directories of PATH. The first that
works opens the page, which is its last word or %s. Text browsers are not started, and
over SSH only BROWSER is.

Files, by the XDG Base Directory Specification, or below HOME without these variables:

  $XDG_CONFIG_HOME/btcpayctl/config.toml   profiles; no secrets
  $XDG_DATA_HOME/btcpayctl/keystore        the encrypted keystore
  $XDG_DATA_HOME/btcpayctl/index.json      names of stored keys; no secrets
  $XDG_DATA_HOME/btcpayctl/ledger          operations with an unknown outcome
  $XDG_DATA_HOME/btcpayctl/forwards        what was forwarded, and secrets for it
  $XDG_DATA_HOME/btcpayctl/callbacks       ports and nonces of --app-identifier logins
  $XDG_STATE_HOME/btcpayctl                locks

config.toml can be a link, and can belong to the administrator, as from a ConfigMap or
from stow. Without a home, or with one that cannot be written, commands that only read
work if flags and variables give the rest. Those that a lost response must not repeat,
such as "invoice create", need XDG_DATA_HOME. "btcpayctl doctor" says what is missing.

A key from the environment is never sent to the server of a profile: the server must
come from the environment or a flag too. A profile that --profile names uses its own
key, whatever the environment contains.`

const pairingTopic = `A BitId key is paired with one store of one server, until its tokens there are revoked.
The server identifies the key by its SIN, a hash of the public key.

Client-side: btcpayctl requests a code, and the store's owner approves it.
  btcpayctl pair client --profile shop --server https://btcpay.example.com

Server-side: the owner pastes the public key on the store's Access Tokens page,
  btcpayctl pair server --profile shop --server https://btcpay.example.com --store ID
or creates a code on that page, without a key, that btcpayctl claims.
  btcpayctl pair server --profile shop --server https://btcpay.example.com --code CODE

Codes are valid for 15 minutes. Compare the SIN on the page with the one in the
terminal. Only the server's signed list of tokens shows that a key is paired; the
commands wait for it, and "pair status" reads it.

The owner who approves the key chooses the store, whatever --store says, and the server
then uses that store. btcpayctl learns which one it is from an invoice of the key: its
checkout page names the store. "profile list", "key list" and "pair status" show the
store, or "not proven" if it has no invoice yet. The first created invoice then shows
it. A store that --store or the environment names must be proven; a profile's store need
not be proven yet. With a key of another store, nothing is created or shown.

What can go wrong:

  another store         The key was approved for another store than requested.
                        Revoke its token on that store's Access Tokens page, and
                        pair it again.
  no Approve button     Servers 2.0.0 to 2.3.5 show it only if the address names the
                        store: give --store ID, or add &selectedStore=ID to the
                        address.
  ReusedKey             The key belongs to another store. Make a new one:
                        btcpayctl key generate --profile OTHER
  401, BitId failed     The server sees another address than the one you use: its proxy
                        changes the scheme, the host, the port or the path. The error
                        names the address that the server would accept. Most often
                        the proxy does not send X-Forwarded-Proto: https.
  403 without text      The key is not paired, or its token was revoked on the page.
  a redirect to /login  A proxy removes the X-Identity and X-Signature headers.`

const securityTopic = `Private keys are stored in a keystore: the desktop's keyring, files encrypted with age, a
docker credential helper, or Vault. No keystore falls back to another one, and nothing is
written in plaintext unless you ask for a file (key export, key generate --output-file).
"btcpayctl keystore" shows, tests and moves them, and makes a backup that "age -d" opens.

No flag accepts a secret. Secrets come from the keystore, a file, the environment,
standard input, or a terminal without echo. --debug shows only known headers, and
replaces known secrets in every encoding.

A credential is only sent to its own server: redirects are not followed, plain http is
refused except for loopback and .onion, and a profile's key is not sent to another
server than the profile's. --ca-file trusts your own certificates. If a server gets
another address, "profile move" checks there that the key works before it follows.

Anyone who sees a signed request can send it again, because the protocol has no nonce:
use https. Notifications of the BitPay API are not signed: treat them as a hint, and
read the invoice.

An API key that arrives through the browser could come from anyone who knew the address,
so btcpayctl checks it with the server before using it. "authorize --for" and "apikey
exec" request the smallest set of permissions. If the response with a key is lost,
btcpayctl names the key by its label and does not request it again: see "btcpayctl
apikey list --open".

An invoice is requested once. If the response is lost, btcpayctl looks the invoice up by
its order id; "btcpayctl invoice resume" looks again.`
