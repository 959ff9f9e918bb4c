package client

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// ErrSecret is wrapped by the error of everything that would encode a [Secret], or
// read one from the text that stands for a secret in logs.
var ErrSecret = errors.New("a secret is not encoded")

var (
	errSecretEncoded = fmt.Errorf("%w: call Reveal where its text is to be kept, and use client.SentSecret for a field of a request", ErrSecret)
	errSecretUnset   = fmt.Errorf("%w: it is not set", ErrSecret)
	errSecretHidden  = fmt.Errorf("%w: %s stands for a secret and is none", ErrSecret, redacted)
)

// A Secret is a text that must not be shown: an API key, a private key, a token. It
// prints as [redacted] under every verb of fmt and in slog, also as an unexported field
// of another struct. Encoding one as JSON, XML, YAML or text is an error, so that neither
// the secret nor the word [redacted] is written by mistake. The zero value is an empty
// secret.
type Secret struct {
	// A pointer, since fmt reaches unexported fields by reflection and ignores
	// their methods; there it prints an address.
	text *string
}

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. Call it where the text is used, and keep the result
// out of errors and logs.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal compares two secrets in a time that does not depend on where they
// differ.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns [redacted].
func (s Secret) String() string { return redacted }

// Format prints [redacted] under every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns an error that wraps [ErrSecret].
func (s Secret) MarshalJSON() ([]byte, error) { return nil, errSecretEncoded }

// MarshalText returns an error that wraps [ErrSecret].
func (s Secret) MarshalText() ([]byte, error) { return nil, errSecretEncoded }

// UnmarshalText takes the text as it stands. The text [redacted] is refused: a program
// wrote it in place of a secret.
func (s *Secret) UnmarshalText(text []byte) error {
	if isRedacted(string(text)) {
		return errSecretHidden
	}
	*s = NewSecret(string(text))
	return nil
}

func isRedacted(text string) bool { return strings.EqualFold(strings.TrimSpace(text), redacted) }
