package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `{"openapi":"3.0.0","info":{"version":"v1","description":"Prose."},
"paths":{"/things/{id}":{
	"parameters":[{"$ref":"#/components/parameters/Thing~1Id"}],
	"get":{"parameters":[{"name":"take","in":"query","schema":{"type":"number","nullable":true}},{"$ref":"#/components/parameters/Other/Way"}],
		"responses":{"200":{"description":"Prose.","content":{"application/json":{"schema":{"type":"array","items":{"$ref":"#/components/schemas/Thing"}}}}},"404":{}}},
	"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}},"responses":{"204":{}}}}},
"components":{
	"parameters":{"Thing/Id":{"name":"id","in":"path","schema":{"type":"string"}},"Other/Way":{"name":"way","in":"query","required":true,"schema":{"$ref":"#/components/schemas/Color"}}},
	"schemas":{
		"Color":{"type":"string","description":"Prose.","enum":["red",null,"blue"]},
		"Base":{"type":"object","properties":{"id":{"type":"string"},"parent":{"$ref":"#/components/schemas/Thing"}},"required":["id"]},
		"Thing":{"allOf":[{"$ref":"#/components/schemas/Base"},{"properties":{"color":{"nullable":true,"allOf":[{"$ref":"#/components/schemas/Color"}]},
			"inner":{"type":"object","properties":{"x":{"type":"number","format":"int32"}}},"free":{"type":"object","additionalProperties":{"type":"string"}},
			"either":{"oneOf":[{"type":"string"},{"$ref":"#/components/schemas/Color"}]},"any":{}}}]}}}}`

const sampleFacts = `{"version":"v1",
"operations":{
"GET /things/{id}":{"parameters":{"path id":"string!","query take":"number?","query way":"Color!"},"responses":{"200":"[Thing]"}},
"POST /things/{id}":{"parameters":{"path id":"string!"},"request":"POST /things/{id} request!","responses":{"204":""}}
},
"types":{
"Base":{"id":"string!","parent":"Thing"},
"Color":"string=blue|red",
"POST /things/{id} request":{"name":"string!"},
"Thing":{"any":"any","color":"Color?","either":"Color or string","free":"{string}","id":"string!","inner":"Thing.inner","parent":"Thing"},
"Thing.inner":{"x":"number:int32"}
}}
`

func TestReduce(t *testing.T) {
	for range 3 {
		facts, notes, err := reduce([]byte(sample))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(facts.encode()); got != sampleFacts {
			t.Fatalf("got\n%s\nwant\n%s", got, sampleFacts)
		}
		if len(notes) != 2 || !strings.Contains(notes[0], "a slash") {
			t.Errorf("the notes are %q", notes)
		}
	}
}

func withSchemas(schemas string) string {
	return `{"openapi":"3.0.0","paths":{"/x":{}},"components":{"schemas":{` + schemas + `}}}`
}

// A hostile document ends with an error, and soon.
func TestHostileDocuments(t *testing.T) {
	var doubling strings.Builder
	for i := range 60 {
		fmt.Fprintf(&doubling, `"S%d":{"allOf":[{"$ref":"#/components/schemas/S%d"},{"$ref":"#/components/schemas/S%[2]d"}]},`, i, i+1)
	}
	var chain strings.Builder
	for i := range 200 {
		fmt.Fprintf(&chain, `"S%d":{"$ref":"#/components/schemas/S%d"},`, i, i+1)
	}
	for name, document := range map[string]string{
		"nothing":          ``,
		"a page":           `<html></html>`,
		"another version":  `{"swagger":"2.0","paths":{"/x":{}}}`,
		"no paths":         `{"openapi":"3.0.0"}`,
		"refers to itself": withSchemas(`"A":{"$ref":"#/components/schemas/A"}`),
		"consists of itself": withSchemas(
			`"A":{"allOf":[{"$ref":"#/components/schemas/B"}]},"B":{"allOf":[{"$ref":"#/components/schemas/A"}]}`),
		"a long chain":      withSchemas(chain.String() + `"S200":{"type":"string"}`),
		"doubles each time": withSchemas(doubling.String() + `"S60":{"properties":{"a":{"type":"string"}}}`),
		"deep lists":        withSchemas(`"A":` + strings.Repeat(`{"items":`, 200) + `{}` + strings.Repeat(`}`, 200)),
		"deeper JSON":       withSchemas(`"A":` + strings.Repeat(`{"items":`, 100_000) + `{}` + strings.Repeat(`}`, 100_000)),
		"leads nowhere":     withSchemas(`"A":{"properties":{"b":{"$ref":"#/components/schemas/B"}}}`),
		"leads outside":     withSchemas(`"A":{"properties":{"b":{"$ref":"https://example.com/x.json"}}}`),
	} {
		if _, _, err := reduce([]byte(document)); err == nil {
			t.Errorf("%s: there was no error", name)
		} else if len(err.Error()) > 2000 {
			t.Errorf("%s: the error has %d characters", name, len(err.Error()))
		}
	}
}

func TestRun(t *testing.T) {
	response := sample
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/btcpay/swagger/v1/swagger.json":
			w.Write([]byte(response))
		case "/moved/swagger/v1/swagger.json":
			http.Redirect(w, r, "/btcpay/swagger/v1/swagger.json", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "greenfield-2.4.1.json")
	if err := os.WriteFile(file, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ spec, release, made string }{
		{file, "", "2.4.1.json"},
		{file, "2.5.0", "2.5.0.json"},
		{server.URL + "/btcpay", "2.6.0", "2.6.0.json"},
	} {
		if err := run(c.spec, c.release, dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, c.made))
		if err != nil || !bytes.Contains(text, []byte(`"version":"`+strings.TrimSuffix(c.made, ".json"))) {
			t.Errorf("%s: %s, %v", c.made, text, err)
		}
	}
	for _, c := range []struct{ spec, release, want string }{
		{"", "", "SPEC="},
		{server.URL + "/btcpay", "", "RELEASE="},
		{file, "../2.4.1", "RELEASE="},
		{server.URL + "/none", "2.4.1", "404"},
		{server.URL + "/moved", "2.4.1", "redirects"},
		{"http://example.com", "2.4.1", "use https"},
		{filepath.Join(dir, "missing"), "2.4.1", "missing"},
	} {
		if err := run(c.spec, c.release, dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: got %v, want %q", c.spec, c.release, err, c.want)
		}
	}
	response = strings.Repeat(" ", maxDocument+1)
	if err := run(server.URL+"/btcpay", "2.4.1", dir); err == nil || !strings.Contains(err.Error(), "MiB") {
		t.Errorf("a large document: %v", err)
	}
}
