package root

import (
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"

	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// pasteProblem says why a line of a hint cannot be pasted, and nothing for one
// that is no command of this program.
func pasteProblem(root *cobra.Command, line string) string {
	rest, found := strings.CutPrefix(line, "btcpayctl ")
	if !found {
		return ""
	}
	words := shellSplit(rest)
	cmd, args, err := root.Find(words)
	switch {
	case err != nil:
		return err.Error()
	case cmd == root || cmd.HasSubCommands() && cmd.LocalNonPersistentFlags().Lookup("port") == nil: // "sandbox" runs, too
		return "it is no whole command"
	}
	// Flags keep what they were set to, so a fresh set is made of theirs.
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SetInterspersed(cmd.Name() != "exec")
	set.Bool("help", false, "")
	add := func(f *pflag.Flag) {
		if set.Lookup(f.Name) == nil {
			copied := *f
			copied.Value = anyValue{f.Value.Type()}
			set.AddFlag(&copied)
		}
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	if err := set.Parse(args); err != nil {
		return err.Error()
	}
	if help, _ := set.GetBool("help"); help || cmd.Args == nil {
		return ""
	}
	if err := cmd.Args(cmd, set.Args()); err != nil {
		return err.Error()
	}
	return storeProblem(cmd, args)
}

// storeProblem says why a line that gets a key does not say what for, or for which
// store. X is what is put in later.
func storeProblem(cmd *cobra.Command, args []string) string {
	if !slices.Contains([]string{"btcpayctl authorize", "btcpayctl apikey create", "btcpayctl apikey exec"}, cmd.CommandPath()) {
		return ""
	}
	var asked []string
	for i, word := range args {
		if i > 0 && (args[i-1] == "--permission" || args[i-1] == "--for") {
			asked = append(asked, word)
		}
	}
	storeless := func(permission string) bool {
		p := greenfield.Permission(permission)
		return permission == "X" || p.Scope() != "" || p.Kind() != greenfield.StorePermission && !strings.Contains(permission, " ")
	}
	says := func(word string) bool {
		return word == "--store" || word == "--all-stores" || word == "--selective-stores"
	}
	switch {
	case slices.Contains(args, "--dry-run") || slices.Contains(args, "--basic") || slices.Contains(args, "--output-file"):
		return ""
	case len(asked) == 0:
		return "no permissions are given for the key"
	case !slices.ContainsFunc(args, says) && slices.ContainsFunc(asked, func(p string) bool { return !storeless(p) }):
		return "no store is given for the key"
	}
	return ""
}

// anyValue takes any text, so that placeholders pass.
type anyValue struct{ kind string }

func (v anyValue) String() string   { return "" }
func (v anyValue) Set(string) error { return nil }
func (v anyValue) Type() string     { return v.kind }

// shellSplit splits a line as a POSIX shell does, without variables.
func shellSplit(line string) []string {
	var words []string
	var word strings.Builder
	started := false
	var quote rune
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, started = r, true
		case quote == 0 && r == ' ':
			if started {
				words = append(words, word.String())
				word.Reset()
			}
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}

// pasteable are the lines of a hint with what a person reads in front of a command
// taken away.
func pasteable(hint string) []string {
	var lines []string
	for line := range strings.SplitSeq(hint, "\n") {
		line = strings.TrimSpace(line)
		if i := strings.Index(line, ": btcpayctl "); i >= 0 {
			line = line[i+2:]
		}
		for _, front := range []string{"or ", "then ", "and "} {
			line = strings.TrimPrefix(line, front)
		}
		if strings.HasPrefix(line, "btcpayctl ") {
			lines = append(lines, line)
		}
	}
	return lines
}

var hintMark = regexp.MustCompile(`(?m)Next: (.*(?:\n {8,}.*)*)`)

// checkHints looks at the hints that a run printed: each can be pasted, and means
// the target of the line that was run.
func (w *randomWorld) checkHints(t *testing.T, args []string, stderr string) {
	t.Helper()
	tree, _, _ := apptest.New(t, nil)
	var root *cobra.Command
	for _, found := range hintMark.FindAllStringSubmatch(stderr, -1) {
		for _, line := range pasteable(found[1]) {
			if root == nil {
				root = NewRoot(tree)
			}
			w.linesWithNext++
			if problem := pasteProblem(root, line); problem != "" {
				t.Errorf("after %q: %q cannot be pasted: %s", args, line, problem)
			}
			w.checkTarget(t, root, args, line)
		}
	}
}

func (w *randomWorld) checkTarget(t *testing.T, root *cobra.Command, args []string, line string) {
	t.Helper()
	words := shellSplit(line)
	cmd, _, err := root.Find(words[1:])
	if err != nil {
		return
	}
	given := func(words []string, name string) string {
		if i := slices.Index(words, "--"+name); i >= 0 && i+1 < len(words) {
			return words[i+1]
		}
		return ""
	}
	own := given(words, "profile")
	for _, name := range cli.TargetFlags[:4] {
		value := given(args, name)
		if strings.TrimSpace(value) == "" || own != "" && own != given(args, "profile") || !isTarget(cmd.Flags().Lookup(name)) || slices.Contains(words, "--help") {
			continue
		}
		if got := given(words, name); got != value && !(name == "store" && slices.Contains(words, "--all-stores")) {
			t.Errorf("after %q: %q means another --%s", args, line, name)
		}
	}
}

// TestHintsArePasteable reads the hints in the source, with X for what is put in.
func TestHintsArePasteable(t *testing.T) {
	tree, _, _ := apptest.New(t, nil)
	root, n := NewRoot(tree), 0
	for _, dir := range packages(t) {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			check := func(e ast.Expr) {
				text, ok := textOf(e)
				for _, line := range pasteable(text) {
					n++
					if problem := pasteProblem(root, line); ok && problem != "" {
						t.Errorf("%s: %q cannot be pasted: %s", set.Position(e.Pos()), line, problem)
					}
				}
			}
			ast.Inspect(file, func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.KeyValueExpr:
					if key, ok := node.Key.(*ast.Ident); ok && key.Name == "Next" {
						check(node.Value)
					}
				case *ast.AssignStmt:
					for i, left := range node.Lhs {
						field, ok := left.(*ast.SelectorExpr)
						if ok && field.Sel.Name == "Next" && i < len(node.Rhs) {
							check(node.Rhs[i])
						}
					}
				case *ast.CompositeLit: // a row of a table of meanings
					if len(node.Elts) == 3 && node.Type == nil {
						check(node.Elts[2])
					}
				}
				return true
			})
		}
	}
	if n < 60 {
		t.Errorf("only %d hints were found", n)
	}
}

// textOf is the text of an expression, with X for what is known only later.
func textOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, okLeft := textOf(e.X)
		right, okRight := textOf(e.Y)
		return left + right, okLeft && okRight
	case *ast.CallExpr:
		if name, ok := e.Fun.(*ast.SelectorExpr); ok && name.Sel.Name == "Sprintf" {
			text, ok := textOf(e.Args[0])
			return regexp.MustCompile(`%[+.0-9]*[a-z]`).ReplaceAllString(text, "X"), ok
		}
		if name, ok := e.Fun.(*ast.SelectorExpr); ok && strings.HasSuffix(name.Sel.Name, "Flag") {
			return "", true // " --profile NAME", or nothing
		}
	}
	if name, ok := e.(*ast.Ident); ok && name.Name == "flag" {
		return "", true
	}
	return "X", true
}

// TestHint goes through the ways a hint takes up the target of its line.
func TestHint(t *testing.T) {
	for _, c := range []struct {
		args       string
		hint, want string
	}{
		{"invoice list", "btcpayctl invoice resume ID", "btcpayctl invoice resume ID"},
		{"invoice list --profile shop", "btcpayctl invoice resume ID", "btcpayctl invoice resume --profile shop ID"},
		{"invoice list --server https://b.example --store S --api bitpay --ca-file /ca.pem --allow-http", "btcpayctl invoice get ID",
			"btcpayctl invoice get --server https://b.example --store S --api bitpay --ca-file /ca.pem --allow-http ID"},
		{"invoice list --profile shop --server https://b.example", "btcpayctl pair status --profile shop", "btcpayctl pair status --profile shop --server https://b.example"},
		{"invoice list --profile shop --server https://b.example --ca-file /x", "btcpayctl pair status --profile other", "btcpayctl pair status --profile other --ca-file /x"},
		{"invoice list --server https://b.example --store S --ca-file /x", "btcpayctl pair client --profile NAME\nthen btcpayctl pair status --profile NAME",
			"btcpayctl pair client --profile NAME --server https://b.example --ca-file /x\nthen btcpayctl pair status --profile NAME --ca-file /x"},
		{"invoice list --server https://b.example", "btcpayctl pair server --profile NAME", "btcpayctl pair server --profile NAME --server https://b.example"},
		{"invoice list --server https://b.example", "btcpayctl key generate --profile NAME", "btcpayctl key generate --profile NAME"},
		{"invoice list --server https://b.example", "btcpayctl authorize --profile NAME --store ID", "btcpayctl authorize --profile NAME --server https://b.example --store ID"},
		{"invoice list --profile shop --server https://b.example", "btcpayctl authorize --profile NAME --store ID", "btcpayctl authorize --profile NAME --store ID"},
		{"invoice list --profile shop --store S", "btcpayctl profile set shop --store T", "btcpayctl profile set shop --store T"},
		{"invoice list --profile shop", "btcpayctl profile list\nor btcpayctl pair client", "btcpayctl profile list\nor btcpayctl pair client --profile shop"},
		{"invoice list --profile shop --store S", "btcpayctl keystore move --to file", "btcpayctl keystore move --to file"},
		{"apikey create --store S --permission x", "btcpayctl apikey create --all-stores", "btcpayctl apikey create --all-stores"},
		{"invoice list --profile shop", "tail -n +5 x | btcpayctl invoice create --from -", "tail -n +5 x | btcpayctl invoice create --profile shop --from -"},
		{"invoice list --profile shop", "check the network", "check the network"},
		{"invoice list --profile shop", "btcpayctl doctor, later", "btcpayctl doctor --profile shop, later"},
	} {
		tree, _, _ := apptest.New(t, nil)
		cmd, rest, err := NewRoot(tree).Find(strings.Fields(c.args))
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := lineOf(cmd).hint(c.hint); got != c.want {
			t.Errorf("%s: %q, not %q", c.args, got, c.want)
		}
	}
	// A path is one word of the shell.
	tree, _, _ := apptest.New(t, nil)
	cmd, _, _ := NewRoot(tree).Find([]string{"invoice", "list"})
	if err := cmd.ParseFlags([]string{"--ca-file", "/my ca's.pem"}); err != nil {
		t.Fatal(err)
	}
	if got, want := lineOf(cmd).hint("btcpayctl doctor"), `btcpayctl doctor --ca-file '/my ca'\''s.pem'`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

// TestHintMakesOneCommand: a hint that names one command does not pay for all of them.
func TestHintMakesOneCommand(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	cmd, _, err := NewRoot(a).Find([]string{"rate", "get"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags([]string{"--profile", "shop"}); err != nil {
		t.Fatal(err)
	}
	var hint string
	one := testing.AllocsPerRun(1, func() { hint = lineOf(cmd).hint("btcpayctl invoice list") })
	all := testing.AllocsPerRun(1, func() { NewRoot(a) })
	if hint != "btcpayctl invoice list --profile shop" || one > all/4 {
		t.Errorf("got %q with %.0f allocations; all commands take %.0f", hint, one, all)
	}
}
