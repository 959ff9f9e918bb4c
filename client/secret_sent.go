package client

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"sync"
)

// A SentSecret is a secret that a request sends to the server, such as the secret of a
// webhook. Only a [Client] encodes its text, in the body of a request; [WithDebug],
// [WithDryRun] and errors show [redacted] instead. In all other places it behaves like a
// [Secret]: it prints as [redacted], and encoding it is an error. The zero value is
// unset, for fields with omitzero.
type SentSecret struct {
	secret Secret
	mode   revealMode
}

// NewSentSecret returns a SentSecret, with which a request can send a secret.
func NewSentSecret(secret Secret) SentSecret { return SentSecret{secret: secret} }

// Secret returns the secret.
func (s SentSecret) Secret() Secret { return s.secret }

// IsZero reports whether the text is empty.
func (s SentSecret) IsZero() bool { return s.secret.IsZero() }

// Equal reports whether two secrets are equal, as [Secret.Equal] does.
func (s SentSecret) Equal(other SentSecret) bool { return s.secret.Equal(other.secret) }

// String returns [redacted].
func (s SentSecret) String() string { return redacted }

// Format prints [redacted] with every verb.
func (s SentSecret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (s SentSecret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns an error that wraps [ErrSecret], unless a [Client] encodes the body
// of a request.
func (s SentSecret) MarshalJSON() ([]byte, error) {
	text := s.secret.Reveal()
	switch {
	case s.mode == revealNothing:
		return nil, errSecretEncoded
	case text == "":
		return nil, errSecretUnset
	case isRedacted(text):
		return nil, errSecretHidden
	case s.mode == revealRedacted:
		text = redacted
	}
	return encode(text)
}

// MarshalText returns an error that wraps [ErrSecret].
func (s SentSecret) MarshalText() ([]byte, error) { return nil, errSecretEncoded }

// UnmarshalText is like [Secret.UnmarshalText].
func (s *SentSecret) UnmarshalText(text []byte) error { return s.secret.UnmarshalText(text) }

// A revealMode determines what the encoding of a [SentSecret] shows.
type revealMode uint8

const (
	revealNothing  revealMode = iota // encoding is an error
	revealText                       // for the server
	revealRedacted                   // for debug output and dry runs
)

// A revealer is a type of this package that can hold a secret to send.
type revealer interface {
	// reveal returns a copy that can be encoded, and appends its secrets to found.
	reveal(mode revealMode, found *[]Secret) any
	holdsSecret() bool
}

func (s SentSecret) reveal(mode revealMode, found *[]Secret) any {
	*found = append(*found, s.secret)
	s.mode = mode
	return s
}

func (SentSecret) holdsSecret() bool { return true }

// revealed returns a copy of the body of a request in which the secrets to send can be
// encoded, and these secrets. It returns a body without secrets unchanged.
func revealed(body any, mode revealMode) (any, []Secret) {
	v := reflect.ValueOf(body)
	if !v.IsValid() || !suspicious(v, 0) {
		return body, nil
	}
	var found []Secret
	made := reveal(v, mode, &found, 0)
	if found == nil {
		return body, nil
	}
	return made.Interface(), found
}

// maxBodyDepth ends the walk through a body that contains itself. JSON cannot encode such
// a body either.
const maxBodyDepth = 1000

func reveal(v reflect.Value, mode revealMode, found *[]Secret, depth int) reflect.Value {
	if depth > maxBodyDepth || !mayHoldSecret(v.Type()) {
		return v
	}
	if v.Kind() == reflect.Struct && v.CanInterface() {
		if holder, ok := v.Interface().(revealer); ok {
			// A struct that embeds a revealer has its methods but is another type.
			if made := reflect.ValueOf(holder.reveal(mode, found)); made.Type() == v.Type() {
				return made
			}
		}
	}
	made := reflect.New(v.Type()).Elem()
	made.Set(v)
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		inner := reveal(v.Elem(), mode, found, depth+1)
		if v.Kind() == reflect.Interface {
			made.Set(inner)
			break
		}
		made.Set(reflect.New(v.Type().Elem()))
		made.Elem().Set(inner)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := made.Field(i); v.Type().Field(i).IsExported() {
				field.Set(reveal(v.Field(i), mode, found, depth+1))
			} else if v.Type().Field(i).Anonymous && field.Kind() == reflect.Struct {
				revealEmbedded(field, v.Field(i), mode, found, depth+1)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		made.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			made.Index(i).Set(reveal(v.Index(i), mode, found, depth+1))
		}
	case reflect.Array:
		for i := range v.Len() {
			made.Index(i).Set(reveal(v.Index(i), mode, found, depth+1))
		}
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		made.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for entry := v.MapRange(); entry.Next(); {
			made.SetMapIndex(entry.Key(), reveal(entry.Value(), mode, found, depth+1))
		}
	default: // other kinds hold no secret
	}
	return made
}

// suspicious reports whether a value may hold a secret to send. It copies nothing, unlike
// reveal, since most requests have free-form fields and no secret in them.
func suspicious(v reflect.Value, depth int) bool {
	if depth > maxBodyDepth || !mayHoldSecret(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && suspicious(v.Elem(), depth+1)
	case reflect.Struct:
		if v.Type().Implements(revealerType) {
			return true
		}
		for _, field := range v.Fields() {
			if suspicious(field, depth+1) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if suspicious(v.Index(i), depth+1) {
				return true
			}
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			if suspicious(entry.Value(), depth+1) {
				return true
			}
		}
	default: // other kinds hold no secret
	}
	return false
}

// revealEmbedded handles an embedded struct of an unexported type. JSON encodes the
// exported fields of such a struct, but reflection cannot set it as a whole.
func revealEmbedded(made, v reflect.Value, mode revealMode, found *[]Secret, depth int) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case field.IsExported():
			made.Field(i).Set(reveal(v.Field(i), mode, found, depth))
		case field.Anonymous && field.Type.Kind() == reflect.Struct:
			revealEmbedded(made.Field(i), v.Field(i), mode, found, depth)
		}
	}
}

// secretTypes caches the results of mayHoldSecret.
var secretTypes sync.Map

var revealerType = reflect.TypeFor[revealer]()

// mayHoldSecret reports whether a value of a type can hold a secret to send. Most
// requests cannot, and are encoded unchanged.
func mayHoldSecret(t reflect.Type) bool {
	if known, ok := secretTypes.Load(t); ok {
		return known.(bool)
	}
	holds := holdsSecret(t, map[reflect.Type]bool{})
	secretTypes.Store(t, holds)
	return holds
}

func holdsSecret(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if t.Kind() == reflect.Struct && t.Implements(revealerType) && reflect.Zero(t).Interface().(revealer).holdsSecret() {
		return true
	}
	switch t.Kind() {
	case reflect.Interface:
		return true // its content is only known at run time
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsSecret(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if (field.IsExported() || field.Anonymous) && holdsSecret(field.Type, seen) {
				return true
			}
		}
	default:
	}
	return false
}
