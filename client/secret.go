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

// ErrSecret is wrapped by the errors of all functions that would encode a [Secret], or
// read one from the text that replaces a secret in logs.
var ErrSecret = errors.New("a secret is not encoded")

var (
	errSecretEncoded = fmt.Errorf("%w: call Reveal if its text must be stored, and use client.SentSecret for a field of a request", ErrSecret)
	errSecretUnset   = fmt.Errorf("%w: it is not set", ErrSecret)
	errSecretHidden  = fmt.Errorf("%w: %s is what is printed for a secret, not a secret", ErrSecret, redacted)
)

// A Secret is a text that must not be shown: an API key, a private key, a token. It
// prints as [redacted] with every verb of fmt and in slog, even if it is an unexported
// field of another struct. Encoding one as JSON, XML, YAML or text is an error, so that
// neither the secret nor the word [redacted] is written by mistake. The zero value is an
// empty secret.
type Secret struct {
	// This is a pointer, since fmt reaches unexported fields by reflection and ignores
	// their methods. For a pointer it then prints an address.
	text *string
}

// NewSecret returns a Secret with this text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. Call it only at the place that uses the text, and keep the
// result out of errors and logs.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the text is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal reports whether two secrets are equal. The time that it takes does not depend on
// where they differ.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns [redacted].
func (s Secret) String() string { return redacted }

// Format prints [redacted] with every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns an error that wraps [ErrSecret].
func (s Secret) MarshalJSON() ([]byte, error) { return nil, errSecretEncoded }

// MarshalText returns an error that wraps [ErrSecret].
func (s Secret) MarshalText() ([]byte, error) { return nil, errSecretEncoded }

// UnmarshalText stores the text unchanged. It refuses the text [redacted], which a
// program wrote instead of a secret.
func (s *Secret) UnmarshalText(text []byte) error {
	if isRedacted(string(text)) {
		return errSecretHidden
	}
	*s = NewSecret(string(text))
	return nil
}

func isRedacted(text string) bool { return strings.EqualFold(strings.TrimSpace(text), redacted) }
