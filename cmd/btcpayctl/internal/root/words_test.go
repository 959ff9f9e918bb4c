package root

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plainDirectories are the packages whose strings and comments TestWords reads, as paths
// from this directory.
var plainDirectories = []string{
	"../apikey", "../credential", "../demo", "../docgen", "../doctor", "../fault", "../invoice", "../key", "../keystore",
	"../ledger", "../manual", "../operations", "../output", "../profile", "../profiles", "../rate", ".", "../sandbox",
	"../store", "../webhook", "../testrun", "../../../../keystore", "../app", "../authorize", "../pair", "../cli", "../torture", "../bench", "../gotest", "../terminal", "../signals", "../canary", "../programtest", "../apicheck", "../crosscheck", "../../../../client", "../../../../bitpay", "../../../../greenfield", "../../../../sandbox",
}

var (
	// unclearMessage are words that errors, hints and progress lines use for something that
	// has a usual word: only, response, request, field, continues, interrupted, requested.
	unclearMessage = regexp.MustCompile(`(?i)\b(alone|(the|an|its|server's|no whole) answers?|(did|does) not answer|members?|meanwhile|came here|came from nowhere|cut (off|short)|nothing says|none came|stands?|whoever|nobody|somebody|a person|told)\b`)
	// unclearComment are words that a comment uses for a role that has a name, or for
	// "reports" and "interrupted".
	unclearComment = regexp.MustCompile(`(?i)\b(whoever|nobody|somebody|anybody|in place of|stands|tells|told|tell whether|cut (off|short)|(one|each) exchange|goes on|had best|is asked for|a yes)\b`)
)

// TestWords reads the source of the packages: strings with several words, which are errors,
// hints and other messages, and comments.
func TestWords(t *testing.T) {
	strs, comments, booleans := 0, 0, 0
	for name, file := range sources(t) {
		for _, group := range file.Comments {
			comments++
			if found := unclearComment.FindString(commentText(group)); found != "" {
				t.Errorf("%s: a comment says %q: %s", name, found, group.Text())
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				return n.Tag == nil
			case *ast.FuncDecl:
				if n.Doc == nil || !returnsBool(n) {
					break
				}
				if booleans++; !strings.Contains(strings.Join(strings.Fields(n.Doc.Text()), " "), "eports whether") {
					t.Errorf("%s: %s returns a boolean, and its comment does not say what it reports: %s", name, n.Name.Name, n.Doc.Text())
				}
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind != token.STRING || err != nil || !strings.Contains(strings.TrimSpace(text), " ") {
					break
				}
				strs++
				if found := cmp.Or(unclearMessage.FindString(text), unclear.FindString(text)); found != "" {
					t.Errorf("%s: %q in %q", name, found, text)
				}
			}
			return true
		})
	}
	if strs < 1000 || comments < 1500 || booleans < 50 {
		t.Errorf("only %d strings, %d comments and %d functions were looked at", strs, comments, booleans)
	}
}

// TestUnclearWords shows that the rules of TestWords find something.
func TestUnclearWords(t *testing.T) {
	for _, text := range []string{"nobody answered", "the answer was lost", "no whole answer", "it is for one store alone", "a member stands twice", "a person was asked", "the keyring does not answer"} {
		if !unclearMessage.MatchString(text) && !unclear.MatchString(text) {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{"over tells whether the time is over", "whoever holds the lock", "a line that was cut off", "it goes on"} {
		if !unclearComment.MatchString(text) {
			t.Errorf("%q passes as a comment", text)
		}
	}
}

// sources are the parsed files of the packages, by name, without tests.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	for _, dir := range plainDirectories {
		err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			files[name], err = parser.ParseFile(set, name, nil, parser.ParseComments)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// commentText is a comment without what it quotes and links to.
func commentText(group *ast.CommentGroup) string {
	return quoted.ReplaceAllString(strings.Join(strings.Fields(group.Text()), " "), "")
}

var quoted = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|\\[[^\\]]*\\]")

// returnsBool reports whether a function returns one boolean and nothing else.
func returnsBool(f *ast.FuncDecl) bool {
	results := f.Type.Results
	if results == nil || len(results.List) != 1 || len(results.List[0].Names) > 1 {
		return false
	}
	id, ok := results.List[0].Type.(*ast.Ident)
	return ok && id.Name == "bool" && !slices.Contains([]string{"Is", "Less"}, f.Name.Name)
}
