package aspnet

import "strings"

// Or returns the value that a request gives, or another one if the request leaves it out or says null.
func Or[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

// Set sets what a request gives. A field that it leaves out, or of which it says null, changes nothing.
func Set[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// SetText is like [Set] for a text that may be missing.
func SetText(into **string, value *string) {
	if value != nil {
		*into = value
	}
}

// NullIfEmpty returns nil for an empty text.
func NullIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Nullable is the framework's name of a type of the API's models that may be null.
func Nullable(typ string) string { return "System.Nullable`1[" + ModelNames + typ + "]" }

// LowerASCII turns the capitals of ASCII into small letters. It keeps the length of a text and everything else in it.
func LowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	return string(lower)
}

// Pascal is the name of a field of JSON as the server's own types have it, with a capital.
func Pascal(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
