package sandbox

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// members are a JSON object's, by their names in small letters: the server matches names in any case, and the last of
// two counts.
type members map[string]json.RawMessage

// parseMembers reads the first value of a text, which must be an object; what follows it is not looked at.
func parseMembers(text []byte) (members, bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	start, err := d.Token()
	if err != nil || start != json.Delim('{') {
		return nil, false
	}
	m := members{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, false
		}
		m[strings.ToLower(name.(string))] = value
	}
	_, err = d.Token()
	return m, err == nil
}

// binder reads members into the types of the server's models, by its JSON reader's rules of conversion. bad names the
// first member that would not convert.
type binder struct {
	members
	bad string
}

// get gives a member that is there and not null.
func (b *binder) get(name string) (json.RawMessage, bool) {
	raw, found := b.members[strings.ToLower(name)]
	return raw, found && string(raw) != "null"
}

func (b *binder) fail(name string) {
	if b.bad == "" {
		b.bad = name
	}
}

// text takes strings; numbers and booleans count by their text.
func (b *binder) text(name string) *string {
	raw, found := b.get(name)
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
	b.fail(name)
	return nil
}

// decimal takes numbers, and numbers in strings; an empty string counts as null.
func (b *binder) decimal(name string) *money.Decimal {
	raw, found := b.get(name)
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
		b.fail(name)
		return nil
	}
	return &d
}

// bool takes booleans, whole numbers, and true and false in strings.
func (b *binder) bool(name string) *bool {
	raw, found := b.get(name)
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
	b.fail(name)
	return nil
}

// int takes whole numbers of 64 bits, in strings too.
func (b *binder) int(name string) *int64 {
	raw, found := b.get(name)
	if !found {
		return nil
	}
	var n int64
	if json.Unmarshal([]byte(strings.TrimSpace(strings.Trim(string(raw), `"`))), &n) != nil {
		b.fail(name)
		return nil
	}
	return &n
}

// int32 takes whole numbers of 32 bits, in strings too, and no null.
func (b *binder) int32(name string) {
	if raw, there := b.members[name]; there {
		if n := b.int(name); n == nil || *n != int64(int32(*n)) || string(raw) == "null" {
			b.fail(name)
		}
	}
}

// texts takes an array of strings.
func (b *binder) texts(name string) []string {
	raw, found := b.get(name)
	if !found {
		return nil
	}
	list := []string{}
	if json.Unmarshal(raw, &list) != nil {
		b.fail(name)
		return nil
	}
	return list
}

// object takes an object.
func (b *binder) object(name string) *binder {
	raw, found := b.get(name)
	if !found {
		return nil
	}
	inner, ok := parseMembers(raw)
	if !ok {
		b.fail(name)
		return nil
	}
	return &binder{members: inner}
}

// isJSON judges a content type as the framework's input formatter does.
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "application/json" || media == "text/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}
