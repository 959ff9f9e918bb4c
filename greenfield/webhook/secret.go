package webhook

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// MinSecret is the length of the shortest secret that [NewSecret] accepts, in bytes. The
// secrets that a server generates have 21 or 22.
const MinSecret = 8

// ErrSecret is wrapped by the errors about unusable secrets.
var ErrSecret = errors.New("unusable webhook secret")

// A Secret is the secret of a webhook. It prints as [redacted], and its zero value is
// unusable.
type Secret struct {
	// This is a pointer, since fmt reaches unexported fields by reflection and ignores
	// their methods. For a pointer it then prints an address.
	key *[]byte
}

// NewSecret returns the secret with this text. It refuses a text of fewer than
// [MinSecret] bytes, since the owner of a signed delivery could guess it, one that has
// only blanks, and one that begins or ends with a line break, which is a mistake in
// reading a file. The errors wrap [ErrSecret] and do not contain the text.
func NewSecret(text string) (Secret, error) {
	switch {
	case text == "":
		return Secret{}, fmt.Errorf("%w: it is empty", ErrSecret)
	case strings.TrimSpace(text) == "":
		return Secret{}, fmt.Errorf("%w: it has only blanks", ErrSecret)
	case strings.Trim(text, "\r\n") != text:
		return Secret{}, fmt.Errorf("%w: it begins or ends with a line break", ErrSecret)
	case len(text) < MinSecret:
		return Secret{}, fmt.Errorf("%w: it has fewer than %d bytes", ErrSecret, MinSecret)
	case !utf8.ValidString(text):
		return Secret{}, fmt.Errorf("%w: it is not UTF-8", ErrSecret)
	case text == redacted:
		return Secret{}, fmt.Errorf("%w: %s is printed for a secret, and is not one", ErrSecret, redacted)
	}
	key := []byte(text)
	return Secret{&key}, nil
}

const redacted = "[redacted]"

// String returns [redacted].
func (s Secret) String() string { return redacted }

// Format prints [redacted] with every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns an error that wraps [ErrSecret], so that neither the secret nor the
// word [redacted] is saved by mistake.
func (s Secret) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("%w: it is not encoded", ErrSecret)
}
