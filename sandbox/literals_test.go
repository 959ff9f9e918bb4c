package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// made are texts of a recording that somebody made up or chose, in whatever string they stand: base58 and hex of some
// length, SINs, addresses, e-mails.
var made = regexp.MustCompile(`[1-9A-HJ-NP-Za-km-z]{20,}|[0-9a-f]{12,}|bcrt1[0-9a-z]{20,}|[A-Za-z0-9._-]+@[a-z]+\.[a-z]+`)

// TestNothingRecordedIsAnswered looks for the recordings' ids, keys, e-mails, names and examples in the sandbox's source: it
// is to answer by rules, not by having read them.
func TestNothingRecordedIsAnswered(t *testing.T) {
	recorded := map[string]string{}
	fields := map[string]bool{} // of JSON, which are also words that a person may choose
	paths, err := filepath.Glob("testdata/recordings/2.4.1/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, "no recordings")
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var recording struct {
			Keys, Vars map[string]string
			Steps      []struct{ Request, Response, Received, Paid any }
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err := d.Decode(&recording); err != nil {
			t.Fatal(err)
		}
		note := func(text string) {
			if len(text) >= 6 {
				recorded[text] = path
			}
		}
		noteName := func(text string) { // names are common words, so only a whole string counts, and none as short as "new"
			if len(text) > 4 && !fields[text] {
				recorded[`"`+text+`"`], recorded["`"+text+"`"], recorded[">"+text+"<"] = path, path, path
			}
		}
		for _, of := range []map[string]string{recording.Keys, recording.Vars} {
			for _, text := range of {
				note(text)
			}
		}
		for _, step := range recording.Steps {
			noteFields(step.Response, fields)
		}
		for _, step := range recording.Steps {
			noteChosen(step.Request, "", noteName)
			noteMade(step.Request, "", note)
			for _, part := range []any{step.Response, step.Received, step.Paid} {
				noteMade(part, "", func(text string) {
					if !strings.Contains(text, "@") { // one that no request has is an example in a message
						note(text)
					}
				})
			}
		}
	}
	if len(recorded) < 500 {
		t.Fatalf("only %d texts were found in the recordings", len(recorded))
	}
	var sources []string
	for _, folder := range []string{".", "internal"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && folder == "." && path != "." && entry.IsDir() {
				return fs.SkipDir // human and replay answer nothing
			}
			if ext := filepath.Ext(path); ext == ".go" || ext == ".html" {
				sources = append(sources, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(sources) < 100 {
		t.Fatalf("only %d sources were found", len(sources))
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for example, path := range recorded {
			if bytes.Contains(text, []byte(example)) {
				t.Errorf("%s holds %q of %s", source, example, path)
			}
		}
	}
}

// chosen are the members whose texts a person chose.
var chosen = regexp.MustCompile(`(?i)^(label|name|orderid|itemdesc|itemcode|buyername)$`)

func noteChosen(v any, name string, note func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			noteChosen(inner, key, note)
		}
	case []any:
		if len(v) == 2 { // perhaps a field of a form
			if field, ok := v[0].(string); ok {
				noteChosen(v[1], field, note)
				return
			}
		}
		for _, inner := range v {
			noteChosen(inner, name, note)
		}
	case string:
		if chosen.MatchString(name) {
			note(v)
		}
	}
}

func noteFields(v any, fields map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			fields[name] = true
			noteFields(inner, fields)
		}
	case []any:
		for _, inner := range v {
			noteFields(inner, fields)
		}
	}
}

func noteMade(v any, name string, note func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			noteMade(inner, key, note)
		}
	case []any:
		for _, inner := range v {
			noteMade(inner, name, note)
		}
	case string:
		if name == "example" {
			note(v)
		}
		for _, text := range made.FindAllString(v, -1) {
			if strings.ContainsAny(text, "0123456789@") {
				note(text)
			}
		}
	case json.Number:
		if name == "example" {
			note(v.String())
		}
	}
}
