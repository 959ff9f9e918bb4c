package output

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is how many columns of a terminal a text takes that [VisibleLine] returned: a
// character of East Asian scripts and an emoji take two, a combining mark takes none.
func Width(text string) int {
	n := 0
	for i, r := range text {
		if r >= utf8.RuneSelf {
			return n + wideWidth(text[i:])
		}
		n++
	}
	return n
}

func wideWidth(text string) (n int) {
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me), r >= 0x1160 && r <= 0x11ff: // marks, and the inner letters of Hangul syllables
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// clusters splits a text so that no combining mark is parted from its character.
func clusters(text string) (all []string) {
	for i := 0; i < len(text); {
		_, end := utf8.DecodeRuneInString(text[i:])
		end += i
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if runeWidth(r) > 0 {
				break
			}
			end += size
		}
		all = append(all, text[i:end])
		i = end
	}
	return all
}

const ellipsis = "…"

// shorten takes characters out of the middle of a text, so that it is not wider than width.
func shorten(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	parts := clusters(text)
	left := width - 1 // for the ellipsis
	head, tail := 0, len(parts)
	for fromHead := true; head < tail; fromHead = !fromHead {
		next := parts[head]
		if !fromHead {
			next = parts[tail-1]
		}
		if left -= Width(next); left < 0 {
			break
		}
		if fromHead {
			head++
		} else {
			tail--
		}
	}
	return strings.Join(parts[:head], "") + ellipsis + strings.Join(parts[tail:], "")
}

// Wrap breaks a text into lines of at most width columns, between words if it can. An
// amount and its currency are one word.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words(text) {
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
		for Width(line) > width {
			head := prefix(line, width)
			lines, line = append(lines, head), line[len(head):]
		}
	}
	return append(lines, line)
}

// wrapNames is like Wrap, but if the text does not fit on a line, the ids in it are
// shortened.
func wrapNames(text string, width int) []string {
	if Width(text) > width {
		all := words(text)
		for i, word := range all {
			if Width(word) > longWord && strings.Trim(word, idLetters) == "" {
				all[i] = shorten(word, longWord)
			}
		}
		text = strings.Join(all, " ")
	}
	return Wrap(text, width)
}

// idLetters are those of ids, and what surrounds an id in a text.
const idLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ(),;:"

// prefix is the longest beginning of a text of at most width columns, and at least one
// character.
func prefix(text string, width int) string {
	end := 0
	for _, part := range clusters(text) {
		if width -= Width(part); width < 0 && end > 0 {
			break
		}
		end += len(part)
	}
	return text[:end]
}

// words are the words of a text. An amount is not parted from its currency: "12" alone
// would be read as another amount.
func words(text string) (all []string) {
	for word := range strings.FieldsSeq(text) {
		if n := len(all); n > 0 && isAmount(all[n-1]) && isUnit(word) {
			all[n-1] += " " + word
			continue
		}
		all = append(all, word)
	}
	return all
}

func isAmount(word string) bool {
	return word != "" && strings.Trim(word, "0123456789.,-+") == "" && strings.ContainsAny(word, "0123456789")
}

// isUnit reports whether a word is a currency, such as USD, SATS or BTC followed by a comma.
func isUnit(word string) bool {
	word = strings.TrimRight(word, ".,;:)")
	return len(word) > 1 && strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// longWord is the width from which [Cut] shortens a word before it leaves words out.
const longWord = 16

// Cut makes a line that is not wider than width: it shortens long words in the middle, and
// then leaves the last words out. No amount is shortened, since it would be read as another.
func Cut(text string, width int) string {
	if width <= 0 || Width(text) <= width {
		return text
	}
	all := words(text)
	for i, word := range all {
		if Width(word) > longWord && !strings.Contains(word, " ") {
			all[i] = shorten(word, longWord)
		}
	}
	line := strings.Join(all, " ")
	for n := len(all) - 1; Width(line) > width; n-- {
		if n == 0 {
			return shorten(all[0], width)
		}
		line = strings.Join(all[:n], " ") + " " + ellipsis
	}
	return line
}

// isRightToLeft reports whether a terminal may show what follows a text in reverse order.
func isRightToLeft(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfefc || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
	})
}

// leftToRight is U+200E, which shows nothing. After a cell with Hebrew or Arabic letters it
// keeps the next cell, such as an amount, at its place.
const leftToRight = "\u200e"

func embed(cell string) string {
	if isRightToLeft(cell) {
		return cell + leftToRight
	}
	return cell
}
