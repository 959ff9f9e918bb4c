package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A site is a text in the SDK's source that a server reads or writes.
type site struct {
	pkg, kind, file string
	offset          int
	text            string
}

func (s site) String() string {
	return fmt.Sprintf("%s %s %q in %s", s.pkg, s.kind, s.text, filepath.Base(s.file))
}

// mutate returns the source with one letter of the text changed.
func (s site) mutate(source []byte, r *rand.Rand) ([]byte, string) {
	text := []byte(s.text)
	for {
		if i := r.IntN(len(text)); 'a' <= text[i] && text[i] <= 'z' {
			text[i] = 'a' + (text[i]-'a'+byte(1+r.IntN(25)))%26
		} else if 'A' <= text[i] && text[i] <= 'Z' {
			text[i] += 'a' - 'A'
		} else {
			continue
		}
		return slices.Concat(source[:s.offset], text, source[s.offset+len(text):]), string(text)
	}
}

var repository = filepath.Join("..", "..", "..", "..")

// sites finds the JSON names, paths, query names and enum values of a package.
func sites(t *testing.T, pkg string) []site {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(repository, pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	set := token.NewFileSet()
	sent := map[string]bool{"Permission": true} // types of fields with JSON names
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Tag != nil {
				ast.Inspect(field.Type, func(n ast.Node) bool {
					if name, ok := n.(*ast.Ident); ok {
						sent[name.Name] = true
					}
					return true
				})
			}
			return true
		})
	}
	f := finder{set: set, pkg: pkg, sent: sent}
	for _, file := range files {
		ast.Inspect(file, f.visit)
	}
	return f.found
}

type finder struct {
	set   *token.FileSet
	pkg   string
	sent  map[string]bool
	found []site
}

func (f *finder) add(kind string, of ast.Expr, text string) {
	literal, ok := of.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING || !strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") {
		return
	}
	at := f.set.Position(literal.Pos())
	f.found = append(f.found, site{f.pkg, kind, at.Filename, at.Offset + strings.Index(literal.Value, text), text})
}

func (f *finder) literal(kind string, all ...ast.Expr) {
	for _, of := range all {
		if literal, ok := of.(*ast.BasicLit); ok {
			f.add(kind, literal, strings.Trim(literal.Value, "\"`"))
		}
	}
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Field:
		if n.Tag != nil {
			_, rest, _ := strings.Cut(n.Tag.Value, `json:"`)
			name, _, _ := strings.Cut(rest, `"`)
			name, _, _ = strings.Cut(name, ",")
			f.add("JSON name", n.Tag, name)
		}
	case *ast.CallExpr:
		switch called := n.Fun.(type) {
		case *ast.Ident:
			switch called.Name {
			case "get", "remove", "post", "put":
				f.literal("path", n.Args[1:]...)
			case "invoices":
				f.literal("path", n.Args...)
			}
		case *ast.SelectorExpr:
			if of, ok := called.X.(*ast.Ident); ok && of.Name == "query" && (called.Sel.Name == "Set" || called.Sel.Name == "Add") {
				f.literal("query", n.Args[0])
			}
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Path" {
			if list, ok := n.Value.(*ast.CompositeLit); ok {
				f.literal("path", list.Elts...)
			}
		}
	case *ast.CompositeLit:
		if of, ok := n.Type.(*ast.SelectorExpr); ok && of.Sel.Name == "Values" {
			for _, element := range n.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					f.literal("query", pair.Key)
				}
			}
		}
	case *ast.FuncDecl:
		if n.Name.Name == "query" {
			ast.Inspect(n, func(n ast.Node) bool {
				if pair, ok := n.(*ast.KeyValueExpr); ok {
					f.literal("query", pair.Key)
				}
				return true
			})
		}
	case *ast.ValueSpec:
		of, typed := n.Type.(*ast.Ident)
		if len(n.Values) == 1 && (typed && f.sent[of.Name] || strings.HasPrefix(n.Names[0].Name, "Meta")) {
			f.literal("enum value", n.Values...)
		}
	}
	return true
}

// truthTests are the tests that compare the SDK with recordings and with surface facts.
const truthTests = "Surface|Recorded"

// TestMutantsTorture changes one letter at a time in what the SDK sends and reads. The
// tests of the package have to fail each time.
func TestMutantsTorture(t *testing.T) {
	all := append(sites(t, "greenfield"), sites(t, "bitpay")...)
	kinds := map[string]int{}
	for _, s := range all {
		kinds[s.pkg+" "+s.kind]++
	}
	t.Log(kinds)
	for _, kind := range []string{
		"greenfield JSON name", "greenfield path", "greenfield query", "greenfield enum value", "bitpay JSON name", "bitpay path", "bitpay query", "bitpay enum value",
	} {
		if kinds[kind] < 2 {
			t.Errorf("there are %d sites of the kind %s", kinds[kind], kind)
		}
	}
	if os.Getenv("BTCPAYCTL_TORTURE") != "1" {
		t.Skip("a long test: make torture")
	}
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	const wanted = 100
	dir := scratch(t)
	for _, pkg := range []string{"./greenfield", "./bitpay"} {
		cmd := exec.CommandContext(t.Context(), "go", "test", "-buildvcs=false", "-vet=off", "-run", truthTests, pkg)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "BTCPAYCTL_TORTURE=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("the tests fail without a mutant: %v\n%s", err, out)
		}
	}
	tried, found := 0, 0
	for _, i := range r.Perm(len(all)) {
		if tried == wanted {
			break
		}
		built, failed, change := all[i].try(t, dir, r)
		if !built {
			continue // the compiler found it
		}
		tried++
		if failed {
			found++
		} else {
			t.Errorf("no test sees %s changed to %q", all[i], change)
		}
	}
	t.Attr("figure", fmt.Sprintf("mutants found, of %d | %d | = %[1]d", tried, found))
	if tried < wanted {
		t.Errorf("there were only %d mutants", tried)
	}
}

// scratch copies what the tests of the SDK need, so that the working tree stays as it is.
func scratch(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"bitpay", "client", "greenfield", "keystore", "sandbox"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(repository, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// try runs the tests of a package on a changed source, and puts the source back.
func (s site) try(t *testing.T, dir string, r *rand.Rand) (built, failed bool, change string) {
	t.Helper()
	path := filepath.Join(dir, s.pkg, filepath.Base(s.file))
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mutant, change := s.mutate(source, r)
	if err := os.WriteFile(path, mutant, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-buildvcs=false", "-vet=off", "-count=1", "-failfast", "-run", truthTests, "./"+s.pkg)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "BTCPAYCTL_TORTURE=")
	out, failure := cmd.CombinedOutput()
	if err := os.WriteFile(path, source, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s changed to %q: %v", s, change, failure)
	return !bytes.Contains(out, []byte("build failed")), failure != nil, change
}
