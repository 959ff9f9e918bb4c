package app

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// An EnvironmentKey is the API key that the environment gives. Source is the
// variable, and empty if there is none.
type EnvironmentKey struct {
	Key    client.Secret
	Source string
	// Legacy reports whether it is a store's key of the BitPay-compatible API.
	Legacy bool
}

// environmentKey keeps what it read from a file, since each choice between the two APIs and
// their credentials calls it. An invalid key is an error: no other credential replaces it.
func (a *App) environmentKey() (EnvironmentKey, error) {
	given, err := a.Variable(apiKeyVariables...)
	if err != nil || given.Source == "" {
		return EnvironmentKey{}, err
	}
	if given.Source != apiKeyFileVariable {
		return readKey([]byte(given.Text), given.Source, given.Source)
	}
	if read, ok := a.keyFiles[given.Text]; ok {
		return read, nil
	}
	data, err := a.ReadSecretFile(given.Text)
	if err != nil {
		return EnvironmentKey{}, &output.Error{Code: output.BadInput, What: "the file that " + given.Source + " names cannot be read", Why: err.Error(),
			Next: "export " + given.Source + "=/run/secrets/key", Err: err}
	}
	defer clear(data)
	key, err := readKey(data, given.Source, "the file that "+given.Source+" names")
	if err != nil {
		return key, err
	}
	if a.keyFiles == nil {
		a.keyFiles = map[string]EnvironmentKey{}
	}
	a.keyFiles[given.Text] = key
	return key, nil
}

// ReadGreenfieldKey reads an API key as people paste it. Shown says where it comes
// from.
func ReadGreenfieldKey(data []byte, shown string) (greenfield.APIKey, error) {
	read, err := readKey(data, "", shown)
	if err != nil {
		return greenfield.APIKey{}, err
	}
	key, err := greenfield.NewAPIKey(read.Key)
	if err == nil && read.Legacy {
		err = errors.New("it has the form of a store's legacy key, which works for the BitPay-compatible API only")
	}
	if err != nil {
		return greenfield.APIKey{}, &output.Error{Code: output.BadInput, What: shown + " holds no Greenfield API key", Why: err.Error(), Next: copyAgain, Err: err}
	}
	return key, nil
}

const copyAgain = "copy the key again from the server's page Account / API Keys, and only that"

// readKey cleans what people and shells leave around a key, and distinguishes a Greenfield
// API key from a store's legacy key by its form. An error holds no part of the text.
func readKey(data []byte, source, shown string) (EnvironmentKey, error) {
	text := cleanKey(data)
	switch {
	case forms().greenfield.MatchString(text):
		return EnvironmentKey{client.NewSecret(text), source, false}, nil
	case forms().legacy.MatchString(text) && !forms().nearly.MatchString(text):
		return EnvironmentKey{client.NewSecret(text), source, true}, nil
	}
	likeness, next := likenessOf(data, text)
	if next == "" {
		next = copyAgain
	}
	return EnvironmentKey{}, &output.Error{Code: output.BadInput, What: shown + " holds no API key: " + likeness,
		Why: "No other credential was tried. Nothing was sent.", Next: next}
}

// cleanKey takes away blanks, line ends, a byte order mark and quotes, and the
// beginning of a pasted header.
func cleanKey(data []byte) string {
	around := " \t\r\n\v\f\u00a0\u200b\ufeff\"'`“”„‘’«»"
	text := strings.Trim(string(data), around)
	for _, front := range []string{"authorization:", "token ", "bearer "} {
		if len(text) >= len(front) && strings.EqualFold(text[:len(front)], front) {
			text = strings.Trim(text[len(front):], around)
		}
	}
	return text
}

type keyForms struct {
	greenfield, nearly, legacy, hex, wif, sin, code, unfilled *regexp.Regexp
}

// A pairing code, a token and a SIN are base58, which has neither 0 nor O, I, l.
var forms = sync.OnceValue(func() keyForms {
	return keyForms{
		greenfield: regexp.MustCompile(`^[0-9a-f]{40}$`),
		nearly:     regexp.MustCompile(`[0-9a-f]{30}`), // no other kind of key has as many such digits in a row
		legacy:     regexp.MustCompile(`^[A-Za-z0-9]{43}$`),
		hex:        regexp.MustCompile(`^[0-9A-Fa-f]+$`),
		wif:        regexp.MustCompile(`^[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}$`),
		sin:        regexp.MustCompile(`^T[1-9A-HJ-NP-Za-km-z]{33,34}$`),
		code:       regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{7}$`),
		unfilled:   regexp.MustCompile(`^(\$[A-Za-z_({].*|%[A-Za-z_]+%|<[A-Za-z _-]+>)$`),
	}
})

// likenessOf says what a text looks like that is no key, without showing it, and
// what to do about it.
func likenessOf(data []byte, text string) (likeness, next string) {
	f := forms()
	const inFile = "export " + privateKeyVariable + "=FILE, for a BitId key in a file"
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}),
		len(data) >= 4 && bytes.Count(data, []byte{0})*2 >= len(data)-1:
		return "it looks like UTF-16 text, as > writes it in PowerShell", "save it as UTF-8 or plain ASCII"
	case slices.ContainsFunc(data, func(b byte) bool { return b < ' ' && b != '\t' && b != '\r' && b != '\n' && b != '\v' && b != '\f' }):
		return "it contains bytes that are not text", ""
	case text == "":
		return "it is empty", "check where it comes from: a missing secret is often an empty text"
	case strings.HasPrefix(text, "-----BEGIN") && strings.Contains(text, "PRIVATE KEY"):
		return "it looks like a private key (PEM)", inFile
	case strings.HasPrefix(text, "-----BEGIN"):
		return "it looks like PEM", ""
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "it looks like JSON", "give the key only, as with jq -r .apiKey"
	case f.unfilled.MatchString(text):
		return "it looks like a variable that was not expanded", "check the quotes around it: a shell expands nothing within '…'"
	case strings.HasPrefix(text, "<"):
		return "it looks like an HTML page", ""
	case strings.HasPrefix(strings.ToLower(text), "http://"), strings.HasPrefix(strings.ToLower(text), "https://"):
		return "it looks like a URL", "give the server's address with --server"
	case strings.HasPrefix(strings.ToLower(text), "basic "):
		return "it looks like an HTTP Basic header", "btcpayctl apikey create --help explains --basic"
	case strings.ContainsAny(text, "\n\r"):
		return fmt.Sprintf("it has %d lines", strings.Count(strings.ReplaceAll(text, "\r\n", "\n"), "\n")+1), ""
	case f.hex.MatchString(text) && len(text) == 64, f.wif.MatchString(text):
		return "it looks like a private key", inFile
	case f.hex.MatchString(text) && len(text) == 66:
		return "it looks like a public key", ""
	case f.hex.MatchString(text) && len(text) == 40:
		return "it has upper-case letters, and the server distinguishes case", ""
	case f.sin.MatchString(text):
		return "it looks like a SIN, the name of a BitId key", ""
	case f.code.MatchString(text):
		return "it looks like a pairing code", "btcpayctl pair server --code -"
	case strings.ContainsAny(text, " \t"):
		return "it has more than one word", ""
	case f.nearly.MatchString(text) && len(text) > 40:
		return fmt.Sprintf("it is too long: %d characters, and a Greenfield API key has 40", len(text)), ""
	case f.nearly.MatchString(text) && len(text) == 40:
		return "it looks like a Greenfield API key with a wrong character: a key has digits and letters from a to f only", ""
	case len(text) < 40:
		return fmt.Sprintf("it is too short: %d characters of 40", len(text)), ""
	case len(text) > 43:
		return fmt.Sprintf("it is too long: %d characters", len(text)), ""
	}
	return "it has neither the form of a Greenfield API key (40 digits and letters from a to f) nor that of a store's legacy key (43 letters and digits)", ""
}
