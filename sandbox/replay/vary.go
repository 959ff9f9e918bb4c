package replay

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/btcsuite/btcd/btcec/v2"
)

// Vary gives another recording of the same kind, in which all e-mails, passwords, names, labels, order ids and BitId keys
// are others, wherever they stand. What a server answers to it must not depend on having seen the first one.
//
// Letters and digits are exchanged for others one for one, so lengths, capitals, blanks and signs stay as they are, and
// so does what is part of what. One seed gives the same recording again; its keys guard nothing.
func (r *Recording) Vary(random *rand.Rand) (*Recording, error) {
	v := &variation{cipher: newCipher(random), names: map[string]bool{}}
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
	names   map[string]bool // names, labels and order ids, as they stand
	secrets []string        // literals of keys and variables, and what replaces them, in turn
}

// newCipher exchanges letters for letters and digits for digits.
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

var escape = regexp.MustCompile(`%25[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}`)

// encipher exchanges the characters of a text, but for its percent escapes.
func (v *variation) encipher(text string) string {
	var b strings.Builder
	at := 0
	for _, span := range append(escape.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
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

// newKeys makes a key for each of the recording's and notes every text that the old one may stand as.
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

// variables varies e-mails and passwords, and notes them for where they stand as text.
func (v *variation) variables(vars any) any {
	old, _ := vars.(object)
	varied := make(object, len(old))
	for i, m := range old {
		text, ok := m.value.(string)
		switch {
		case ok && emailForm.MatchString(text):
			m.value = v.emails(text)
		case ok && strings.HasSuffix(m.name, ".password"):
			m.value = v.encipher(text)
			v.secrets = append(v.secrets, text, m.value.(string))
		}
		varied[i] = m
	}
	return varied
}

var emailForm = regexp.MustCompile(`[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+`)

func (v *variation) emails(text string) string {
	return emailForm.ReplaceAllStringFunc(text, func(address string) string {
		end := strings.LastIndexByte(address, '.')
		return v.encipher(address[:end]) + address[end:]
	})
}

// nameMembers are the members, fields and parameters that hold what a person chose, in small letters.
var nameMembers = []string{
	"applicationidentifier", "applicationname", "buyername", "description", "itemcode", "itemdesc", "label", "name",
	"orderid", "title",
}

var nameParameter = regexp.MustCompile(`(?i)((?:[?&]|%3F|%26)(?:` + strings.Join(nameMembers, "|") + `)(?:=|%3D))((?:[^&#%]|%[^2]|%2[^6])*)`)

// searchParameter looks for a part of such a text, in any case.
var searchParameter = regexp.MustCompile(`(?i)([?&]textSearch=)([^&#]*)`)

func (v *variation) isPartOfName(text string) bool {
	for name := range v.names {
		if strings.Contains(strings.ToLower(name), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// collect notes the names that the requests of a recording bring.
func (v *variation) collect(recording object) {
	steps, _ := recording.get("steps")
	list, _ := steps.([]any)
	for _, step := range list {
		o, _ := step.(object)
		request, _ := o.get("request")
		q, _ := request.(object)
		if body, found := q.get("json"); found {
			v.collectNames(body)
		}
		for _, parts := range nameParameter.FindAllStringSubmatch(q.text("path"), -1) {
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

// steps varies what is sent and what is wanted; how the steps are called and what they capture stays.
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

// value varies a value by the name of the member that holds it.
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
		text = nameParameter.ReplaceAllStringFunc(text, func(whole string) string {
			parts := nameParameter.FindStringSubmatch(whole)
			if strings.Contains(parts[2], "{{") {
				return whole
			}
			return parts[1] + v.encipher(parts[2])
		})
		text = searchParameter.ReplaceAllStringFunc(text, func(whole string) string {
			if parts := searchParameter.FindStringSubmatch(whole); v.isPartOfName(parts[2]) {
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

// namesWithin replaces the names that stand as words in a text for people, longer ones first.
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

// isEdge tells whether a word may begin or end at that place: not inside one, nor inside a placeholder.
func isEdge(text string, at int) bool {
	if strings.Count(text[:at], "{{") != strings.Count(text[:at], "}}") {
		return false
	}
	before := at > 0 && isWord(rune(text[at-1]))
	after := at < len(text) && isWord(rune(text[at]))
	return !before || !after
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
