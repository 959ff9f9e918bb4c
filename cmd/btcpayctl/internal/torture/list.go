package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A testPackage is one that has long tests.
type testPackage struct {
	path  string // as `go test` names it
	short string // without the path of the module
	tests []*longTest

	state  state
	output []byte // of no single test
	build  string // the failed build, where that is why
}

// list reads the names of the long tests from the source, and not from what
// they do: so a test that never came to run has its row, and also one that is not
// built on this system.
func list(ctx context.Context, dir string, patterns []string, wanted func(name string) bool) ([]*testPackage, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list",
		"-json=Dir,ImportPath,Module,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "--"}, patterns...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &stderr)
	}
	var found []*testPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			Dir, ImportPath                           string
			Module                                    struct{ Path string }
			TestGoFiles, XTestGoFiles, IgnoredGoFiles []string
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		p := &testPackage{path: listed.ImportPath, short: strings.TrimPrefix(listed.ImportPath, listed.Module.Path+"/")}
		files := slices.Concat(listed.TestGoFiles, listed.XTestGoFiles)
		for i, file := range slices.Concat(files, listed.IgnoredGoFiles) {
			if !strings.HasSuffix(file, "_test.go") {
				continue
			}
			declared, err := declaredTests(filepath.Join(listed.Dir, file))
			if err != nil {
				return nil, err
			}
			for _, name := range declared {
				// A system may have its own file for the same test.
				if wanted(name) && p.test(name) == nil {
					p.tests = append(p.tests, &longTest{name: name, leftOut: i >= len(files)})
				}
			}
		}
		if len(p.tests) > 0 {
			found = append(found, p)
		}
	}
}

func (p *testPackage) test(name string) *longTest {
	for _, t := range p.tests {
		if t.name == name {
			return t
		}
	}
	return nil
}

// declaredTests are the long tests in a file.
func declaredTests(path string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if file == nil {
		return nil, err
	}
	var names []string // of a file with an error too: building it will tell
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && strings.Contains(f.Name.Name, "Torture") {
			names = append(names, f.Name.Name)
		}
	}
	return names, nil
}
