package output

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns text that is safe on a terminal: control characters,
// bidirectional overrides, invisible and private characters and bytes that are not UTF-8
// become escapes such as \x1b and \u202e. Line feeds and tabs stay.
func Visible(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' })
}

// VisibleLine is [Visible] for text that has to stay on one line, such as a table's cell:
// line feeds and tabs are escaped too.
func VisibleLine(text string) string {
	return escape(text, func(rune) bool { return false })
}

func escape(text string, allowed func(rune) bool) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case !hidden(r) || allowed(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// hidden reports whether a terminal would interpret the character, or show nothing or
// something misleading for it. The replacement character is included, because bytes that
// are not UTF-8 decode to it.
func hidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	if r == ' ' || r == utf8.RuneError {
		return r == utf8.RuneError
	}
	// IsPrint excludes control, format (bidi, zero width), surrogate, private and
	// unassigned characters, and every space but the ASCII one. The rest are fillers that
	// are letters by category and blank on screen.
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0, 0x034f, 0x17b4, 0x17b5, 0x2800:
		return true
	}
	return !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r)
}

// escapeJSON escapes the same characters in a JSON document, with JSON's escapes: they can
// only be inside its strings.
func escapeJSON(document []byte) []byte {
	if !strings.ContainsFunc(string(document), hidden) {
		return document
	}
	var b []byte
	for _, r := range string(document) {
		switch {
		case r < ' ' || !hidden(r): // between values there may be line ends
			b = utf8.AppendRune(b, r)
		case r > 0xffff:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}

// Sentence capitalises the first letter of a text.
func Sentence(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
