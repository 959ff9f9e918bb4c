package root

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// once runs do at the first request with a method whose path ends so, before it is
// answered. Requests of the key other are not meant.
func (s *effectStage) once(method, suffix, other string, do func()) {
	done := false
	s.meddling(func(_ http.ResponseWriter, r *http.Request) bool {
		if !done && r.Method == method && strings.HasSuffix(r.URL.Path, suffix) && r.Header.Get("Authorization") != "token "+other {
			done = true
			do()
		}
		return false
	})
	s.t.Cleanup(func() { s.meddling(nil) })
}

// TestOutputFileThatCameMeanwhile: the key is made, its file is there by then, and the
// key is revoked. The file stays what it is.
func TestOutputFileThatCameMeanwhile(t *testing.T) {
	s := newEffectWorld(t).stage(t)
	s.admin()
	file := s.path("made.key")
	s.mintedKeys()
	s.once(http.MethodPost, "/api-keys", "", func() {
		if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
			t.Error(err)
		}
	})
	g := s.run(append([]string{"apikey", "create"}, apiKeyArgs("--output-file", file)(s)...)...)
	text, err := os.ReadFile(file)
	if s.newestKey(); g.code != 1 || !strings.Contains(g.stderr, "It was revoked") || s.key == "" || s.works(t, s.key) || !allWork(s, 1) || err != nil || string(text) != "mine" {
		t.Errorf("exit %d, the keys are %v, the file has %q\n%s", g.code, s.keyStates(), text, g.stderr)
	}
}

// TestProfileThatChangedMeanwhile: the key is stored and cannot be put to use. That is
// said with its id, and it is no mistake of the command line.
func TestProfileThatChangedMeanwhile(t *testing.T) {
	s := newEffectWorld(t).stage(t)
	s.admin()
	s.mintedKeys()
	s.once(http.MethodGet, "/api-keys/current", s.Seed.APIKey, func() { s.ok("profile", "set", "shop", "--server", "https://other.example.com") })
	g := s.run(append([]string{"apikey", "create"}, apiKeyArgs("--save-as", "shop")(s)...)...)
	id := idOfKey(t, s.newestKey())
	if g.code != 1 || !strings.Contains(g.stderr, id) || strings.Contains(g.stderr, "Nothing was sent") || s.keyStates()[id] != "pending" {
		t.Errorf("exit %d, %s is not named, or the keys are %v\n%s", g.code, id, s.keyStates(), g.stderr)
	}
}

// TestChildThatCannotStart: the key that was made for it is revoked, and the exit code
// does not say that nothing was sent.
func TestChildThatCannotStart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file is no program by its rights there")
	}
	s := newEffectWorld(t).stage(t)
	s.admin()
	s.mintedKeys()
	program := s.path("program")
	if err := os.WriteFile(program, []byte("\x00no program"), 0o700); err != nil {
		t.Fatal(err)
	}
	g := s.run(append(append([]string{"apikey", "exec"}, apiKeyArgs()(s)...), "--", program)...)
	if s.newestKey(); g.code != 1 || s.key == "" || s.works(t, s.key) || !allWork(s, 1) {
		t.Errorf("exit %d, the keys are %v\n%s", g.code, s.keyStates(), g.stderr)
	}
}

// TestAfterEffects is the rule alone.
func TestAfterEffects(t *testing.T) {
	a := &app.App{}
	if e := afterEffects(a, output.Error{Code: output.Usage, Why: "Nothing was sent."}); e.Code != output.Usage || e.Why != "Nothing was sent." {
		t.Errorf("without an effect: %+v", e)
	}
	a.Did(app.Effect{ID: "K", What: "key K was made"})
	a.Did(app.Effect{ID: "K", What: "key K was made"})
	for _, f := range output.Failures {
		e := afterEffects(a, output.Error{Code: f.Code, What: "it failed", Why: "Because. Nothing was sent."})
		if e.Code.Exit() == 2 || f.Exit != 2 && e.Code != f.Code || e.Why != "Done before the failure: key K was made. Because." {
			t.Errorf("%s: %+v", f.Code, e)
		}
	}
	if e := afterEffects(a, output.Error{Code: output.Failed, What: "key K is there"}); e.Why != "" {
		t.Errorf("what is named is named twice: %+v", e)
	}
	a.Undid("K")
	if e := afterEffects(a, output.Error{Code: output.BadInput, Why: "No key was made and nothing was sent."}); e.Code != output.Failed || e.Why != "" {
		t.Errorf("after one that was taken back: %+v", e)
	}
	for i := range 2 * mostEffects {
		a.Did(app.Effect{ID: "<" + strconv.Itoa(i) + ">", What: "<" + strconv.Itoa(i) + ">"})
	}
	if e := afterEffects(a, output.Error{Code: output.Failed}); e.Why != "Done before the failure: 5 more; <5>; <6>; <7>; <8>; <9>." {
		t.Errorf("of many: %q", e.Why)
	}
}

// TestEveryPromiseIsKnown: a text that says that nothing happened is taken out of a
// failure after an effect, so each has to be one that afterEffects knows.
func TestEveryPromiseIsKnown(t *testing.T) {
	saysSo := regexp.MustCompile(`(?i)\bnothing was (sent|changed|done|moved)|\bno key was made`)
	others := []string{
		"Nothing was sent for the lines behind it.", // beside what was
		"nothing was sent",                          // the table of exit codes, and answers to a question
		"nothing was done",
	}
	found := 0
	for _, dir := range packages(t) {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "effects.go" {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil || !saysSo.MatchString(text) {
					return true
				}
				found++
				rest := promise().ReplaceAllString(text, "")
				for _, other := range others {
					rest = strings.ReplaceAll(rest, other, "")
				}
				if saysSo.MatchString(rest) {
					t.Errorf("%s: %q is not known", name, text)
				}
				return true
			})
		}
	}
	if found < 20 {
		t.Errorf("only %d texts were found", found)
	}
}
