package gotest

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

// A Package is one that declares tests.
type Package struct {
	Path  string // as `go test` names it
	Short string // without the path of the module
	Tests []Test
}

// A Test is a test function.
type Test struct {
	Name string
	// LeftOut reports whether the test is not built on this system.
	LeftOut bool
}

// List reads the tests of the packages from their source, not from a run: so a
// test that never came to run is known, and one that this system leaves out.
func List(ctx context.Context, dir string, patterns []string) ([]Package, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-buildvcs=false",
		"-json=Dir,ImportPath,Module,TestGoFiles,XTestGoFiles,IgnoredGoFiles", "--"}, patterns...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, &stderr)
	}
	var found []Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			Dir        string `json:"Dir"`
			ImportPath string `json:"ImportPath"`
			Module     struct {
				Path string `json:"Path"`
			} `json:"Module"`
			TestGoFiles    []string `json:"TestGoFiles"`
			XTestGoFiles   []string `json:"XTestGoFiles"`
			IgnoredGoFiles []string `json:"IgnoredGoFiles"`
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		p := Package{Path: listed.ImportPath, Short: strings.TrimPrefix(listed.ImportPath, listed.Module.Path+"/")}
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
				if !slices.ContainsFunc(p.Tests, func(t Test) bool { return t.Name == name }) {
					p.Tests = append(p.Tests, Test{Name: name, LeftOut: i >= len(files)})
				}
			}
		}
		if len(p.Tests) > 0 {
			found = append(found, p)
		}
	}
}

// Long reports whether the test is a long one, which `make torture` runs.
func (t Test) Long() bool { return strings.Contains(t.Name, "Torture") }

func declaredTests(path string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if file == nil {
		return nil, err
	}
	var names []string // of a file with a syntax error too: the build reports it
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
			names = append(names, f.Name.Name)
		}
	}
	return names, nil
}
