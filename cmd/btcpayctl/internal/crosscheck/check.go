package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// sources are files as they were parsed: most are the same on every platform.
type sources struct {
	set   *token.FileSet
	files map[string]parsed
}

type parsed struct {
	file *ast.File
	err  error
}

func newSources() *sources { return &sources{set: token.NewFileSet(), files: map[string]parsed{}} }

// parse keeps no bodies of functions of others, which nothing here looks at.
func (s *sources) parse(name string, bodies bool) (*ast.File, error) {
	p, done := s.files[name]
	if !done {
		p.file, p.err = parser.ParseFile(s.set, name, nil, parser.SkipObjectResolution)
		if p.file != nil && !bodies {
			for _, declaration := range p.file.Decls {
				if f, ok := declaration.(*ast.FuncDecl); ok && f.Body != nil {
					f.Body.List = nil
				}
			}
		}
		s.files[name] = p
	}
	return p.file, p.err
}

// check type-checks the packages, which are in the order of their imports, and returns
// what is wrong.
func (s *sources) check(p platform, packages []*listed) (problems []string) {
	checked := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, l := range packages {
		if l.ImportPath == "unsafe" {
			continue
		}
		found := func(err error) { problems = append(problems, fmt.Sprintf("%s/%s: %v", p.goos, p.goarch, err)) }
		var files []*ast.File
		for _, name := range l.files() {
			file, err := s.parse(name, l.Module.Main)
			if err != nil {
				found(err)
			}
			if file != nil {
				files = append(files, file)
			}
		}
		config := types.Config{
			Importer:         importer{checked, l.ImportMap},
			Sizes:            types.SizesFor("gc", p.goarch),
			IgnoreFuncBodies: !l.ours(),
			Error:            found,
		}
		if l.Module.GoVersion != "" {
			config.GoVersion = "go" + l.Module.GoVersion
		}
		checked[l.ImportPath], _ = config.Check(l.path(), s.set, files, nil) // errors went to found
	}
	return problems
}

// An importer finds what a package imports among those that are checked.
type importer struct {
	checked map[string]*types.Package
	renamed map[string]string
}

func (i importer) Import(path string) (*types.Package, error) {
	if name, ok := i.renamed[path]; ok {
		path = name
	}
	if found := i.checked[path]; found != nil {
		return found, nil
	}
	return nil, errors.New("go list names no such package")
}
