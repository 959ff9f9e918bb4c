package root

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) {
	keystoretest.LightPassphrases()
	flag.Parse()
	// They wait for a server, or for the next try, far longer than they compute.
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	leaks.Main(m)
}

// secretName are names that only a flag for a secret would have.
var secretName = regexp.MustCompile(`(?i)secret|passw|passphrase|private|mnemonic|seed|api-?key$|token|credential`)

// TestTree looks at every command: it says what it does and how it is called,
// each flag has a text, none takes a secret, and the tone is right.
func TestTree(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	n := 0
	for cmd := range cli.Commands(NewRoot(a)) {
		if cmd.Name() == "help" || cmd.HasParent() && cmd.Parent().Name() == "completion" || cmd.Name() == "completion" {
			continue // cobra's own texts
		}
		if cmd.Hidden {
			continue
		}
		n++
		path := cmd.CommandPath()
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") || !unicode.IsUpper(rune(cmd.Short[0])) {
			t.Errorf("%s: short text %q", path, cmd.Short)
		}
		if cmd.Long == "" && cmd.Example == "" && cmd.Name() != "version" {
			t.Errorf("%s: neither a text nor an example", path)
		}
		if cmd.Runnable() && cmd.Args == nil {
			t.Errorf("%s: takes any arguments", path)
		}
		for line := range strings.Lines(cmd.Long) {
			if len([]rune(line)) > 90 && cmd.Name() != "exit-codes" {
				t.Errorf("%s: a line of %d characters: %s", path, len([]rune(line)), line)
			}
		}
		texts := []string{cmd.Short, cmd.Long}
		for flag := range flags(cmd) {
			if flag.Usage == "" {
				t.Errorf("%s --%s: no text", path, flag.Name)
			}
			repeatable := path == "btcpayctl sandbox" && flag.Name == "seed" // makes ids of a test double repeatable
			if secretName.MatchString(flag.Name) && !repeatable && flag.Value.Type() != "bool" && !strings.HasSuffix(flag.Name, "-file") {
				t.Errorf("%s --%s takes a secret, which other users can read in the list of processes", path, flag.Name)
			}
			texts = append(texts, flag.Usage)
		}
		for _, text := range texts {
			checkTone(t, path, text)
		}
	}
	if n < 30 {
		t.Errorf("only %d commands were looked at", n)
	}
	for _, failure := range output.Failures {
		checkTone(t, string(failure.Code), failure.Meaning)
	}
}

// unclear are words that a reader has to read twice: name the actor, and say only, if,
// instead of, interrupted, request and report.
var unclear = regexp.MustCompile(`(?i)\b(whoever|somebody|nobody|in place of|stands|tells?|cut off|(one|each) exchange|goes on|is asked for|had best)\b`)

func checkTone(t *testing.T, where, text string) {
	t.Helper()
	if found := unclear.FindString(text); found != "" {
		t.Errorf("%s: %q in %q", where, found, text)
	}
	if strings.Contains(text, "!") || strings.Contains(strings.ToLower(text), "successfully") {
		t.Errorf("%s: the tone of %q", where, text)
	}
	for _, r := range text {
		if unicode.Is(unicode.So, r) || r >= 0x1f000 {
			t.Errorf("%s: the symbol %q", where, r)
		}
	}
}

func flags(cmd *cobra.Command) func(func(*pflag.Flag) bool) {
	return func(yield func(*pflag.Flag) bool) {
		more := true
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { more = more && yield(f) })
	}
}

// TestHelp shows every command's help: exit 0, on standard output, with its
// usage.
func TestHelp(t *testing.T) {
	tree, _, _ := apptest.New(t, nil)
	for cmd := range cli.Commands(NewRoot(tree)) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		a, stdout, stderr := apptest.New(t, nil)
		if code := Run(t.Context(), a, args); code != 0 || stderr.Len() > 0 || stdout.Len() == 0 {
			t.Errorf("%s --help: exit %d, %q", cmd.CommandPath(), code, stderr)
		}
	}
}

// TestUsageErrors calls every command with a flag that is not there, in both
// forms of an error.
func TestUsageErrors(t *testing.T) {
	tree, _, _ := apptest.New(t, nil)
	for cmd := range cli.Commands(NewRoot(tree)) {
		if cmd.DisableFlagParsing || !cmd.Runnable() {
			continue
		}
		args := append(strings.Fields(cmd.CommandPath())[1:], "--no-such-flag")
		a, stdout, stderr := apptest.New(t, nil)
		if code := Run(t.Context(), a, args); code != 2 || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "error: unknown flag") || !strings.Contains(stderr.String(), "Next: ") {
			t.Errorf("%s: exit %d, %q %q", args, code, stdout, stderr)
		}
		a, stdout, stderr = apptest.New(t, map[string]string{"BTCPAYCTL_OUTPUT": "json"})
		if code := Run(t.Context(), a, args); code != 2 || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), `{"error":{"code":"usage","exit":2,`) {
			t.Errorf("%s as JSON: exit %d, %q %q", args, code, stdout, stderr)
		}
	}
}

// packages are the directories of all packages that speak to a person.
func packages(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("../*")
	if err != nil || len(dirs) < 10 {
		t.Fatalf("there are %d packages: %v", len(dirs), err)
	}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		return slices.Contains([]string{"bench", "crosscheck", "docgen", "gotest", "testrun", "torture"}, filepath.Base(dir))
	})
}

// TestJSONFieldsAreNamed: a struct that is printed as JSON says of each field how it is
// called there, or that it is not there. An exported one without a name would be printed.
func TestJSONFieldsAreNamed(t *testing.T) {
	structs := 0
	for _, dir := range packages(t) {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				record, ok := n.(*ast.StructType)
				if !ok || !slices.ContainsFunc(record.Fields.List, func(f *ast.Field) bool { return f.Tag != nil && strings.Contains(f.Tag.Value, "json:") }) {
					return true
				}
				structs++
				for _, f := range record.Fields.List {
					for _, id := range f.Names {
						if f.Tag == nil && id.IsExported() {
							t.Errorf("%s: %s has no name in JSON", set.Position(f.Pos()), id.Name)
						}
					}
				}
				return true
			})
		}
	}
	if structs < 40 {
		t.Errorf("only %d structs were looked at", structs)
	}
}
