package keystore

import (
	"bytes"
	"encoding/json"
	"slices"
)

// An indexChange is what [Index.Add] and [Index.Remove] do to the entries.
type indexChange struct {
	put    []Entry
	remove string // a name; may be empty
}

// apply changes decoded entries.
func (c indexChange) apply(entries []Entry) []Entry {
	changed := c.names()
	kept := slices.DeleteFunc(entries, func(e Entry) bool { return changed[e.Name] })
	return tidy(append(kept, c.put...))
}

func (c indexChange) names() map[string]bool {
	names := map[string]bool{}
	for _, entry := range c.put {
		names[entry.Name] = true
	}
	if c.remove != "" {
		names[c.remove] = true
	}
	return names
}

// The layout in which an index is written.
const (
	indexBegin   = "{\n  \"version\": 1,\n  \"entries\": [\n    "
	indexBetween = ",\n    "
	indexEnd     = "\n  ]\n}\n"

	entryEnd = "\n    }"
)

// splice is apply for the text of an index. It copies the entries that do not change:
// decoding and encoding all of them takes most of the time of an Add to a long index. It
// reports false for a text that is not exactly in the layout of this program; then the
// index has to be decoded.
func (c indexChange) splice(data []byte) ([]byte, bool) {
	body, begins := bytes.CutPrefix(data, []byte(indexBegin))
	body, ends := bytes.CutSuffix(body, []byte(indexEnd))
	if !begins || !ends {
		return nil, false
	}
	put, err := c.encode()
	if err != nil {
		return nil, false
	}
	out := bytes.NewBuffer(make([]byte, 0, len(data)+len(put)*300))
	out.WriteString(indexBegin)
	add := func(entry []byte) {
		if out.Len() > len(indexBegin) {
			out.WriteString(indexBetween)
		}
		out.Write(entry)
	}
	changed, last := c.names(), ""
	for more := true; more; {
		var entry []byte
		// A string in JSON has no line end, so this is the end of an entry.
		entry, body, more = bytes.Cut(body, []byte(entryEnd))
		if !more {
			return nil, false
		}
		entry = entry[:len(entry)+len(entryEnd)]
		body, more = bytes.CutPrefix(body, []byte(indexBetween))
		name, ok := entryName(entry)
		if !ok || name <= last || !more && len(body) > 0 {
			return nil, false
		}
		last = name
		for len(put) > 0 && put[0].name < name {
			add(put[0].text)
			put = put[1:]
		}
		if !changed[name] {
			add(entry)
		}
	}
	for _, entry := range put {
		add(entry.text)
	}
	if out.Len() == len(indexBegin) {
		return nil, false // an empty list is written differently
	}
	out.WriteString(indexEnd)
	return out.Bytes(), true
}

type encodedEntry struct {
	name string
	text []byte
}

// encode returns the entries to put, sorted, with the last of each name.
func (c indexChange) encode() ([]encodedEntry, error) {
	var encoded []encodedEntry
	for _, entry := range tidy(slices.Clone(c.put)) {
		text, err := json.MarshalIndent(entry, "    ", "  ")
		if err != nil {
			return nil, err
		}
		encoded = append(encoded, encodedEntry{entry.Name, text})
	}
	return encoded, nil
}

// entryName returns the name of an entry, and false if the entry is not exactly as this
// program writes it.
func entryName(entry []byte) (string, bool) {
	lines, begins := bytes.CutPrefix(entry, []byte("{\n"))
	lines, ends := bytes.CutSuffix(lines, []byte(entryEnd))
	if !begins || !ends {
		return "", false
	}
	name, next := "", 0
	for first, more := true, true; more; first = false {
		var line []byte
		line, lines, more = bytes.Cut(lines, []byte(",\n"))
		key, value, _ := bytes.Cut(line, []byte(": "))
		at := 0
		for next+at < len(entryFields) && entryFields[next+at] != string(key) {
			at++
		}
		text, plain := unescaped(value)
		if next += at + 1; next > len(entryFields) || first && at > 0 || !plain {
			return "", false
		}
		if first {
			name = string(text)
		}
	}
	return name, next == len(entryFields) && checkName(name) == nil
}

// entryFields are the fields of an entry, in their order.
var entryFields = []string{`      "name"`, `      "keystore"`, `      "server"`, `      "created"`}

// unescaped returns the content of a string in JSON that has no escapes.
func unescaped(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return nil, false
	}
	text := value[1 : len(value)-1]
	for _, c := range text {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return nil, false
		}
	}
	return text, true
}
