package bitpay_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// An exchange is one that was recorded with a real server.
type exchange struct {
	version, group, Name string
	Request              struct {
		Method, Path string
		JSON         json.RawMessage
		Auth         map[string]any
	}
	Response struct {
		Status  int
		Headers map[string]any
		JSON    any
	}
	Received []struct {
		Method, Path string
		JSON         any
	}
}

func (e exchange) String() string { return e.version + " " + e.group + ": " + e.Name }

// body is the recorded answer with an example in place of each part that changes.
func (e exchange) body(t *testing.T) string {
	if e.Response.JSON == nil {
		return ""
	}
	return render(t, e.Response.JSON)
}

func recorded(t *testing.T) []exchange {
	t.Helper()
	var all []exchange
	for version, folder := range map[string]string{
		// The sandbox replays these, the older ones are read here alone.
		"2.4.1": "../sandbox/testdata/recordings", "2.3.9": "testdata/recordings/2.3.9",
		"2.0.8": "testdata/recordings/2.0.8", "1.13.5": "testdata/recordings/1.13.5",
	} {
		files, err := filepath.Glob(filepath.Join(folder, "6*.json"))
		if err != nil || len(files) < 8 {
			t.Fatalf("%d recordings of %s: %v", len(files), version, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var group struct{ Steps []exchange }
			decoder := json.NewDecoder(bytes.NewReader(data))
			decoder.UseNumber()
			if err := decoder.Decode(&group); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, step := range group.Steps {
				step.version, step.group = version, strings.TrimSuffix(filepath.Base(file), ".json")
				all = append(all, step)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b exchange) int { return cmp.Compare(a.version+a.group, b.version+b.group) })
	return all
}

var variable = regexp.MustCompile(`\{\{([^}|]+)[^}]*\}\}`)

// render writes what a server sent: an example for what changes, a word for what was
// captured, and each number with its digits.
func render(t *testing.T, value any) string {
	t.Helper()
	var b strings.Builder
	switch value := value.(type) {
	case map[string]any:
		if number, ok := value["$number"]; ok {
			return number.(string)
		}
		if _, ok := value["$any"]; ok {
			return render(t, example(value))
		}
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%s:%s", render(t, name), render(t, value[name]))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(render(t, item))
		}
		b.WriteByte(']')
	case string:
		out, err := json.Marshal(variable.ReplaceAllStringFunc(value, func(name string) string {
			return regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(name, "")
		}))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(out)
	default:
		out, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(out)
	}
	return b.String()
}

func example(changing map[string]any) any {
	if value, ok := changing["example"]; ok {
		return value
	}
	switch changing["$any"] {
	case "array":
		if items, ok := changing["items"]; ok {
			return items
		}
		return []any{}
	case "string":
		if template, ok := changing["template"].(string); ok {
			return strings.ReplaceAll(template, "{*}", "x")
		}
		return "text"
	}
	return nil
}

// replay is a server that gives this answer to everything, and a client for it.
func replay(t *testing.T, status int, body string, credential client.Credential) *bitpay.Client {
	t.Helper()
	return newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}), credential)
}

// patience turns a hang into a failure, and is never used up otherwise.
const patience = 5 * time.Minute

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(t *testing.T, server string, credential client.Credential, options ...client.Option) *bitpay.Client {
	t.Helper()
	c, err := bitpay.New(server, credential, append([]client.Option{client.WithRetries(0), client.WithTimeout(patience)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// lost tells what a decoded and encoded value lacks of the one that a server sent: each
// member has to be there with its value, where null may have become a zero value and
// a number a text of the same digits.
func lost(path string, sent, got any) []string {
	switch sent := sent.(type) {
	case nil:
		if text, err := json.Marshal(got); err == nil && strings.Trim(string(text), `"`) != "" && !slices.Contains([]string{"null", `""`, `"0"`, "0", "false", "[]", "{}"}, string(text)) && !allEmpty(got) {
			return []string{fmt.Sprintf("%s: null became %s", path, text)}
		}
		return nil
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: an object became %v", path, got)}
		}
		var differences []string
		for name, value := range sent {
			if _, there := object[name]; !there {
				if value != nil {
					differences = append(differences, fmt.Sprintf("%s.%s is lost", path, name))
				}
				continue
			}
			differences = append(differences, lost(path+"."+name, value, object[name])...)
		}
		return differences
	case []any:
		list, ok := got.([]any)
		if !ok && len(sent) > 0 || len(list) != len(sent) {
			return []string{fmt.Sprintf("%s: %d items became %v", path, len(sent), got)}
		}
		var differences []string
		for i := range sent {
			differences = append(differences, lost(fmt.Sprintf("%s[%d]", path, i), sent[i], list[i])...)
		}
		return differences
	}
	if sameScalar(sent, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %v became %v", path, sent, got)}
}

func allEmpty(value any) bool {
	object, ok := value.(map[string]any)
	for _, member := range object {
		ok = ok && (member == "" || member == nil)
	}
	return ok
}

func sameScalar(sent, got any) bool {
	a, b := fmt.Sprint(sent), fmt.Sprint(got)
	if a == b {
		return true
	}
	if at, err := time.Parse("2006-01-02T15:04:05", a); err == nil {
		return b == at.Format(time.RFC3339Nano)
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}
