package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A listed is a package as `go list -deps -test` describes it. One with tests is there
// up to four times: as it is, with the tests inside of it, as the tests outside of it,
// and as the program that runs them.
type listed struct {
	ImportPath string            `json:"ImportPath"`
	Dir        string            `json:"Dir"`
	Name       string            `json:"Name"`
	ForTest    string            `json:"ForTest"`
	DepOnly    bool              `json:"DepOnly"`
	Standard   bool              `json:"Standard"`
	GoFiles    []string          `json:"GoFiles"`
	ImportMap  map[string]string `json:"ImportMap"`
	Module     struct {
		Main      bool   `json:"Main"`
		GoVersion string `json:"GoVersion"`
	} `json:"Module"`
}

// path is the import path without the test that the package is compiled for.
func (l *listed) path() string {
	path, _, _ := strings.Cut(l.ImportPath, " ")
	return path
}

// ours reports whether the bodies of its functions are ours to check. What another
// package's tests import is compiled for them again, with the same bodies.
func (l *listed) ours() bool {
	return l.Module.Main && (l.ForTest == "" || l.ForTest == strings.TrimSuffix(l.path(), "_test") || l.ForTest == l.path())
}

func (l *listed) files() []string {
	files := make([]string, len(l.GoFiles))
	for i, name := range l.GoFiles {
		if files[i] = name; !filepath.IsAbs(name) {
			files[i] = filepath.Join(l.Dir, name)
		}
	}
	return files
}

// list lists what there is to check, and all that it imports, each after its imports.
func (p platform) list(ctx context.Context) ([]*listed, error) {
	cmd := p.command(ctx, "list", "-buildvcs=false", "-deps", "-test",
		"-json=ImportPath,Dir,Name,ForTest,DepOnly,Standard,GoFiles,ImportMap,Module", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list for %s/%s: %w\n%s", p.goos, p.goarch, err, &stderr)
	}
	var packages []*listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list for %s/%s: %w", p.goos, p.goarch, err)
		}
		packages = append(packages, &l)
	}
}

// count is the number of packages that are ours.
func count(packages []*listed) (n int) {
	for _, l := range packages {
		if l.Module.Main && l.ForTest == "" && !strings.HasSuffix(l.ImportPath, ".test") {
			n++
		}
	}
	return n
}

// vettedFiles are the files that go vet looked at for some platform.
type vettedFiles map[string]bool

// take returns the packages that have files which no earlier platform had. It takes
// them to be vetted from now on.
func (v vettedFiles) take(packages []*listed) []string {
	unvetted := map[string]bool{}
	for _, l := range packages {
		if !l.ours() || strings.HasSuffix(l.ImportPath, ".test") {
			continue
		}
		for _, file := range l.files() {
			if !v[file] {
				unvetted[strings.TrimSuffix(l.path(), "_test")] = true
			}
			v[file] = true
		}
	}
	return slices.Sorted(maps.Keys(unvetted))
}
