package greenfield_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A comparer compares what methods send and read with the facts of all releases.
type comparer struct {
	t     *testing.T
	facts []surface
	// called are the operations of each release that methods call.
	called map[string]bool
	// sent and read go from an operation or a type to the names of its fields: those of
	// the SDK, and those of the facts.
	sent, read map[string]*names
	enums      map[string]map[string]bool // values of the facts, by the name of the Go type
	found      map[string]bool            // all differences
}

type names struct{ ours, theirs map[string]bool }

func at(all map[string]*names, name string) *names {
	if all[name] == nil {
		all[name] = &names{map[string]bool{}, map[string]bool{}}
	}
	return all[name]
}

// TestSurface compares the requests and responses of all methods with the facts, both
// ways. Each difference has to be in a list, with its reason.
func TestSurface(t *testing.T) {
	c := &comparer{t, surfaces(t), map[string]bool{}, map[string]*names{}, map[string]*names{}, map[string]map[string]bool{}, map[string]bool{}}
	methods := driveAll(t)
	if len(methods) < 20 {
		t.Errorf("%d methods were called", len(methods))
	}
	for _, m := range methods {
		c.method(m)
	}
	for _, all := range []map[string]*names{c.sent, c.read} {
		for name, n := range all {
			for field := range n.ours {
				if !n.theirs[field] {
					c.found[name+"."+field+": not in the facts"] = true
				}
			}
			for field := range n.theirs {
				if !n.ours[field] {
					c.found[name+"."+field+": only in the facts"] = true
				}
			}
		}
	}
	c.constants()
	shown := recordedNames(t)
	for _, difference := range slices.Sorted(maps.Keys(c.found)) {
		if _, listed := differing[difference]; !listed {
			t.Errorf("%s\nCorrect the SDK, or list the difference in surface_differing_test.go with the recording that shows it.", difference)
		}
	}
	for difference, why := range differing {
		if !c.found[difference] {
			t.Errorf("differing has %q, which is no difference", difference)
		}
		place, _, _ := strings.Cut(difference, ":")
		field := place[strings.LastIndexByte(place, '.')+1:]
		if why.recording != "" && !shown[why.recording][field] {
			t.Errorf("%q: no recording %s has the name %s", difference, why.recording, field)
		}
	}
	c.uncalled()
}

func (c *comparer) method(m driven) {
	var own *sentRequest
	for i := range m.sent {
		if m.sent[i].operation == "greenfield."+m.name {
			own = &m.sent[i]
		}
	}
	if own == nil {
		c.t.Errorf("%s sends no request with this name, but %+v", m.name, m.sent)
		return
	}
	in := 0
	for _, s := range c.facts {
		operation := s.find(*own)
		if operation == "" {
			continue
		}
		in++
		c.called[s.Version+" "+operation] = true
		facts := s.Operations[operation]
		query := at(c.sent, m.name+" query")
		for name := range own.query {
			query.ours[name] = true
		}
		for place := range facts.Parameters {
			if name, ok := strings.CutPrefix(place, "query "); ok {
				query.theirs[name] = true
			}
		}
		if own.body == nil && facts.Request != "" || own.body != nil && facts.Request == "" {
			c.found[m.name+": only one of them has a body"] = true
		}
		c.body(s, m.name, facts.Request, own.body)
		for status, is := range facts.Responses {
			if m.answer != nil && is != "" && is != "text/html" {
				c.answer(s, m.name, "", m.answer, is)
			} else if m.answer != nil && status == "200" && is == "" {
				c.found[m.name+": the facts have no response"] = true
			}
		}
	}
	if in != len(c.facts) {
		c.found[fmt.Sprintf("%s %s /%s: in %d of %d releases", m.name, own.method, strings.Join(own.path, "/"), in, len(c.facts))] = true
	}
}

// find returns the operation that a request is for. Release 2.4 moved operations below a
// store to paths without one, and still has the older paths.
func (s surface) find(r sentRequest) string {
	for name := range s.Operations {
		method, path, _ := strings.Cut(name, " ")
		if method == r.method && fits(strings.Split(strings.Trim(path, "/"), "/"), r.path) {
			return name
		}
	}
	if at := slices.Index(r.path, "stores"); at == 2 && len(r.path) > 5 && s.Version >= "2.4" {
		moved := r
		moved.path = slices.Delete(slices.Clone(r.path), 2, 4)
		return s.find(moved)
	}
	return ""
}

func fits(pattern, path []string) bool {
	return slices.EqualFunc(pattern, path, func(part, sent string) bool {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			return slices.Contains(placed[sent], strings.TrimSuffix(name, "}"))
		}
		return part == sent
	})
}

// body compares a request's JSON with a type.
func (c *comparer) body(s surface, name, is string, sent any) {
	if item, list := s.item(is); list {
		if all, ok := sent.([]any); ok && len(all) > 0 {
			c.body(s, name, item, all[0])
		}
	}
	fields := s.fields(is)
	if fields == nil || sent == nil {
		return
	}
	object, _ := sent.(map[string]any)
	if free := strings.HasSuffix(name, ".metadata"); free {
		return // its names are those of constants
	}
	n := at(c.sent, name)
	for field, value := range object {
		n.ours[field] = true
		if want := fields[field]; want != "" {
			if kind := s.kind(want); kind != "any" && kind != kindOf(value) {
				c.found[fmt.Sprintf("%s.%s: sent as %s, the facts have %s", name, field, kindOf(value), kind)] = true
			}
			c.body(s, name+"."+field, want, value)
		}
	}
	for field := range fields {
		n.theirs[field] = true
	}
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "null"
}

// answer compares a Go type with a type of the facts. Where the type has a name, name is
// replaced by it, since many operations share it.
func (c *comparer) answer(s surface, operation, field string, of reflect.Type, is string) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if item, list := s.item(is); list {
		if of.Kind() == reflect.Slice {
			c.answer(s, operation, field, of.Elem(), item)
		} else {
			c.found[operation+field+": the facts have a list"] = true
		}
		return
	}
	if of.Kind() == reflect.Slice && of.Elem().Kind() != reflect.Uint8 {
		c.found[operation+field+": the facts have no list"] = true
		of = of.Elem()
	}
	if values := s.enum(is); values != nil && of.Kind() == reflect.String {
		if c.enums[of.Name()] == nil {
			c.enums[of.Name()] = map[string]bool{}
		}
		for _, value := range values {
			c.enums[of.Name()][value] = true
		}
	}
	fields := s.fields(is)
	tags := tagged(of)
	if fields == nil || len(tags) == 0 {
		return
	}
	n := at(c.read, of.Name())
	for tag := range tags {
		n.ours[tag] = true
	}
	for name, want := range fields {
		n.theirs[name] = true
		if !n.ours[name] && c.reads(of, name, s.sample(want, 0)) {
			n.ours[name] = true // an older name
		}
		if tag, ok := tags[name]; ok {
			if !c.reads(of, name, s.sample(want, 0)) {
				c.found[fmt.Sprintf("%s.%s: the facts have %s, which it does not read", of.Name(), name, s.kind(want))] = true
			}
			c.answer(s, operation, field+"."+name, tag, want)
		}
	}
}

// reads reports whether a type has a place for a field that a server sends. Extra, which
// keeps every other field, is none.
func (c *comparer) reads(of reflect.Type, name string, value any) bool {
	text, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		c.t.Fatal(err)
	}
	into := reflect.New(of)
	if json.Unmarshal(text, into.Interface()) != nil {
		return false
	}
	if extra := into.Elem().FieldByName("Extra"); extra.IsValid() {
		extra.SetZero()
	}
	return !into.Elem().IsZero()
}

// tagged are the JSON names of a struct's fields, with their types.
func tagged(of reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	if of.Kind() != reflect.Struct {
		return all
	}
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			all[name] = field.Type
		}
	}
	return all
}

// constants compares the constants of each string type with the enum that its fields
// have, and the names of metadata with its fields.
func (c *comparer) constants() {
	for name, ours := range constantsOf(c.t, ".") {
		theirs := c.enums[name]
		switch {
		case name == "Metadata":
			theirs = map[string]bool{}
			for _, s := range c.facts {
				for field := range s.fields("InvoiceMetadata") {
					theirs[field] = true
				}
			}
		case name == "Permission":
			theirs = map[string]bool{"unrestricted": true}
			for _, permission := range serverPermissions(c.t, c.facts[len(c.facts)-1].Version) {
				theirs[string(permission.Name)] = true
			}
		case theirs == nil:
			continue
		}
		for value := range ours {
			if !theirs[value] {
				c.found[name+"."+value+": not in the facts"] = true
			}
		}
		for value := range theirs {
			if !ours[value] {
				c.found[name+"."+value+": only in the facts"] = true
			}
		}
		delete(c.enums, name)
	}
	for name := range c.enums {
		if name != "string" {
			c.found[name+": it has no constants"] = true
		}
	}
}

// constantsOf returns the values of a package's constants by their type. Those whose names
// begin with Meta have the type Metadata.
func constantsOf(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !spec.Names[0].IsExported() {
				return true
			}
			of := ""
			if named, ok := spec.Type.(*ast.Ident); ok {
				of = named.Name
			} else if strings.HasPrefix(spec.Names[0].Name, "Meta") {
				of = "Metadata"
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && of != "" && literal.Kind == token.STRING {
				value, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				if all[of] == nil {
					all[of] = map[string]bool{}
				}
				all[of][value] = true
			}
			return true
		})
	}
	return all
}

// uncalled compares the operations of the newest release that no method calls with those
// listed in testdata/surface/uncalled.txt.
func (c *comparer) uncalled() {
	newest := c.facts[len(c.facts)-1]
	path := filepath.Join("testdata", "surface", "uncalled.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			listed[line] = true
		}
	}
	for name := range newest.Operations {
		switch called := c.called[newest.Version+" "+name]; {
		case called && listed[name]:
			c.t.Errorf("%s: a method calls %s now; remove its line", path, name)
		case !called && !listed[name]:
			c.t.Errorf("no method calls %s, and it is not listed in %s", name, path)
		}
		delete(listed, name)
	}
	for name := range listed {
		c.t.Errorf("%s: release %s has no %s", path, newest.Version, name)
	}
}

// TestSurfaceOfTrials: the reads that prove permissions are operations of the newest
// release.
func TestSurfaceOfTrials(t *testing.T) {
	all := surfaces(t)
	newest := all[len(all)-1]
	tried := map[string]bool{}
	c := serve(t, recordPaths(tried))
	for permission := range constantsOf(t, ".")["Permission"] {
		c.Permissions.Try(t.Context(), []greenfield.Permission{greenfield.Permission(permission)}, "store1")
	}
	if len(tried) < 15 {
		t.Errorf("%d reads were tried", len(tried))
	}
	for read := range tried {
		path, query, _ := strings.Cut(read, "?")
		r := sentRequest{method: "GET", path: strings.Split(strings.Trim(path, "/"), "/")}
		name := newest.find(r)
		if name == "" {
			t.Errorf("no operation is GET %s", path)
			continue
		}
		for part := range strings.SplitSeq(query, "&") {
			parameter, _, _ := strings.Cut(part, "=")
			if _, ok := newest.Operations[name].Parameters["query "+parameter]; !ok && parameter != "" {
				t.Errorf("%s has no parameter %s", name, parameter)
			}
		}
	}
}
