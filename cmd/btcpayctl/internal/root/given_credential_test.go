package root

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// utf16Text is a text as > writes it in PowerShell 5.
func utf16Text(text string, mark bool) string {
	var b bytes.Buffer
	if mark {
		b.Write([]byte{0xff, 0xfe})
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

// keyTexts are what shells, editors and people make of a key. Likeness is what an
// error says of a text that is none, and empty where it is to be used.
func keyTexts(key string) []struct{ name, text, likeness string } {
	return []struct{ name, text, likeness string }{
		{"bare", key, ""},
		{"LF", key + "\n", ""},
		{"CR", key + "\r", ""},
		{"CRLF", key + "\r\n", ""},
		{"blanks", "  " + key + "\t \n", ""},
		{"a no-break space", "\u00a0" + key, ""},
		{"BOM", "\ufeff" + key, ""},
		{"quotes", `"` + key + `"`, ""},
		{"other quotes", "“" + key + "”\r\n", ""},
		{"token", "token " + key, ""},
		{"TOKEN", "TOKEN  " + key + "\n", ""},
		{"a header", "Authorization: token " + key, ""},
		{"a quoted header", `"authorization: Bearer ` + key + `"`, ""},
		{"BOM and CRLF and quotes", "\ufeff\"" + key + "\"\r\n", ""},
		{"nothing but quotes", `""`, "it is empty"},
		{"nothing but token", "token ", "too short"},
		{"capitals", strings.ToUpper(key[:39]) + "A", "upper-case letters"},
		{"one too few", key[:39], "too short: 39"},
		{"one too many", key + "0", "too long: 41"},
		{"as long as a store's legacy key", key + "0aF", "too long: 43"},
		{"four too many", key + "0000", "too long: 44"},
		{"a wrong character", key[:39] + "x", "wrong character"},
		{"both name a key", key + "\n" + key, "2 lines"},
		{"a key and a word", key + " ci", "more than one word"},
		{"hex of a private key", strings.Repeat("01", 32), "private key"},
		{"PEM", bitpay.Generate().PEM().Reveal(), "private key (PEM)"},
		{"a pairing code", "cMKARv6", "pairing code"},
		{"a SIN", bitpay.Generate().SIN(), "SIN"},
		{"a public key", bitpay.Generate().PublicKey(), "public key"},
		{"a URL", "https://btcpay.example.com", "URL"},
		{"JSON", `{"apiKey":"` + key + `"}`, "JSON"},
		{"a page", "<!doctype html><title>Sign in</title>", "HTML page"},
		{"a variable", "$BTCPAY_KEY", "variable"},
		{"a template", "${{ secrets.KEY }}", "variable"},
		{"a zero-width space within", key[:20] + "\u200b" + key[20:], "it "},
	}
}

// fileTexts are what only a file can hold.
func fileTexts(key string) []struct{ name, text, likeness string } {
	return append(keyTexts(key), []struct{ name, text, likeness string }{
		{"an empty file", "", "it is empty"},
		{"a file of line ends", "\r\n\n", "it is empty"},
		{"NUL", key + "\x00", "not text"},
		{"UTF-16", utf16Text(key+"\r\n", true), "UTF-16"},
		{"UTF-16 without a mark", utf16Text(key, false), "UTF-16"},
		{"Latin-1", "\xe4" + key, "it "},
	}...)
}

// ownKeys makes a home whose current profile has a BitId key and an API key of its
// own, with a store: what must not take the place of a key that was given.
func ownKeys(t *testing.T, server *recordingServer) string {
	t.Helper()
	home := newHome(t)
	file := filepath.Join(home, "key.txt")
	if err := os.WriteFile(file, []byte(server.Seed.APIKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"BTCPAYCTL_API_KEY_FILE": file, "BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_NO_INPUT": "1"}
	for _, line := range []string{"key generate --profile own", "profile set own --server " + server.URL + " --store " + server.Seed.StoreID,
		"apikey create --permission unrestricted --save-as own --beside-pairing"} {
		if g := (&given{home: home, env: env}).run(t, strings.Fields(line)...); g.code != 0 {
			t.Fatalf("%s: exit %d, %s", line, g.code, g.stderr)
		}
	}
	server.took()
	return home
}

// TestGivenCredential goes through forms of a key, the ways to give it, and
// commands. What can be used is sent as the key that it is; all else is an error
// before anything is sent, and no key of the profile takes its place.
func TestGivenCredential(t *testing.T) {
	server := newRecordingServer(t)
	home := ownKeys(t, server)
	file := filepath.Join(home, "given.txt")
	lines := []string{"invoice list", "invoice create --amount 5 --currency USD", "invoice get QvKaGcfACNbRiBjPAMkQ7Q", "store list", "apikey current", "invoice list --api greenfield"}
	bitpayLines := []string{"rate get BTC_USD", "invoice list --api bitpay"}
	n := 0
	for _, source := range []string{"BTCPAYCTL_API_KEY", "BTCPAY_API_KEY", "BTCPAYCTL_API_KEY_FILE"} {
		texts := keyTexts(server.Seed.APIKey)
		if source == "BTCPAYCTL_API_KEY_FILE" {
			texts = fileTexts(server.Seed.APIKey)
		}
		for _, c := range texts {
			value := c.text
			if source == "BTCPAYCTL_API_KEY_FILE" {
				if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
				value = file
			}
			env := map[string]string{source: value, "BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_STORE": server.Seed.StoreID}
			all := lines
			if c.likeness != "" {
				all = append(all[:len(all):len(all)], bitpayLines...)
			}
			for _, line := range all {
				n++
				g := (&given{home: home, env: env}).run(t, strings.Fields(line)...)
				what := fmt.Sprintf("%s in %s, %s", c.name, source, line)
				sent := server.took()
				if c.likeness == "" {
					for _, r := range sent {
						if r.header.Get("Authorization") != "token "+server.Seed.APIKey || r.header.Get("X-Identity") != "" {
							t.Errorf("%s: %s %s was sent with another key", what, r.method, r.path)
						}
					}
					if len(sent) == 0 || g.code != 0 && !strings.Contains(line, "get Q") {
						t.Errorf("%s: %d requests, exit %d, %s", what, len(sent), g.code, g.stderr)
					}
					continue
				}
				if len(sent) > 0 || g.code != 2 || !strings.Contains(g.stderr, c.likeness) || !strings.Contains(g.stderr, source) || strings.Contains(g.stderr, server.Seed.APIKey[:20]) {
					t.Errorf("%s: %d requests, exit %d, %s", what, len(sent), g.code, g.stderr)
				}
			}
		}
	}
	for _, path := range []string{home, filepath.Join(home, "none")} {
		env := map[string]string{"BTCPAYCTL_API_KEY_FILE": path, "BTCPAYCTL_SERVER": server.URL}
		for _, line := range append(lines, bitpayLines...) {
			g := (&given{home: home, env: env}).run(t, strings.Fields(line)...)
			if sent := server.took(); len(sent) > 0 || g.code != 2 {
				t.Errorf("%s with %s: %d requests, exit %d, %s", line, path, len(sent), g.code, g.stderr)
			}
		}
	}
	t.Logf("%d runs", n)
}

// TestGivenPrivateKey is the same for the file of a BitId key.
func TestGivenPrivateKey(t *testing.T) {
	server := newRecordingServer(t)
	home := ownKeys(t, server)
	file, other := filepath.Join(home, "given.key"), bitpay.Generate()
	for _, c := range []struct {
		name, text string
		usable     bool
	}{
		{"hex", other.Hex().Reveal(), true}, {"CRLF", other.Hex().Reveal() + "\r\n", true}, {"PEM", other.PEM().Reveal(), true},
		{"blanks", "  " + other.Hex().Reveal() + " \n", true},
		{"empty", "", false}, {"line ends", "\r\n", false}, {"an API key", server.Seed.APIKey, false}, {"NUL", "\x00\x00", false},
		{"a page", "<html>", false}, {"a cut PEM", other.PEM().Reveal()[:60], false}, {"UTF-16", utf16Text(other.Hex().Reveal(), true), true},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": file, "BTCPAYCTL_SERVER": server.URL}
		for _, line := range []string{"invoice list", "invoice create --amount 5 --currency USD", "pair status", "rate get BTC_USD", "pair client --wait 0"} {
			g := (&given{home: home, env: env}).run(t, strings.Fields(line)...)
			sent := server.took()
			for _, r := range sent {
				// The server may know the key by its other form.
				forms := []string{"", other.PublicKey(), other.Uncompressed().PublicKey()}
				if r.header.Get("Authorization") != "" || !slices.Contains(forms, r.header.Get("X-Identity")) {
					t.Errorf("%s, %s: %s %s was sent with another key", c.name, line, r.method, r.path)
				}
			}
			if (len(sent) > 0) != c.usable || !c.usable && g.code != 2 {
				t.Errorf("%s, %s: %d requests, exit %d, %s", c.name, line, len(sent), g.code, g.stderr)
			}
		}
	}
}
