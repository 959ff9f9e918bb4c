package root

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
)

// completed is what a shell is offered after a line, without descriptions, and whether
// files are.
func completed(t *testing.T, home string, line ...string) (words []string, files string) {
	t.Helper()
	g := (&given{home: home}).run(t, append([]string{"__complete"}, line...)...)
	if g.code != 0 {
		t.Fatalf("%q: exit %d, %s", line, g.code, g.stderr)
	}
	lines := strings.Split(strings.TrimSpace(g.stdout), "\n")
	for _, word := range lines[:len(lines)-1] {
		word, _, _ = strings.Cut(word, "\t")
		words = append(words, word)
	}
	directive, err := strconv.Atoi(strings.TrimPrefix(lines[len(lines)-1], ":"))
	if err != nil {
		t.Fatalf("%q: %q", line, g.stdout)
	}
	switch {
	case directive&16 != 0:
		return words, "directories"
	case directive&8 != 0:
		return nil, strings.Join(words, ",")
	case directive&4 != 0:
		return words, ""
	}
	return words, "all"
}

func TestCompletion(t *testing.T) {
	home := newHome(t)
	setUp := func(line ...string) string {
		t.Helper()
		g := (&given{home: home}).run(t, line...)
		if g.code != 0 {
			t.Fatalf("%q: %s", line, g.stderr)
		}
		return strings.TrimSpace(g.stdout)
	}
	sin := setUp("key", "generate", "--profile", "shop", "-o", "name")
	setUp("profile", "set", "shop", "--server", "https://btcpay.example.com", "--store", "J8Rx6Z4dzx")
	setUp("profile", "set", "till", "--server", "https://other.example.com")
	for _, c := range []struct {
		line        []string
		want, files string
	}{
		{[]string{"invoice", "wait", "x", "--for", ""}, "settled processing", ""},
		{[]string{"apikey", "create", "--for", "invoice g"}, "invoice get", ""},
		{[]string{"authorize", "--for", "invoice get,store l"}, "invoice get,store list", ""},
		{[]string{"authorize", "--permission", "btcpay.store.canviewinv"}, "btcpay.store.canviewinvoices", ""},
		{[]string{"invoice", "list", "--profile", ""}, "shop till", ""},
		{[]string{"invoice", "list", "--store", ""}, "J8Rx6Z4dzx", ""},
		{[]string{"invoice", "list", "--server", ""}, "https://btcpay.example.com https://other.example.com", ""},
		{[]string{"invoice", "list", "--from", ""}, "", ""},
		{[]string{"invoice", "list", "--api", ""}, "bitpay greenfield", ""},
		{[]string{"invoice", "list", "--columns", "order-id,am"}, "order-id,amount", ""},
		{[]string{"invoice", "list", "-o", "t"}, "table tsv template=", ""},
		{[]string{"invoice", "list", ""}, "", ""},
		{[]string{"invoice", "create", "--from", ""}, "", "json,jsonl,ndjson"},
		{[]string{"invoice", "get", ""}, "", ""},
		{[]string{"keystore", "move", "--from", ""}, "keyring file", ""},
		{[]string{"keystore", "backup", ""}, "", "age"},
		{[]string{"keystore", "restore", "keys.age", ""}, "", ""},
		{[]string{"key", "export", ""}, sin, ""},
		{[]string{"key", "import", ""}, "", "all"},
		{[]string{"profile", "set", "x", "--sin", ""}, sin, ""},
		{[]string{"profile", "use", "t"}, "till", ""},
		{[]string{"profile", "use", "till", ""}, "", ""},
		{[]string{"apikey", "revoke", ""}, "current", ""},
		{[]string{"rate", "get", "--ca-file", ""}, "", "pem,crt,cer,cert"},
		{[]string{"rate", "get", "--timeout", ""}, "", ""},
		{[]string{"man", "--directory", ""}, "", "directories"},
		{[]string{"apikey", "exec", "--", ""}, "", "all"},
	} {
		words, files := completed(t, home, c.line...)
		if got := strings.Join(words, " "); got != c.want || files != c.files {
			t.Errorf("%q: %q and files %q, not %q and %q", c.line, got, files, c.want, c.files)
		}
	}
	// What cannot be read offers nothing, and no error reaches the shell.
	if err := os.WriteFile(filepath.Join(home, ".config", "btcpayctl", "config.toml"), []byte("]["), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range [][]string{{"invoice", "list", "--profile", ""}, {"key", "show", ""}, {"invoice", "list", "--store", ""}} {
		if words, files := completed(t, home, line...); len(words) > 0 || files != "" {
			t.Errorf("%q with a broken config.toml: %q %q", line, words, files)
		}
	}
}

// TestEveryValueIsCompleted: no flag of any command offers files but those that take one, and
// each command that prints a table declares its columns.
func TestEveryValueIsCompleted(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	root := NewRoot(a)
	for cmd := range cli.Commands(root) {
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			complete, found := cmd.GetFlagCompletionFunc(f.Name)
			if f.Value.Type() == "bool" || f.Name == "help" {
				return
			}
			if !found {
				t.Errorf("%s --%s has no completion", cmd.CommandPath(), f.Name)
				return
			}
			cmd.SetContext(t.Context())
			if words, directive := complete(cmd, nil, ""); directive == 0 && value != "file" {
				t.Errorf("%s --%s (%s) offers files besides %q", cmd.CommandPath(), f.Name, usage, words)
			}
		})
	}
	// These print no records, or in a form of their own.
	without := regexp.MustCompile(`^btcpayctl( (apikey (exec|watch)|credential.*|completion.*|demo|help|man))?$`)
	for cmd := range cli.Commands(root) {
		group := cmd.HasSubCommands() && cmd.Name() != "sandbox"
		if cmd.Runnable() && !group && !without.MatchString(cmd.CommandPath()) && cli.ColumnsOf(cmd) == nil {
			t.Errorf("%s declares no columns", cmd.CommandPath())
		}
	}
	for _, line := range [][]string{{"man", "--no-header"}, {"man", "--columns", "id"}, {"version", "--columns", "version,colour"}, {"version", "--columns", "version,"}, {"version", "--columns", ""}, {"version", "-o", "json", "--columns", "go"}} {
		if g := (&given{home: newHome(t)}).run(t, line...); g.code != 2 || g.stdout != "" {
			t.Errorf("%q: exit %d, %q %s", line, g.code, g.stdout, g.stderr)
		}
	}
	if g := (&given{home: newHome(t), env: map[string]string{"BTCPAYCTL_OUTPUT": "json"}}).run(t, "version", "--columns", "VERSION,Go", "--no-headers"); g.code != 0 || !strings.HasPrefix(g.stdout, "test  go1.") {
		t.Errorf("exit %d, %q %s", g.code, g.stdout, g.stderr)
	}
	for line, want := range map[string]string{"invoice list": "order-id", "store list": "name", "whoami": "stores", "doctor": "check"} {
		cmd, _, err := root.Find(strings.Fields(line))
		if err != nil || !slices.Contains(cli.ColumnsOf(cmd), want) {
			t.Errorf("%s has the columns %q", line, cli.ColumnsOf(cmd))
		}
	}
}
