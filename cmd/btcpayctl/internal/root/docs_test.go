package root

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A docBlock is a fenced block of the documentation.
type docBlock struct {
	file, language, text string
	line                 int
}

// name is the file and the first command, which finds a block again when others move.
func (b docBlock) name() string {
	lines := b.commands()
	if len(lines) == 0 {
		lines = strings.Split(strings.TrimSpace(b.text), "\n")
	}
	return b.file + ": " + lines[0]
}

// commands are the lines of a block without comments and blank lines.
func (b docBlock) commands() (lines []string) {
	for line := range strings.Lines(b.text) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " # ")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

var fence = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")

func docBlocks(t *testing.T) (blocks []docBlock) {
	t.Helper()
	const root = "../../../../"
	files, err := filepath.Glob(root + "docs/*.md")
	if err != nil || len(files) < 5 {
		t.Fatalf("there are %d files: %v", len(files), err)
	}
	for _, path := range append([]string{root + "README.md"}, files...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n```"); n%2 != 0 {
			t.Errorf("%s: %d lines begin or end a block", path, n)
		}
		for _, m := range fence.FindAllStringSubmatchIndex(string(text), -1) {
			blocks = append(blocks, docBlock{file: strings.TrimPrefix(path, root), language: string(text[m[2]:m[3]]), text: string(text[m[4]:m[5]]),
				line: 1 + strings.Count(string(text[:m[0]]), "\n")})
		}
	}
	return blocks
}

// docLanguages are those of blocks that hold no commands, and what checks them.
var docLanguages = map[string]string{
	"go":     "parts of programs; the examples below examples/ are compiled and run",
	"yaml":   "TestCIRecipes runs the commands in it, and TestSandboxDocs checks those of docs/sandbox.md",
	"groovy": "TestCIRecipes runs the commands in it",
	"js":     "TestSandboxDocs runs it, if node is installed",
	"php":    "TestSandboxDocs runs it, if php is installed",
}

// A docCase says how a block of commands is run, or why it is not.
type docCase struct {
	block string // its name
	// why is the reason why no command of the block is run; notRun has the reason for
	// lines of it.
	why    string
	notRun map[string]string

	fresh bool              // with a home of its own, not with that of the blocks before
	setup []string          // commands before it
	with  map[string]string // what is written in place of words of the reader's
	as    map[string]string // a line that needs more here, and the line with that
	upon  []docEvent        // what others do meanwhile
	until string            // what the reader waits for before they press Ctrl-C
}

// TestDocs runs every command of README.md and docs/*.md against a sandbox, and compares
// what it prints with testdata/docs.txtar. UPDATE_SCRIPTS=1 writes that file.
func TestDocs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the documentation has commands for a POSIX shell")
	}
	known := map[string]docCase{}
	for _, c := range docCases {
		if _, twice := known[c.block]; twice {
			t.Errorf("docCases has %q twice", c.block)
		}
		known[c.block] = c
	}
	const file = "testdata/docs.txtar"
	golden, err := txtar.ParseFile(file)
	if err != nil && os.Getenv("UPDATE_SCRIPTS") == "" {
		t.Fatal(err)
	}
	wanted := map[string]string{}
	if golden != nil {
		for _, f := range golden.Files {
			wanted[f.Name] = string(f.Data)
		}
	}
	w := newDocWorld(t)
	written := &txtar.Archive{Comment: []byte("What the commands of README.md and docs/*.md print, see TestDocs.\n")}
	for _, b := range docBlocks(t) {
		if docLanguages[b.language] != "" {
			continue
		}
		c, ok := known[b.name()]
		if !ok {
			t.Errorf("%s:%d: add %q to docCases: how it is run, or why it is not", b.file, b.line, b.name())
			continue
		}
		delete(known, b.name())
		if c.why != "" {
			continue
		}
		t.Run(fmt.Sprintf("%s:%d", b.file, b.line), func(t *testing.T) {
			got := w.play(t, b, c)
			written.Files = append(written.Files, txtar.File{Name: b.name(), Data: []byte(got)})
			if want := wanted[b.name()]; got != want && os.Getenv("UPDATE_SCRIPTS") == "" {
				t.Errorf("it prints\n%s\nand %s has\n%s", got, file, want)
			}
			delete(wanted, b.name())
		})
	}
	for name := range known {
		t.Errorf("docCases has %q, and the documentation does not", name)
	}
	if os.Getenv("UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(file, txtar.Format(written), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name := range wanted {
		t.Errorf("%s has %q, which is not run", file, name)
	}
}

// A docWorld is the sandbox and the home of a reader who types one block after another.
type docWorld struct {
	t      *testing.T
	server *sandbox.Server
	owner  *human.Human
	home   string
	file   string // whose blocks run there
}

func newDocWorld(t *testing.T) *docWorld {
	w := &docWorld{t: t, server: sandbox.New(t)}
	w.owner = human.New(w.server.URL)
	t.Cleanup(w.owner.Close)
	if err := w.owner.LogIn(t.Context(), w.server.Seed.Email, w.server.Seed.Password); err != nil {
		t.Fatal(err)
	}
	return w
}

// docFiles are those that the reader has.
var docFiles = map[string]string{
	"ship.sh":          "", // made by a command, or not looked at
	"nightly.sh":       "#!/bin/sh\necho \"the job has a key for $BTCPAY_STORE\"\n",
	"orders.jsonl":     `{"price":"12.50","currency":"USD","orderId":"B-1"}` + "\n" + `{"price":"7","currency":"USD","orderId":"B-2"}` + "\n",
	"keys.age":         "",
	"shop.json":        "",
	"passphrase":       "a passphrase of many words\n",
	"account-password": "",
}

func (w *docWorld) play(t *testing.T, b docBlock, c docCase) string {
	if w.file != b.file {
		w.home, w.file = w.newHome(), b.file
	}
	home := w.home
	if c.fresh {
		home = w.newHome()
	}
	seed := w.server.Seed
	s := &docShell{t: t, dir: home, env: docEnvironment(home), upon: slices.Clone(c.upon), files: slices.Collect(maps.Keys(docFiles))}
	actual := func(line string) string {
		for word, with := range c.with {
			line = strings.ReplaceAll(line, word, with)
		}
		return strings.NewReplacer("https://btcpay.example.com", w.server.URL, "J8Rx6Z4dzx", seed.StoreID, "$EMAIL", seed.Email).Replace(line)
	}
	for _, line := range c.setup {
		w.prepare(t, s, actual(line))
	}
	if c.until != "" {
		s.until = regexp.MustCompile(c.until)
	}
	for i := range s.upon {
		s.upon[i].lines = slices.Clone(s.upon[i].lines)
		for n, line := range s.upon[i].lines {
			s.upon[i].lines[n] = actual(line)
		}
	}
	for _, line := range b.commands() {
		if why := c.notRun[line]; why != "" {
			fmt.Fprintf(&s.transcript, "$ %s\nnot run here: %s\n", line, why)
			continue
		}
		shown := line
		typed := actual(cmp.Or(c.as[line], line))
		if strings.Contains(typed, "CODE") {
			typed = strings.ReplaceAll(typed, "CODE", w.code(t))
		}
		if strings.Contains(typed, "OPERATION") {
			typed = strings.ReplaceAll(typed, "OPERATION", strings.TrimSpace(s.must("btcpayctl apikey list --open -o name")))
		}
		s.show(shown, typed)
	}
	return s.text(w.server.URL, "https://btcpay.example.com", seed.StoreID, "J8Rx6Z4dzx", seed.Email, "merchant@example.com",
		strings.ReplaceAll(w.server.URL, "://", "%3A%2F%2F"), "https://btcpay.example.com")
}

// newHome makes the home of a reader, with the files that they have.
func (w *docWorld) newHome() string {
	w.t.Helper()
	home := w.t.TempDir()
	for name, text := range docFiles {
		if text == "" {
			continue
		}
		mode := os.FileMode(0o600)
		if strings.HasPrefix(text, "#!") {
			mode = 0o700
		}
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), mode); err != nil {
			w.t.Fatal(err)
		}
	}
	return home
}

func (w *docWorld) code(t *testing.T) string {
	code, err := programtest.PairingCode(t.Context(), w.owner, w.server.Seed.StoreID, "")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// prepare runs a command that needs the password of the account on standard input, or
// another one.
func (w *docWorld) prepare(t *testing.T, s *docShell, line string) {
	if !strings.Contains(line, "--basic") {
		s.must(line)
		return
	}
	password := filepath.Join(s.dir, "account-password")
	if err := os.WriteFile(password, []byte(w.server.Seed.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env["BTCPAYCTL_PASSWORD_FILE"] = password
	s.must(line)
	delete(s.env, "BTCPAYCTL_PASSWORD_FILE")
}
