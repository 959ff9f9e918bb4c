package app

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Variables are the environment variables that hold a value. Each is an error
// if it is read and empty, since the cause may be an unset variable of a script. An
// alias comes after its name.
//
// BTCPAYCTL_NO_INPUT and BTCPAYCTL_DEBUG are switches, and off when empty.
var Variables = []string{
	"BTCPAYCTL_PROFILE", "BTCPAYCTL_SERVER", "BTCPAY_SERVER", "BTCPAYCTL_STORE", "BTCPAY_STORE",
	"BTCPAYCTL_API_KEY", apiKeyFileVariable, "BTCPAY_API_KEY", privateKeyVariable, PasswordFileVariable,
	OutputVariable, timeoutVariable, "BTCPAYCTL_KEYSTORE", keystoreTimeoutVariable, passphraseFileVariable,
	identityFileVariable, caFileVariable, ConfigDirVariable, WebhookSecretVariable, SandboxTokenVariable,
}

// PasswordFileVariable names the file of an account's password.
const PasswordFileVariable = "BTCPAYCTL_PASSWORD_FILE"

// WebhookSecretVariable is the secret of a webhook, for commands that verify or create.
const WebhookSecretVariable = "BTCPAYCTL_WEBHOOK_SECRET"

// SandboxTokenVariable is the token with which a sandbox is controlled that does not listen on loopback.
const SandboxTokenVariable = "BTCPAYCTL_SANDBOX_TOKEN"

// OutputVariable is the format of data where -o does not give one.
const OutputVariable = "BTCPAYCTL_OUTPUT"

// Getenv is a variable of the environment, empty if it is not set. For the
// program's own variables see [App.Variable].
func (a *App) Getenv(name string) string {
	value, _ := a.LookupEnv(name)
	return value
}

// Variable returns the first of these variables that is set, and fails if it
// holds nothing but blanks. The zero Value means that none is set. A byte order mark and
// the ends of lines that a file of variables left around a value are not part of it.
func (a *App) Variable(names ...string) (Value, error) {
	for _, name := range names {
		value, set := a.LookupEnv(name)
		value = strings.TrimRight(strings.TrimPrefix(value, "\ufeff"), "\r\n")
		switch {
		case !set:
		case strings.TrimSpace(value) == "":
			return Value{}, &output.Error{Code: output.Usage, What: name + " is set and empty", Why: "An unset variable may be the cause. Nothing was sent.",
				Next: "unset " + name + "\nor export " + name + "=VALUE"}
		case TextProblem(value) != "":
			return Value{}, &output.Error{Code: output.Usage, What: name + ": " + TextProblem(value), Why: "Nothing was sent.", Next: TextRemedy}
		default:
			return Value{value, name}, nil
		}
	}
	return Value{}, nil
}

// TextRemedy is what to do if a text has a problem.
const TextRemedy = "write it in UTF-8: iconv -f ISO-8859-1 -t UTF-8"

// TextProblem says why a text would not arrive at a server as it is, and nothing where
// it would. It does not quote the text, which may be a secret.
func TextProblem(text string) string {
	for i, r := range text {
		if r == 0 {
			return fmt.Sprintf("byte %d is U+0000, which makes the server fail", i+1)
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			return fmt.Sprintf("byte %d, 0x%02x, is not UTF-8", i+1, text[i])
		}
	}
	return ""
}
