package bitpay

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
)

// A parser reads one private key.
type parser struct {
	passphrase []byte
	given      bool // also if the passphrase is empty
	depth      int  // of base64
}

// maxDepth is for a secret of Kubernetes with a file that is base64 itself.
const maxDepth = 2

// asUTF8 turns UTF-16 into UTF-8. That is what PowerShell's > writes, usually with a byte
// order mark.
func asUTF8(data []byte) []byte {
	order := binary.ByteOrder(binary.LittleEndian)
	switch {
	case len(data) < 4 || len(data)%2 != 0:
		return data
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), everyOther(data[1:]):
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}), everyOther(data):
		order = binary.BigEndian
	default:
		return data
	}
	units := make([]uint16, len(data)/2)
	defer clear(units)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// everyOther reports whether every other byte, from the first one on, is zero.
func everyOther(data []byte) bool {
	for i := 0; i < len(data); i += 2 {
		if data[i] != 0 {
			return false
		}
	}
	return true
}

// quotes are what word processors and shells leave around a text.
const quotes = "\"'`“”„‘’«»"

type textForms struct{ comment, assignment *regexp.Regexp }

var forms = sync.OnceValue(func() textForms {
	return textForms{
		comment:    regexp.MustCompile(`(?m)(^|[ \t])(#|;).*$`),
		assignment: regexp.MustCompile(`(?s)^(?:export\s+|set\s+|\$env:)?["']?([A-Za-z_][A-Za-z0-9_.-]*)["']?\s*[=:]\s*(["']?[A-Za-z0-9+/_-].*)$`),
	}
})

// parseText reads a key that is one word, with what people write around it: comments,
// quotes, and the name of a variable.
func (p *parser) parseText(text string) (Imported, error) {
	text = strings.TrimSpace(forms().comment.ReplaceAllString(text, ""))
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) > 1 {
		if imported, err := p.parseLines(lines); imported.Identity != nil || errors.Is(err, ErrKeySeveral) {
			return imported, err
		}
	}
	if value := forms().assignment.FindStringSubmatch(text); value != nil {
		text = value[2]
	}
	return p.parseWord(strings.Trim(strings.Join(strings.Fields(text), ""), quotes))
}

// parseLines reads a file in which lines are whole keys: two keys, or variables one of
// which is a key.
func (p *parser) parseLines(lines []string) (Imported, error) {
	var found []Reading
	var format Format
	others := 0
	for _, line := range lines {
		why := "the first line is meant"
		if len(found) > 0 {
			why = "a later line is meant"
		}
		line = strings.TrimSpace(line)
		if value := forms().assignment.FindStringSubmatch(line); value != nil {
			line, why = value[2], value[1]+" is meant"
		} else if line != "" {
			others++
		}
		word := strings.Trim(strings.TrimSpace(line), quotes)
		whole, err := parseHex(word)
		if err != nil || len(word) < 64 {
			if whole, err = p.parseBase58(word); err != nil || whole.Format == FormatNode {
				continue
			}
		}
		format = whole.Format
		found = append(found, Reading{whole.Identity, why})
	}
	// Lines that are neither keys nor variables are parts of one key.
	if len(found) == 0 || others > 0 && others != len(lines) || others > len(found) {
		return Imported{}, ErrKeyFormat
	}
	return severalKeys(found, format)
}

func (p *parser) parseWord(word string) (Imported, error) {
	if imported, err := p.parseDigits(word); !errors.Is(err, ErrKeyFormat) {
		return imported, err
	}
	if ValidateSIN(word) == nil {
		return Imported{}, errIsSIN
	}
	imported, err := p.parseBase58(word)
	if errors.Is(err, ErrKeyFormat) && p.depth < maxDepth {
		if inner, ok := unbase64(word); ok {
			inside := *p
			inside.depth++
			if nested, nestedErr := inside.parse(inner); !errors.Is(nestedErr, ErrKeyFormat) {
				return nested, nestedErr
			}
		}
	}
	return imported, err
}

// unbase64 decodes either alphabet, with or without padding, and reports whether the result
// can be a file with a key.
func unbase64(word string) ([]byte, bool) {
	word = strings.TrimRight(word, "=")
	data, err := base64.RawStdEncoding.DecodeString(word)
	if err != nil {
		data, err = base64.RawURLEncoding.DecodeString(word)
	}
	return data, err == nil && len(data) >= 32 && (data[0] == 0x30 || isText(asUTF8(data)))
}
