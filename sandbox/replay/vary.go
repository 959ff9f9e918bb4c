package replay

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/btcsuite/btcd/btcec/v2"
)

// Vary returns another recording of the same kind, in which all e-mails, passwords, names, labels, order ids and
// BitId keys are replaced, wherever they appear. A server's responses to it must not depend on having seen the
// original.
//
// Letters and digits are replaced one by one, so lengths, capitals, blanks and signs stay the same, and so do texts
// that are part of others. A seed always gives the same recording. Its keys protect nothing.
func (r *Recording) Vary(random *rand.Rand) (*Recording, error) {
	v := &variation{cipher: newCipher(random), names: map[string]bool{}, sent: map[string]bool{}}
	keys, err := v.newKeys(r.keys, random)
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", r.Group, err)
	}
	v.collect(r.raw)
	varied := make(object, len(r.raw))
	for i, m := range r.raw {
		switch m.name {
		case "keys":
			m.value = keys
		case "vars":
			m.value = v.variables(m.value)
		case "steps":
			m.value = v.steps(m.value)
		}
		varied[i] = m
	}
	result, err := parse([]byte(valueText(varied)))
	if err != nil {
		return nil, fmt.Errorf("recording %s, varied: %w", r.Group, err)
	}
	return result, nil
}

type variation struct {
	cipher  map[rune]rune
	names   map[string]bool // names, labels and order ids, as written
	sent    map[string]bool // e-mails of requests and variables, in small letters; a server's message may have others
	secrets []string        // literals of keys and variables, alternating with their replacements
}

// newCipher replaces letters by letters and digits by digits.
func newCipher(random *rand.Rand) map[rune]rune {
	cipher := map[rune]rune{}
	for i, j := range random.Perm(26) {
		cipher['a'+rune(i)], cipher['A'+rune(i)] = 'a'+rune(j), 'A'+rune(j)
	}
	for i, j := range random.Perm(10) {
		cipher['0'+rune(i)] = '0' + rune(j)
	}
	return cipher
}

var escape = expression(`%25[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}`)

// encipher replaces the characters of a text, except for percent escapes.
func (v *variation) encipher(text string) string {
	var b strings.Builder
	at := 0
	for _, span := range append(escape().FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		b.WriteString(strings.Map(func(r rune) rune {
			if other, found := v.cipher[r]; found {
				return other
			}
			return r
		}, text[at:span[0]]))
		b.WriteString(text[span[0]:span[1]])
		at = span[1]
	}
	return b.String()
}

// newKeys replaces each key of the recording, and collects the texts that contain the old one.
func (v *variation) newKeys(old map[string]string, random *rand.Rand) (object, error) {
	keys := object{}
	for _, name := range sortedKeys(old) {
		before, err := parseKey(old[name])
		if err != nil {
			return nil, err
		}
		var raw [32]byte
		for i := 0; i < len(raw); i += 8 {
			binary.BigEndian.PutUint64(raw[i:], random.Uint64())
		}
		after, _ := btcec.PrivKeyFromBytes(raw[:])
		was, is := formsOf(before), formsOf(after)
		for i := range was {
			v.secrets = append(v.secrets, was[i], is[i], strings.ToUpper(was[i]), strings.ToUpper(is[i]), strings.ToLower(was[i]), strings.ToLower(is[i]))
		}
		keys = append(keys, member{name, is[0]})
	}
	return keys, nil
}

func formsOf(key *btcec.PrivateKey) []string {
	return []string{
		hex.EncodeToString(key.Serialize()),
		hex.EncodeToString(key.PubKey().SerializeUncompressed()),
		hex.EncodeToString(key.PubKey().SerializeCompressed()),
		sinOf(key.PubKey()),
	}
}

// variables varies e-mails and passwords, and collects them for where they appear as text.
func (v *variation) variables(vars any) any {
	old, _ := vars.(object)
	varied := make(object, len(old))
	for i, m := range old {
		text, ok := m.value.(string)
		switch {
		case ok && emailForm().MatchString(text):
			m.value = v.emails(text)
		case ok && strings.HasSuffix(m.name, ".password"):
			m.value = v.encipher(text)
			v.secrets = append(v.secrets, text, m.value.(string))
		}
		varied[i] = m
	}
	return varied
}

// emailForm does not match the address of a Lightning node, which has a key before the @ and an IP address behind it.
var emailForm = expression(`[A-Za-z0-9._+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*`)

func (v *variation) emails(text string) string {
	return emailForm().ReplaceAllStringFunc(text, func(address string) string {
		if !v.sent[strings.ToLower(address)] {
			return address
		}
		end := strings.LastIndexByte(address, '.')
		return v.encipher(address[:end]) + address[end:]
	})
}

// nameMembers are the fields and parameters that hold what a person chose, in small letters.
var nameMembers = []string{
	"applicationidentifier", "applicationname", "buyername", "description", "itemcode", "itemdesc", "label", "name",
	"orderid", "title",
}

var nameParameter = expression(`(?i)((?:[?&]|%3F|%26)(?:` + strings.Join(nameMembers, "|") + `)(?:=|%3D))((?:[^&#%]|%[^2]|%2[^6])*)`)

// searchParameter searches for a part of such a text, in any case.
var searchParameter = expression(`(?i)([?&]textSearch=)([^&#]*)`)

func (v *variation) isPartOfName(text string) bool {
	for name := range v.names {
		if strings.Contains(strings.ToLower(name), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// noteEmails collects the e-mails of a value.
func (v *variation) noteEmails(value any) {
	for _, address := range emailForm().FindAllString(valueText(value), -1) {
		v.sent[strings.ToLower(address)] = true
	}
}

// collect collects the names and e-mails in the requests and variables of a recording.
func (v *variation) collect(recording object) {
	if vars, found := recording.get("vars"); found {
		v.noteEmails(vars)
	}
	steps, _ := recording.get("steps")
	list, _ := steps.([]any)
	for _, step := range list {
		o, _ := step.(object)
		request, _ := o.get("request")
		q, _ := request.(object)
		v.noteEmails(q)
		if body, found := q.get("json"); found {
			v.collectNames(body)
		}
		for _, parts := range nameParameter().FindAllStringSubmatch(q.text("path"), -1) {
			if plain, err := url.QueryUnescape(parts[2]); err == nil && !strings.Contains(plain, "{{") {
				v.names[plain] = true
			}
		}
		fields, _ := q.get("form")
		pairs, _ := fields.([]any)
		for _, pair := range pairs {
			if p, ok := pair.([]any); ok && len(p) == 2 {
				v.collectNames(object{{plainText(p[0]), p[1]}})
			}
		}
	}
}

func (v *variation) collectNames(value any) {
	switch value := value.(type) {
	case object:
		for _, m := range value {
			text, ok := m.value.(string)
			if ok && slices.Contains(nameMembers, strings.ToLower(m.name)) && !strings.Contains(text, "{{") {
				v.names[text] = true
			}
			v.collectNames(m.value)
		}
	case []any:
		for _, item := range value {
			v.collectNames(item)
		}
	}
}

// steps varies requests and expected responses. The names of steps and of captured values stay.
func (v *variation) steps(steps any) any {
	list, _ := steps.([]any)
	varied := make([]any, len(list))
	for i, step := range list {
		o, _ := step.(object)
		copied := make(object, len(o))
		for j, m := range o {
			switch m.name {
			case "request", "response", "received":
				m.value = v.value(m.name, m.value)
			}
			copied[j] = m
		}
		varied[i] = copied
	}
	return varied
}

// value varies a value by the name of its field.
func (v *variation) value(name string, value any) any {
	switch value := value.(type) {
	case string:
		return v.text(name, value)
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = v.value(name, value[i])
		}
		return list
	case object:
		o := make(object, len(value))
		for i, m := range value {
			o[i] = member{m.name, v.value(m.name, m.value)}
		}
		return o
	}
	return value
}

func (v *variation) text(name, text string) string {
	switch {
	case v.names[text]:
		return v.encipher(text)
	case name == "path" || name == "location" || name == "action":
		text = nameParameter().ReplaceAllStringFunc(text, func(whole string) string {
			parts := nameParameter().FindStringSubmatch(whole)
			if strings.Contains(parts[2], "{{") {
				return whole
			}
			return parts[1] + v.encipher(parts[2])
		})
		text = searchParameter().ReplaceAllStringFunc(text, func(whole string) string {
			if parts := searchParameter().FindStringSubmatch(whole); v.isPartOfName(parts[2]) {
				return parts[1] + v.encipher(parts[2])
			}
			return whole
		})
	case name == "texts" || name == "alerts" || name == "title":
		text = v.namesWithin(text)
	case name == "Authorization":
		scheme, encoded, _ := strings.Cut(text, " ")
		if plain, err := base64.StdEncoding.DecodeString(encoded); err == nil && strings.EqualFold(scheme, "Basic") {
			return scheme + " " + base64.StdEncoding.EncodeToString([]byte(v.literals(string(plain))))
		}
	}
	return v.literals(text)
}

// literals replaces keys, passwords and e-mails.
func (v *variation) literals(text string) string {
	for i := 0; i+1 < len(v.secrets); i += 2 {
		text = strings.ReplaceAll(text, v.secrets[i], v.secrets[i+1])
	}
	return v.emails(text)
}

// namesWithin replaces the names that are words in a text, longer ones first.
func (v *variation) namesWithin(text string) string {
	names := sortedKeys(v.names)
	slices.SortStableFunc(names, func(a, b string) int { return len(b) - len(a) })
	var b strings.Builder
	for at := 0; at < len(text); {
		name := ""
		for _, n := range names {
			if n != "" && strings.HasPrefix(text[at:], n) && isEdge(text, at) && isEdge(text, at+len(n)) {
				name = n
				break
			}
		}
		if name == "" {
			b.WriteByte(text[at])
			at++
			continue
		}
		b.WriteString(v.encipher(name))
		at += len(name)
	}
	return b.String()
}

// isEdge reports whether a word may begin or end at a place: not inside a word or a placeholder.
func isEdge(text string, at int) bool {
	if strings.Count(text[:at], "{{") != strings.Count(text[:at], "}}") {
		return false
	}
	before := at > 0 && isWord(rune(text[at-1]))
	after := at < len(text) && isWord(rune(text[at]))
	return !before || !after
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
