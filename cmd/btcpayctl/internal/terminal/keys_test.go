package terminal

import (
	"slices"
	"testing"
)

func TestDecodeKeys(t *testing.T) {
	for text, want := range map[string][]Key{
		"r":                {'r'},
		"ab":               {'a', 'b'},
		"\u00fc\U0001f375": {'\u00fc', '\U0001f375'},
		"\x1b[A\x1b[B":     {KeyUp, KeyDown},
		"\x1bOA":           {KeyUp},
		"\x1b[5~x":         {KeyPageUp, 'x'},
		"\x1b":             {KeyEscape},
		"\x1b\x1b[A":       {KeyEscape, KeyUp},
		"\r\x7f\x03":       {KeyEnter, KeyBackspace, KeyInterrupt},
		"\x1b[1;5C\x01":    nil, // a key with Ctrl
		"\xff":             nil,
		"\x1b[":            {KeyEscape, 0x5b}, // as the two keys
		"":                 nil,
	} {
		if got := decodeKeys([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
