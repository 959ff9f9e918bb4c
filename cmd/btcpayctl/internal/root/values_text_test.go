package root

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// badTexts are texts that do not arrive as they are, and what is said of them.
var badTexts = map[string]string{
	"Tee f\xfcr zwei": "byte 6, 0xfc, is not UTF-8", // Latin-1
	"\xff":            "byte 1, 0xff, is not UTF-8",
	"caf\xc3":         "byte 4, 0xc3, is not UTF-8", // cut off
	"\xed\xa0\x80":    "byte 1, 0xed, is not UTF-8", // half of a surrogate pair
	"\xc0\x80":        "byte 1, 0xc0, is not UTF-8", // too long a form of U+0000
	"A\x001":          "byte 2 is U+0000",
}

// TestBadTextFlags gives every flag of every command that holds a text such bytes. All
// fail before anything is sent, and name the flag and the byte.
func TestBadTextFlags(t *testing.T) {
	server := newRecordingServer(t)
	env := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_API_KEY": server.Seed.APIKey, "BTCPAYCTL_STORE": server.Seed.StoreID, "BTCPAYCTL_NO_INPUT": "1"}
	tree, _, _ := apptest.New(t, nil)
	root, n, home := NewRoot(tree), 0, newHome(t)
	for cmd := range cli.Commands(root) {
		if !cmd.Runnable() || cmd.HasSubCommands() || cmd.DisableFlagParsing || cmd.Name() == "help" {
			continue
		}
		visit := func(f *pflag.Flag) {
			if cli.TextsOf(f) == nil {
				return
			}
			for text, want := range badTexts {
				line := slices.Concat(strings.Fields(cmd.CommandPath())[1:], []string{"--" + f.Name + "=" + text}, placeholders(cmd))
				g := (&given{home: home, env: env}).run(t, line...)
				n++
				if g.code != 2 || !strings.Contains(g.stderr, "--"+f.Name+": "+want) || g.stdout != "" {
					t.Errorf("%q: exit %d, %q %q", line, g.code, g.stdout, g.stderr)
				}
			}
		}
		cmd.LocalFlags().VisitAll(visit)
		cmd.InheritedFlags().VisitAll(visit)
		for text, want := range badTexts {
			if cmd.Args == nil || cmd.Args(cmd, []string{text}) != nil {
				continue
			}
			line := append(strings.Fields(cmd.CommandPath())[1:], text)
			g := (&given{home: home, env: env}).run(t, line...)
			n++
			if g.code != 2 || !strings.Contains(g.stderr, "argument 1: "+want) || g.stdout != "" {
				t.Errorf("%q: exit %d, %q %q", line, g.code, g.stdout, g.stderr)
			}
		}
	}
	server.tookNothing(t, n)
}

// TestBadTextVariables sets every variable that holds a value to such bytes. It is an
// error where the variable is read, and never another value.
func TestBadTextVariables(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it runs every command with every variable, and TestBadTextFlags does so with flags")
	}
	server, read := newRecordingServer(t), 0
	for _, name := range app.Variables {
		for text := range badTexts {
			for _, line := range [][]string{{"invoice", "create", "--amount", "5", "--currency", "USD"}, {"key", "generate", "--profile", "x"}} {
				env := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_API_KEY": server.Seed.APIKey, "BTCPAYCTL_STORE": server.Seed.StoreID,
					"BTCPAYCTL_NO_INPUT": "1", name: text}
				if strings.HasPrefix(name, "BTCPAY_") {
					delete(env, strings.Replace(name, "BTCPAY_", "BTCPAYCTL_", 1))
				}
				g := (&given{home: newHome(t), env: env}).run(t, line...)
				if g.code == 2 && strings.Contains(g.stderr, name) {
					read++
				} else if g.code != 0 && g.code != 4 {
					t.Errorf("%s=%q, %v: exit %d, %s", name, text, line[:2], g.code, g.stderr)
				}
				if strings.Contains(g.stderr, "�") {
					t.Errorf("%s=%q: %s", name, text, g.stderr)
				}
				for _, r := range server.took() {
					if sent := fmt.Sprint(r.path, r.query, r.header, r.body); strings.Contains(sent, text) || strings.Contains(sent, "�") {
						t.Errorf("%s=%q was sent: %s", name, text, sent)
					}
				}
			}
		}
	}
	if read < 50 {
		t.Errorf("only %d were refused", read)
	}
}

// TestBadTextJSON has the same in JSON, in every place, with its line and column.
func TestBadTextJSON(t *testing.T) {
	w := newValuesWorld(t)
	for _, c := range []struct{ stdin, want string }{
		{"{\"price\":5,\"orderId\":\"M\xfcller\"}", "line 1: column 24: the byte 0xfc is not UTF-8"},
		{"{\"price\":1}\n{\"price\":5,\n\"itemDesc\":\"\u00e4\xff\"}", "line 3: column 14: the byte 0xff is not UTF-8"},
		{"{\"amount\":5,\"metadata\":{\"\xe4\":1}}", "line 1: column 26: the byte 0xe4 is not UTF-8"},
		{"{\"amount\":5,\"metadata\":{\"a\":{\"b\":[\"\xc3\"]}}}", "the byte 0xc3 is not UTF-8"},
		{`{"amount":5,"metadata":{"a":"x\u0000y"}}`, `line 1: column 31: \u0000 is a character that makes the server fail`},
		{`{"price":5,"itemDesc":"\u0000"}`, `\u0000`},
		{`{"price":5,"orderId":"A\u0000"}`, `\u0000`},
		{`{"amount":5,"metadata":{"a\u0000":1}}`, `\u0000`},
		{`{"amount":5,"metadata":{"a":"\ud800"}}`, `\ud800 is half of a surrogate pair`},
		{`{"amount":5,"metadata":{"a":"\uD83Dx"}}`, `\uD83D is half of a surrogate pair`},
		{`{"amount":5,"metadata":{"a":"\ud83d\u0041"}}`, `\ud83d is half of a surrogate pair`},
		{`{"amount":5,"metadata":{"a":"\ude00\ud83d"}}`, `\ude00 is half of a surrogate pair`},
		{`{"price":5,"orderId":"\udfff"}`, `\udfff is half of a surrogate pair`},
		{"{\"price\":5}\n\xff", "line 2: column 1"},
	} {
		for _, api := range bothAPIs {
			g := w.run(t, api, c.stdin, "invoice", "create", "--from", "-")
			if posts := w.creations(); g.code != 2 || len(posts) > 0 || !strings.Contains(g.stderr, c.want) {
				t.Errorf("%q, %s: exit %d, %d sent, %s", c.stdin, api, g.code, len(posts), g.stderr)
			}
		}
	}
	// What only looks like that arrives.
	for _, text := range []string{`\\u0000`, `\\ud800`, `\ud83d\ude00`, `\uD83D\uDE00\u00e4`, "\U0001f600\ufffd", `\\\\ud800`, `\u0001`, `\ufffd`, `\n\t\"`} {
		g := w.run(t, invoice.APIGreenfield, `{"amount":5,"currency":"USD","metadata":{"a":"`+text+`"}}`, "invoice", "create", "--from", "-", "-o", "jsonl")
		if g.code != 0 {
			t.Errorf("%s: exit %d, %s", text, g.code, g.stderr)
			continue
		}
		var want, got string
		want = members(t, `{"a":"`+text+`"}`)["a"].(string)
		got, _ = members(t, g.stdout)["metadata"].(map[string]any)["a"].(string)
		if got != want {
			t.Errorf("%s: %q became %q", text, want, got)
		}
	}
}
