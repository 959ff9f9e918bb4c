package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Facts are what the tests compare with the SDK. A type is written as a text:
//
//	string  number  integer  boolean  object  any   a kind, as JSON has it
//	string:decimal                                  with the document's format
//	string=New|Settled                              an enum with its values
//	InvoiceData                                     a name in Types
//	[T]  {T}                                        a list, and an object whose names are free
//	T or U                                          one of several
//
// A "?" after a type stands for a value that may be null, a "!" for one that is required.
type Facts struct {
	Version    string
	Operations map[string]Operation // by method and path
	Types      map[string]Type
}

// An Operation is a method on a path.
type Operation struct {
	// Parameters go from place and name, such as "query take", to the type.
	Parameters map[string]string `json:"parameters,omitempty"`
	Request    string            `json:"request,omitempty"`
	// Responses go from the status of a success to the type.
	Responses map[string]string `json:"responses,omitempty"`
}

// A Type has fields, or is another name for a type.
type Type struct {
	Is     string
	Fields map[string]string
}

// MarshalJSON writes the fields, or the other name.
func (t Type) MarshalJSON() ([]byte, error) {
	if t.Fields != nil {
		return plain(t.Fields), nil
	}
	return plain(t.Is), nil
}

// encode writes one line for each operation and type, sorted by name.
func (f *Facts) encode() []byte {
	var b bytes.Buffer
	b.WriteString("{\"version\":")
	b.Write(plain(f.Version))
	b.WriteString(",\n\"operations\":{\n")
	lines(&b, f.Operations)
	b.WriteString("},\n\"types\":{\n")
	lines(&b, f.Types)
	b.WriteString("}}\n")
	return b.Bytes()
}

func lines[T any](b *bytes.Buffer, all map[string]T) {
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.Write(plain(name))
		b.WriteByte(':')
		b.Write(plain(all[name]))
	}
	b.WriteByte('\n')
}

// plain is JSON without the escapes that are meant for HTML.
func plain(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// Texts and maps of texts always have a JSON form.
	_ = encoder.Encode(value)
	return bytes.TrimRight(b.Bytes(), "\n")
}
