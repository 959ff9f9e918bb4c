package root

import (
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"

	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// An effectCase is a command that changes something, and how that is seen.
type effectCase struct {
	command string
	field   string // of the record, with a text in it
	set     func(s *effectStage)
	args    func(s *effectStage) []string
	named   func(s *effectStage) []string // what a failure has to name
	// done fails the test where the effect is not there or, for a line that was refused,
	// where it is.
	done func(s *effectStage) bool
	// takenBack is set where a failure leaves nothing: done is then false.
	takenBack bool
	// again is set where nothing is lost when it is done once more, so that a refused
	// output need not come first.
	again bool
	// inOrder is set where it prints as it goes, and may fail before it comes to the
	// effect.
	inOrder bool
}

// fixed are texts that are the same for every stage.
func fixed(texts ...string) func(*effectStage) []string {
	return func(*effectStage) []string { return texts }
}

// withoutEffect are the commands that change nothing, print nothing of their own, or
// have their place in another case, and why.
var withoutEffect = map[string]string{
	"apikey current": "reads", "apikey list": "reads", "apikey permissions": "reads",
	"apikey exec": "what it prints is its child's", "apikey watch": "prints nothing",
	"completion bash": "reads", "completion fish": "reads", "completion powershell": "reads", "completion zsh": "reads",
	"credential get": "reads", "credential list": "reads", "credential store": "prints nothing", "credential erase": "prints nothing",
	"demo": "all it makes goes with it", "sandbox": "all it makes goes with it",
	"help":        "reads",
	"invoice get": "reads", "invoice list": "reads", "invoice open": "opens a page", "invoice wait": "reads",
	"key list": "reads", "key show": "reads", "key sign": "reads", "key verify": "reads",
	"keystore status": "reads", "keystore lock": "only a keyring is locked, and a test has none",
	"man":         "its pages are written again by the same line",
	"pair status": "reads", "profile list": "reads", "profile show": "reads", "rate get": "reads", "store list": "reads", "store show": "reads",
	"sandbox approve": "as sandbox paste, in play", "sandbox consent": "as sandbox paste, in play", "sandbox pay": "as sandbox paste, in play",
	"sandbox clock": "as sandbox paste, in play", "sandbox code": "as sandbox paste, in play", "sandbox mine": "as sandbox paste, in play",
	"sandbox fault add": "as sandbox paste, in play", "sandbox fault list": "reads", "sandbox fault remove": "a fault of a test double",
	"sandbox replay":  "a sandbox that goes with it, or a server that is there for it",
	"sandbox replace": "as sandbox paste, in play",
	"sandbox reset":   "as sandbox paste, in play", "sandbox snapshot list": "reads", "sandbox snapshot save": "as sandbox paste, in play",
	"sandbox snapshot restore": "as sandbox paste, in play", "sandbox snapshot remove": "as sandbox paste, in play",
	"version": "reads", "whoami": "reads",
	"webhook list": "reads", "webhook show": "reads", "webhook deliveries": "reads", "webhook verify": "reads",
	"sandbox requests": "it reads the log of a sandbox",
	"webhook listen":   "all it makes goes with it", "webhook forward": "all it makes goes with it",
}

// TestEveryCommandIsJudged: a new command says here what it changes.
func TestEveryCommandIsJudged(t *testing.T) {
	tree, _, _ := apptest.New(t, nil)
	judged := maps.Clone(withoutEffect)
	for _, c := range effectCases {
		judged[c.command] = "has a case"
	}
	for cmd := range cli.Commands(NewRoot(tree)) {
		path := strings.TrimPrefix(cmd.CommandPath(), "btcpayctl ")
		if !cmd.Runnable() || !cmd.HasParent() {
			continue
		}
		if judged[path] == "" && !cmd.HasSubCommands() {
			t.Errorf("%s: is it without effect, or which case of effectCases is its?", path)
		}
		delete(judged, path)
	}
	for path := range judged {
		if tree, _, err := NewRoot(tree).Find(strings.Fields(path)); err != nil || tree.Name() != path[strings.LastIndex(path, " ")+1:] {
			t.Errorf("%s: there is no such command", path)
		}
	}
}

// An effectFailure is a way in which the print of a result fails.
type effectFailure struct {
	name   string
	output func(c effectCase) []string
	full   bool
	unread bool // whoever reads has gone
	// refused is set where it is found before anything is done.
	refused bool
}

var effectFailures = []effectFailure{
	{name: "jq", output: func(effectCase) []string { return []string{"-o", "json", "--jq", `error("it fails on real data")`} }},
	{name: "jq of a line", output: func(effectCase) []string { return []string{"-o", "jsonl", "--jq", `error("it fails on real data")`} }},
	{name: "template", output: func(c effectCase) []string {
		return []string{"-o", fmt.Sprintf("template={{if .%s}}{{.%[1]s.nosuch}}{{end}}", c.field)}
	}},
	{name: "full disk", output: func(effectCase) []string { return []string{"-o", "json"} }, full: true},
	{name: "full disk, table", output: func(effectCase) []string { return []string{"-o", "table"} }, full: true},
	{name: "nobody reads", output: func(effectCase) []string { return []string{"-o", "name"} }, unread: true},
	{name: "template of no member", output: func(effectCase) []string { return []string{"-o", "template={{.nosuch}}"} }, refused: true},
	{name: "jq that is none", output: func(effectCase) []string { return []string{"--jq", ".["} }, refused: true},
}

// TestFailuresAfterAnEffect runs every command that changes something so that its
// result cannot be printed. What was done is named, no code says that nothing was sent,
// and what is said is so.
func TestFailuresAfterAnEffect(t *testing.T) {
	for n, c := range effectCases {
		for i, f := range effectFailures {
			if testing.Short() && i != n%len(effectFailures) {
				continue
			}
			t.Run(c.command+"/"+f.name, func(t *testing.T) { failAfterEffect(t, c, f) })
		}
	}
}

// failureText is the report of a failure, without what was said before.
func failureText(stderr string) string {
	_, failure, found := strings.Cut("\n"+stderr, "\nerror: ")
	if found {
		return failure
	}
	var report struct {
		Error struct{ Message, Hint string }
	}
	_, object, _ := strings.Cut("\n"+stderr, "\n{\"error\":")
	if err := json.Unmarshal([]byte("{\"error\":"+object), &report); err != nil {
		return ""
	}
	return report.Error.Message + "\n" + report.Error.Hint
}

func failAfterEffect(t *testing.T, c effectCase, f effectFailure) {
	t.Parallel()
	if f.refused && c.again {
		t.Skip("it is done once more")
	}
	s := newEffectWorld(t).stage(t)
	if c.set != nil {
		c.set(s)
	}
	g := &given{home: s.home, stdin: s.stdin, say: s.say, env: patientEnv()}
	if f.unread {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		defer writer.Close()
		g.out = writer
	}
	if f.full {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skipf("there is no /dev/full to print to: %v", err)
		}
		defer full.Close()
		g.out = full
	}
	s.took()
	g.run(t, slices.Concat(strings.Fields(c.command), c.args(s), f.output(c))...)
	if g.stdout != "" {
		t.Errorf("a failed call printed %q", g.stdout)
	}
	if f.refused {
		if g.code != 2 || c.done(s) {
			t.Errorf("exit %d, done %v\n%s", g.code, c.done(s), g.stderr)
		}
		return
	}
	if c.inOrder && !c.done(s) {
		if g.code != 1 && (g.code != brokenPipe || !f.unread) || strings.Contains(g.stderr, "Done before the failure") {
			t.Errorf("nothing is done, exit %d, and it says:\n%s", g.code, g.stderr)
		}
		return
	}
	if g.code != 1 {
		t.Errorf("exit %d\n%s", g.code, g.stderr)
	}
	if strings.Contains(strings.ToLower(g.stderr), "nothing was sent") {
		t.Errorf("it says that nothing was sent:\n%s", g.stderr)
	}
	if strings.Contains(g.stderr, "see the ") {
		t.Errorf("it says to do it once more:\n%s", g.stderr)
	}
	failure := failureText(g.stderr)
	for _, name := range c.named(s) {
		if name == "" || !strings.Contains(failure, name) {
			t.Errorf("%q is not named:\n%s", name, g.stderr)
		}
	}
	if c.done(s) == c.takenBack {
		t.Errorf("done: %v, and it says:\n%s", !c.takenBack, g.stderr)
	}
}
