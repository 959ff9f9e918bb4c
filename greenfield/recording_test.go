package greenfield_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A recording is what a real server was asked and answered.
type recording struct {
	Group, Version string
	Steps          []step
}

type step struct {
	Name    string
	Request struct {
		Method, Path string
		Auth         struct {
			Token, Bearer string
			Basic         []string
		}
		JSON json.RawMessage
	}
	Response struct {
		Status int
		JSON   json.RawMessage
		Empty  bool
	}
}

func recordings(t testing.TB, pattern string) []recording {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "recordings", pattern))
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, "matches no recording", err)
	}
	list := make([]recording, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(variables.ReplaceAllFunc(text, invent), &list[i]); err != nil {
			t.Fatal(file, err)
		}
		for j := range list[i].Steps {
			list[i].Steps[j].Response.JSON = example(t, list[i].Steps[j].Response.JSON)
		}
	}
	return list
}

var variables = regexp.MustCompile(`\{\{[^}]*\}\}`)

// invent gives a captured value a form that a server's would have.
func invent(variable []byte) []byte {
	name := string(variable[2 : len(variable)-2])
	sum := sha1.Sum(variable)
	switch {
	case name == "same": // the key that a second consent brought
		return invent([]byte("{{key1}}"))
	case name == "server":
		return []byte("https://shop.example.com/btcpay")
	case strings.HasSuffix(name, ".email"):
		return []byte(strings.TrimSuffix(name, ".email") + "@example.com")
	case strings.HasPrefix(name, "now"):
		return []byte("1795420700")
	}
	return []byte(hex.EncodeToString(sum[:]))
}

// example is an answer with values in place of the marks for what changes.
func example(t testing.TB, raw json.RawMessage) json.RawMessage {
	t.Helper()
	if raw == nil {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(fill(value))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type missing struct{}

func fill(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = fill(value[i])
		}
	case map[string]any:
		if number, ok := value["$number"].(string); ok {
			return json.Number(number)
		}
		switch value["$any"] {
		case nil:
		case "array":
			items, _ := value["items"].([]any)
			return fill(append([]any{}, items...))
		case "optional":
			return missing{}
		default:
			return fill(value["example"])
		}
		for name := range value {
			value[name] = fill(value[name])
			if _, gone := value[name].(missing); gone {
				delete(value, name)
			}
		}
	}
	return value
}
