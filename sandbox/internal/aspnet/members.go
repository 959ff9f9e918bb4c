package aspnet

import (
	"encoding/json"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Members are the fields of a JSON object, by their names in small letters: the server matches names in any case,
// and the last of two fields counts.
type Members map[string]json.RawMessage

// ParseMembers reads the first value of a text, which must be an object, as the server's library does. What follows is
// ignored.
func ParseMembers(text []byte) (Members, bool) {
	f := &Faults{}
	n := ReadBody(text, f)
	if n.Kind != '{' || len(f.All) > 0 {
		return nil, false
	}
	m := Members{}
	for name, member := range n.members {
		m[name] = member.JSON()
	}
	return m, true
}

// Binder reads fields into the types of the server's models, by the conversion rules of its JSON reader. Bad names
// the first field that does not convert.
type Binder struct {
	Members
	Bad string
}

// Get returns a field unless it is missing or null.
func (b *Binder) Get(name string) (json.RawMessage, bool) {
	raw, found := b.Members[strings.ToLower(name)]
	return raw, found && string(raw) != "null"
}

// Fail marks a field as not convertible.
func (b *Binder) Fail(name string) {
	if b.Bad == "" {
		b.Bad = name
	}
}

// Text reads strings. Numbers and booleans count as the text they are written with.
func (b *Binder) Text(name string) *string {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return &s
		}
	case '{', '[':
	default:
		return new(string(raw))
	}
	b.Fail(name)
	return nil
}

// Decimal reads numbers, and numbers in strings. An empty string counts as null.
func (b *Binder) Decimal(name string) *money.Decimal {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	var d money.Decimal
	var err error
	if raw[0] == '"' {
		var s string
		if err = json.Unmarshal(raw, &s); err == nil && s == "" {
			return nil
		}
		d, err = money.ParseText(s)
	} else {
		d, err = money.Parse(string(raw))
	}
	if err != nil {
		b.Fail(name)
		return nil
	}
	return &d
}

// Bool reads booleans, whole numbers, and true and false in strings.
func (b *Binder) Bool(name string) *bool {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	text := strings.ToLower(strings.TrimSpace(strings.Trim(string(raw), `"`)))
	switch {
	case text == "true":
		return new(true)
	case text == "false":
		return new(false)
	case text == "" && raw[0] == '"':
		return nil
	case raw[0] != '"':
		if d, err := money.Parse(text); err == nil && d.Places() == 0 {
			return new(d.Sign() != 0)
		}
	}
	b.Fail(name)
	return nil
}

// Flag reads a boolean that cannot be null, and reports whether it is true.
func (b *Binder) Flag(name string) bool {
	value := b.Bool(name)
	if _, sent := b.Members[strings.ToLower(name)]; sent && value == nil {
		b.Fail(name)
	}
	return Or(value, false)
}

// Long reads a whole number of 64 bits that cannot be null.
func (b *Binder) Long(name string) {
	if _, sent := b.Members[strings.ToLower(name)]; sent && b.Int(name) == nil {
		b.Fail(name)
	}
}

// Int reads whole numbers of 64 bits, also in strings.
func (b *Binder) Int(name string) *int64 {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	var n int64
	if json.Unmarshal([]byte(strings.TrimSpace(strings.Trim(string(raw), `"`))), &n) != nil {
		b.Fail(name)
		return nil
	}
	return &n
}

// Int32 reads whole numbers of 32 bits, also in strings, but not null.
func (b *Binder) Int32(name string) {
	if raw, there := b.Members[name]; there {
		if n := b.Int(name); n == nil || *n != int64(int32(*n)) || string(raw) == "null" {
			b.Fail(name)
		}
	}
}

// Texts reads an array of strings, each of which may be null. Numbers and booleans count as in [Binder.Text].
func (b *Binder) Texts(name string) []*string {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	n := ReadBody(raw, &Faults{})
	if n.Kind != '[' {
		b.Fail(name)
		return nil
	}
	list := []*string{}
	for _, item := range n.items {
		switch item.Kind {
		case '{', '[':
			b.Fail(name)
			return nil
		case 'n':
			list = append(list, nil)
		default:
			list = append(list, &item.Text)
		}
	}
	return list
}

// Pair is a field of a dictionary. Its value is nil for null, and has no fields if it is no object.
type Pair struct {
	Name  string
	Value *Binder
}

// Pairs reads a dictionary of objects. Its names are data and keep their case.
func (b *Binder) Pairs(name string) []Pair {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	n := ReadBody(raw, &Faults{})
	if n.Kind != '{' {
		b.Fail(name)
		return nil
	}
	var pairs []Pair
	for _, member := range n.items {
		p := Pair{Name: member.name}
		if member.Kind != 'n' {
			members, _ := ParseMembers(member.Raw)
			p.Value = &Binder{Members: members}
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// Object reads an object.
func (b *Binder) Object(name string) *Binder {
	raw, found := b.Get(name)
	if !found {
		return nil
	}
	inner, ok := ParseMembers(raw)
	if !ok {
		b.Fail(name)
		return nil
	}
	return &Binder{Members: inner}
}

// IsJSON reports whether the framework's input formatter takes a content type as JSON.
func IsJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "application/json" || media == "text/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}
