package app

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// showDryRun prints a request as a curl command, and for BitId the text that
// the signature covers. A signature does not expire, so it is left out.
func (a *App) showDryRun(source string, r client.DryRun) {
	var line strings.Builder
	fmt.Fprintf(&line, "curl -X %s %s", r.Method, quote(r.URL))
	signed := r.Header.Get("X-Signature") != ""
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		value := r.Header.Get(name)
		switch name {
		case "X-Signature":
			value = "(hex of the signature)"
		case "Authorization":
			fmt.Fprintf(&line, " \\\n  -H \"%s: %s\"", name, a.withoutKey(value, source))
			continue
		case "User-Agent", "Accept-Encoding":
			continue
		}
		fmt.Fprintf(&line, " \\\n  -H %s", quote(name+": "+value))
	}
	if len(r.Body) > 0 {
		fmt.Fprintf(&line, " \\\n  --data-binary %s", quote(string(r.Body)))
	}
	text := line.String()
	for _, secret := range a.secrets {
		// The call that revokes a key has it in its address.
		text = strings.ReplaceAll(text, secret.Reveal(), "[redacted]")
	}
	fmt.Fprintln(a.Err, text)
	if signed {
		fmt.Fprintf(a.Err, "The signature covers: %s\n", bitpay.SignedText(r.URL, r.Body))
	}
	fmt.Fprintln(a.Err, "Nothing was sent.")
}

// withoutKey writes an Authorization header so that a shell puts the credential in: from
// the variable that it came from, so that the line works as pasted. A key from a keystore
// is to be put into BTCPAY_API_KEY.
func (a *App) withoutKey(header, source string) string {
	key := "$BTCPAY_API_KEY"
	switch {
	case source == apiKeyFileVariable:
		key = `$(cat "$` + source + `")`
	case slices.Contains(apiKeyVariables, source):
		key = "$" + source
	}
	scheme, credential, _ := strings.Cut(header, " ")
	if scheme != "Basic" {
		return "token " + key
	}
	if plain, err := base64.StdEncoding.DecodeString(credential); err == nil {
		if user, _, isAccount := strings.Cut(string(plain), ":"); isAccount {
			return `Basic $(printf %s ` + quote(user+":") + `"$(cat "$` + PasswordFileVariable + `")" | base64 -w0)`
		}
	}
	return `Basic $(printf %s "` + key + `" | base64 -w0)`
}

// ShellWord writes a text as one word of a POSIX shell, unquoted if possible.
func ShellWord(text string) string {
	special := func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("_./:@%+=,-", c)
	}
	if text == "" || strings.ContainsFunc(text, special) {
		return quote(text)
	}
	return text
}

// quote writes a text so that a POSIX shell reads it as one word.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
