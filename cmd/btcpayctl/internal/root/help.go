package root

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// helpTopics are pages of text: commands that do nothing, which cobra lists apart.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "environment", Short: "Variables, files and which of them wins", Long: environmentTopic},
		{Use: "exit-codes", Short: "What each exit code means", Long: exitCodes()},
		{Use: "output", Short: "Formats, --jq and streams", Long: outputTopic},
		{Use: "pairing", Short: "How a key gets tied to a store, and what can go wrong", Long: pairingTopic},
		{Use: "security", Short: "Where secrets are, and what is refused", Long: securityTopic},
	}
}

func exitCodes() string {
	var text strings.Builder
	text.WriteString("Every failure has an exit code, and with -o json a word:\n\n  EXIT  CODE                  MEANING\n     0                        done\n")
	for _, f := range output.Failures {
		fmt.Fprintf(&text, "  %4d  %-20s  %s\n", f.Exit, f.Code, f.Meaning)
	}
	text.WriteString("\nThe error itself is on standard error: what happened, why, and what to type next.\n" +
		"With -o json it is one object: {\"error\":{\"code\",\"exit\",\"message\",\"hint\",\"status\"}}.")
	return text.String()
}

const outputTopic = `Data goes to standard output, everything else to standard error. A call that
fails prints nothing on standard output.

  -o table           columns for people; this is the default
  -o json            one JSON document
  -o jsonl           one JSON object a line, written as they come
  -o yaml            the JSON document as YAML
  -o name            the name of each record alone: an id, a SIN
  -o template=TEXT   a Go template over the members of the JSON, '{{.id}}'
  --jq EXPR          a jq expression over the JSON; texts are printed bare

The names of the members are a contract. Amounts are text and exact, times are
RFC 3339 in UTC. Numbers keep all their digits in every format, through --jq and
templates too, unless --jq computes with them. An empty list is [] and no failure.
BTCPAYCTL_OUTPUT sets the format where -o does not.

Control characters, bidirectional overrides and invisible characters in a
server's text are shown as escapes. Progress is drawn on a terminal only.`

const environmentTopic = `A flag wins over the environment, which wins over the profile, which wins over the
default. "btcpayctl profile show" tells where each value comes from.

A variable that is set and empty is an error where it is read, and so is a flag
that is given and empty: nothing is replaced by something else. An API key is read
without blanks, line ends, quotes, a byte order mark or "token " around it; what is
then no key is an error, and no other key takes its place. A profile's store does
not go along to another server. A variable, a flag or an argument that holds bytes
which are no UTF-8 is an error, too, for they would not arrive as they are.

  BTCPAYCTL_PROFILE           profile to use
  BTCPAYCTL_SERVER            URL of the server; BTCPAY_SERVER is an alias
  BTCPAYCTL_STORE             id of the store; BTCPAY_STORE is an alias
  BTCPAYCTL_PRIVATE_KEY_FILE  file with a BitId private key
  BTCPAYCTL_API_KEY           a Greenfield API key, or a store's legacy API key;
                              BTCPAY_API_KEY is an alias
  BTCPAYCTL_API_KEY_FILE      file that holds it
  BTCPAYCTL_PASSWORD_FILE     file with the password of apikey create --basic
  BTCPAYCTL_KEYSTORE          where new keys go: keyring (default), file,
                              helper:/path/of/a/docker-credential-helper or
                              vault:https://host:8200/mount/path
  BTCPAYCTL_KEYSTORE_TIMEOUT  how long a keyring may take (3s)
  BTCPAYCTL_PASSPHRASE_FILE   file with the passphrase of the encrypted store
  BTCPAYCTL_IDENTITY_FILE     age identity file that opens it without a passphrase
  BTCPAYCTL_CA_FILE           PEM file of the certificates to trust, as --ca-file
  BTCPAYCTL_TIMEOUT           bound of one exchange with a server (30s)
  BTCPAYCTL_OUTPUT            format of data, as -o
  BTCPAYCTL_NO_INPUT          set and not empty: never ask on the terminal
  BTCPAYCTL_DEBUG             set and not empty: as --debug
  BTCPAYCTL_CONFIG_DIR        directory of config.toml

Also NO_COLOR, CI, TERM=dumb and BROWSER, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY.

Files, by the XDG Base Directory Specification:

  $XDG_CONFIG_HOME/btcpayctl/config.toml   profiles; no secrets
  $XDG_DATA_HOME/btcpayctl/keystore        the encrypted store
  $XDG_DATA_HOME/btcpayctl/index.json      names of stored keys; no secrets
  $XDG_DATA_HOME/btcpayctl/ledger          operations whose end is not known
  $XDG_DATA_HOME/btcpayctl/callbacks       where logins by --app-identifier are awaited
  $XDG_STATE_HOME/btcpayctl                locks

A key from the environment never goes to the server of a profile: the server has
to come from the environment or a flag, too. A profile that --profile names uses
its own key, whatever the environment has.`

const pairingTopic = `A BitId key is tied to one store of one server, until its tokens there are revoked. The
server knows the key by its SIN, a hash of the public key.

Client-side: this side asks, a person approves.
  btcpayctl pair client --profile shop --server https://btcpay.example.com

Server-side: a person pastes the public key on the store's Access Tokens page,
  btcpayctl pair server --profile shop --server https://btcpay.example.com --store ID
or makes a code on that page, without a key, that is claimed here.
  btcpayctl pair server --profile shop --server https://btcpay.example.com --code CODE

Codes live 15 minutes. Compare the SIN on the page with the one in the terminal.
Only the server's signed list of tokens shows that a key is paired; that is what
the commands wait for, and what "pair status" asks.

Who approves chooses the store, whatever --store names, and the server answers for
that one. Which it was is learnt from an invoice of the key: its checkout page names
the store. "profile list", "key list" and "pair status" show it, or "not proven"
where the store has no invoice yet. The first one that is created shows it then. A
store that --store or the environment names has to be proven; a profile's store may
be not proven yet. With a key of another store nothing is created or shown.

What can go wrong:

  another store         The key was approved for another store than was asked for.
                        Revoke its token on that store's Access Tokens page, and
                        pair it again.
  no Approve button     Servers 2.0.0 to 2.3.5 show it only where the address names
                        the store: give --store ID.
  ReusedKey             The key belongs to another store. Make a new one:
                        btcpayctl key generate --profile OTHER
  401, BitId failed     The server sees another address than the one you use. Most
                        often its proxy does not send X-Forwarded-Proto: https.
  403 with no text      The key is not paired, or its token was revoked on the page.
  a redirect to /login  A proxy takes away the X-Identity and X-Signature headers.`

const securityTopic = `Private keys are in a keystore: the desktop's keyring, files that are encrypted
with age, a docker credential helper, or Vault. Nothing falls back from one to
another, and nothing is written in plaintext unless you ask for a file (key
export, key generate --output-file). "btcpayctl keystore" shows, tests and moves
them, and makes a backup that "age -d" opens.

No flag takes a secret. They come from the keystore, a file, the environment or
standard input, or from a terminal with the echo off. --debug shows an allow-list
of headers and replaces known secrets in every encoding.

A credential goes to the server it is for and nowhere else: redirects are not
followed, plain http is refused but for loopback and .onion, and a profile's key
is not sent to another server than the profile's. --ca-file trusts your own
certificates.

A signed request can be sent again by whoever sees it, since the protocol has no
nonce: use https. Notifications of the BitPay API are not signed: take them for a
hint, and read the invoice.

An API key that came from a browser is a claim of whoever knew the address: the
server is asked what it is worth before it is used. Keys are made with the least
rights by "authorize --for" and "apikey exec", and a key whose answer was lost is
named by its label and never asked for twice: see "btcpayctl apikey list --open".

An invoice is sent once. When its answer is lost it is looked up by its order id;
"btcpayctl invoice resume" looks again.`
