package bitpay_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// unrecorded are names of this package that no recording has, with the reason.
var unrecorded = map[string]string{
	"invoiceId":  "the checkout page's data, which is not part of the API",
	"storeName":  "the checkout page's data, which is not part of the API",
	"i":          "the address of the checkout page, which is not part of the API",
	"account":    "a page behind the log-in, which is not part of the API",
	"apikeys":    "a page behind the log-in, which is not part of the API",
	"medium":     "a speed that no recorded request has; the server's source names it",
	"low-medium": "a speed that no recorded request has; the server's source names it",
	"low":        "a speed that no recorded request has; the server's source names it",
}

// keyFiles reads the files of other programs, which are no part of the API either.
const keyFiles = "encode_json.go"

// pathAt is the first argument of a builder of requests that is a part of a path.
var pathAt = map[string]int{"get": 1, "post": 2}

// TestSurface: there is no OpenAPI document of this API, so the recordings are its facts.
// Every JSON name, query name and enum value of the package stands in one, exactly as it
// is written.
func TestSurface(t *testing.T) {
	names, values, parts := recordedTexts(t)
	used := map[string]bool{}
	check := func(where, kind, text string, known map[string]bool) {
		switch {
		case known[text]:
		case unrecorded[text] != "":
			used[text] = true
		default:
			t.Errorf("%s: no recording has the %s %q", where, kind, text)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	count, paths := 0, 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || path == keyFiles {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				if n.Tag != nil {
					_, rest, _ := strings.Cut(n.Tag.Value, `json:"`)
					name, _, _ := strings.Cut(rest, `"`)
					if name, _, _ = strings.Cut(name, ","); name != "" && name != "-" {
						check(path, "JSON name", name, names)
						count++
					}
				}
			case *ast.CallExpr:
				if builder, ok := n.Fun.(*ast.Ident); ok && pathAt[builder.Name] > 0 {
					for _, part := range n.Args[pathAt[builder.Name]:] {
						checkLiteral(part, func(text string) { check(path, "part of a path", text, parts) })
						paths++
					}
				}
				if called, ok := n.Fun.(*ast.SelectorExpr); ok && (called.Sel.Name == "Set" || called.Sel.Name == "Add") && len(n.Args) == 2 {
					if of, ok := called.X.(*ast.Ident); ok && of.Name == "query" {
						checkLiteral(n.Args[0], func(text string) { check(path, "query name", text, names) })
					}
				}
			case *ast.CompositeLit:
				if of, ok := n.Type.(*ast.SelectorExpr); ok && of.Sel.Name == "Values" {
					for _, element := range n.Elts {
						if pair, ok := element.(*ast.KeyValueExpr); ok {
							checkLiteral(pair.Key, func(text string) { check(path, "query name", text, names) })
						}
					}
				}
			case *ast.KeyValueExpr:
				key, named := n.Key.(*ast.Ident)
				if list, ok := n.Value.(*ast.CompositeLit); ok && named && key.Name == "Path" {
					for _, element := range list.Elts {
						checkLiteral(element, func(text string) { check(path, "part of a path", text, parts) })
					}
				}
			case *ast.FuncDecl:
				if n.Name.Name == "query" {
					ast.Inspect(n, func(n ast.Node) bool {
						if pair, ok := n.(*ast.KeyValueExpr); ok {
							checkLiteral(pair.Key, func(text string) { check(path, "query name", text, names) })
						}
						return true
					})
				}
			case *ast.ValueSpec:
				of, typed := n.Type.(*ast.Ident)
				// A Format is one of key files, and never sent.
				if typed && len(n.Values) == 1 && n.Names[0].IsExported() && of.Name != "Format" {
					checkLiteral(n.Values[0], func(text string) {
						if text != "" {
							check(path, of.Name, text, values)
						}
					})
				}
			}
			return true
		})
	}
	if count < 100 || paths < 10 {
		t.Errorf("%d JSON names and %d parts of paths were compared", count, paths)
	}
	for name := range unrecorded {
		if !used[name] {
			t.Errorf("unrecorded has %q, which is recorded, or which the package does not have", name)
		}
	}
}

func checkLiteral(of ast.Expr, check func(text string)) {
	if literal, ok := of.(*ast.BasicLit); ok && literal.Kind == token.STRING {
		check(strings.Trim(literal.Value, "\"`"))
	}
}

// recordedTexts are the names of fields and query parameters in all recordings of this
// API, the text values of fields, and the parts of paths.
func recordedTexts(t *testing.T) (names, values, parts map[string]bool) {
	t.Helper()
	names, values, parts = map[string]bool{}, map[string]bool{}, map[string]bool{}
	var collect func(value any)
	collect = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				names[name] = true
				collect(inner)
			}
		case []any:
			for _, inner := range value {
				collect(inner)
			}
		case string:
			values[value] = true
		}
	}
	read := func(text []byte) {
		var value any
		if json.Unmarshal(text, &value) == nil { // some recorded requests are malformed
			collect(value)
		}
	}
	for _, r := range recordings(t) {
		for _, e := range exchanges(t, r) {
			read(e.Request.JSON)
			read(e.Response.JSON)
			path, rawQuery, _ := strings.Cut(e.Request.Path, "?")
			for part := range strings.SplitSeq(path, "/") {
				parts[part] = true
			}
			query, _ := url.ParseQuery(rawQuery)
			for name, all := range query {
				names[name] = true
				for _, value := range all {
					values[value] = true
				}
			}
		}
		deliveries, err := r.Deliveries()
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range deliveries {
			read(body)
		}
	}
	return names, values, parts
}
