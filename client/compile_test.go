package client_test

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/btcpayctl/btcpayctl/"

// A checker type-checks small programs against the SDK's source. It reads no other
// package: what those declare has no type here, which go/types lets pass without an error.
type checker struct {
	files    *token.FileSet
	packages map[string]*types.Package
}

func newChecker() *checker {
	return &checker{token.NewFileSet(), map[string]*types.Package{}}
}

// Import implements [types.Importer].
func (c *checker) Import(path string) (*types.Package, error) {
	if known, ok := c.packages[path]; ok {
		return known, nil
	}
	folder, ours := strings.CutPrefix(path, module)
	if !ours {
		foreign := types.NewPackage(path, filepath.Base(path))
		foreign.MarkComplete()
		c.packages[path] = foreign
		return foreign, nil
	}
	files, err := c.parse(filepath.Join("..", filepath.FromSlash(folder)))
	if err != nil {
		return nil, err
	}
	config := types.Config{Importer: c, IgnoreFuncBodies: true, Error: func(error) {}}
	made, _ := config.Check(path, c.files, files, nil)
	c.packages[path] = made
	return made, nil
}

func (c *checker) parse(folder string) ([]*ast.File, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if fits, err := build.Default.MatchFile(folder, name); err != nil || !fits {
			continue
		}
		file, err := parser.ParseFile(c.files, filepath.Join(folder, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// check returns the errors of a program: statements that may use the three packages.
func (c *checker) check(t *testing.T, statements string) []string {
	t.Helper()
	var source strings.Builder
	source.WriteString("package main\n")
	for _, name := range []string{"client", "bitpay", "greenfield"} {
		if strings.Contains(statements, name+".") {
			source.WriteString(`import "` + module + name + "\"\n")
		}
	}
	source.WriteString("func main() {\n" + statements + "\n}\n")
	file, err := parser.ParseFile(c.files, "main.go", source.String(), parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
	var found []string
	config := types.Config{Importer: c, Error: func(err error) { found = append(found, err.Error()) }}
	config.Check("main", c.files, []*ast.File{file}, nil)
	return found
}

// Mistakes that would cost money or show a secret do not compile. Each program has a
// twin that differs in the mistake alone and compiles.
func TestWrongProgramsDoNotCompile(t *testing.T) {
	c := newChecker()
	for name, program := range map[string]struct{ right, wrong, says string }{
		"amounts by their text": {
			`a, b := client.NewDecimal(125, -1), client.NewDecimal(1250, -2); _ = a.Equal(b)`,
			`a, b := client.NewDecimal(125, -1), client.NewDecimal(1250, -2); _ = a == b`, "cannot be compared",
		},
		"an amount as a key": {
			`_ = map[string]int{client.NewDecimal(1, 0).String(): 1}`,
			`_ = map[client.Decimal]int{}`, "map key",
		},
		"an invoice by ==": {
			`var a, b greenfield.Invoice; _ = a.Amount.Equal(b.Amount)`,
			`var a, b greenfield.Invoice; _ = a == b`, "cannot be compared",
		},
		"swapped ids": {
			`var c *greenfield.Client; var store greenfield.StoreID; var id greenfield.InvoiceID; c.Invoices.Get(nil, store, id, greenfield.InvoiceGetOptions{})`,
			`var c *greenfield.Client; var store greenfield.StoreID; var id greenfield.InvoiceID; c.Invoices.Get(nil, id, store, greenfield.InvoiceGetOptions{})`, "cannot use id",
		},
		"swapped ids of an answer": {
			`var c *greenfield.Client; var i greenfield.Invoice; c.Invoices.Archive(nil, i.StoreID, i.ID)`,
			`var c *greenfield.Client; var i greenfield.Invoice; c.Invoices.Archive(nil, i.ID, i.StoreID)`, "cannot use i.ID",
		},
		"an invoice for a store": {
			`var c *greenfield.Client; var i greenfield.Invoice; c.Stores.Get(nil, i.StoreID)`,
			`var c *greenfield.Client; var i greenfield.Invoice; c.Stores.Get(nil, i.ID)`, "cannot use i.ID",
		},
		"a store for an invoice": {
			`var c *bitpay.Client; c.Invoices.Get(nil, "invoice")`,
			`var c *bitpay.Client; var store bitpay.StoreID; c.Invoices.Get(nil, store)`, "cannot use store",
		},
		"an invoice for a store's page": {
			`var c *bitpay.Client; c.TokensURL("store")`,
			`var c *bitpay.Client; var i bitpay.Invoice; c.TokensURL(i.ID)`, "cannot use i.ID",
		},
		"a BitId for Greenfield": {
			`_, _ = greenfield.New("", greenfield.APIKey{})`,
			`_, _ = greenfield.New("", bitpay.Generate())`, "does not implement greenfield.Credential",
		},
		"a legacy key for Greenfield": {
			`var c *client.Client; _ = greenfield.From(c, greenfield.Basic{})`,
			`var c *client.Client; _ = greenfield.From(c, bitpay.LegacyKey{})`, "does not implement greenfield.Credential",
		},
		"an API key for the other API": {
			`var c *client.Client; _ = bitpay.From(c, bitpay.LegacyKey{})`,
			`var c *client.Client; _ = bitpay.From(c, greenfield.APIKey{})`, "does not implement bitpay.Credential",
		},
		"an API key for one call of the other API": {
			`_ = bitpay.As(bitpay.Generate())`,
			`_ = bitpay.As(greenfield.APIKey{})`, "does not implement bitpay.Credential",
		},
		"a credential of one's own": {
			`type own struct{ greenfield.APIKey }; var c *client.Client; _ = greenfield.From(c, own{}.APIKey)`,
			`type own struct{}; var c *client.Client; _ = greenfield.From(c, own{})`, "does not implement greenfield.Credential",
		},
		"an amount as a float": {
			`_ = client.NewDecimal(1250, -2)`,
			`_ = client.NewDecimal(12.50, 0)`, "truncated",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if found := c.check(t, program.right); found != nil {
				t.Errorf("the right program does not compile: %s: %q", program.right, found)
			}
			found := c.check(t, program.wrong)
			if len(found) == 0 || !strings.Contains(strings.Join(found, "\n"), program.says) {
				t.Errorf("%s: %q, want an error with %q", program.wrong, found, program.says)
			}
		})
	}
}
