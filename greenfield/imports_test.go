package greenfield_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestLinksLittle looks at what a program gets with this package: the standard
// library and the packages client and once, whose own tests say that they have no more. The files
// are read here, since the go command would ask version control and the caller's
// settings.
func TestLinksLittle(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "authorize/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal("no source files", err)
		}
		files = append(files, found...)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			path, err := strconv.Unquote(imported.Path.Value)
			first, _, _ := strings.Cut(path, "/")
			ours := slices.Contains([]string{"client", "client/once", "greenfield"}, strings.TrimPrefix(path, "github.com/btcpayctl/btcpayctl/"))
			if err != nil || strings.Contains(first, ".") && !ours {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
