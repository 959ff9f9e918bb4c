package client

import (
	"encoding/json"
	"log/slog"
	"reflect"
)

// An Opt is a field of a request that may be absent, null or set. The zero value is
// absent. The field needs the option omitzero in its JSON tag. [Set] and [Null] return the
// other two states. Requests use an Opt where the server treats an empty value or null
// differently from a field that is left out.
type Opt[T any] struct {
	value T
	state optState
}

type optState uint8

const (
	optAbsent optState = iota
	optNull
	optSet
)

// Set returns an Opt that is set to a value, which may be the zero value.
func Set[T any](value T) Opt[T] { return Opt[T]{value, optSet} }

// Null returns an Opt that is null.
func Null[T any]() Opt[T] { return Opt[T]{state: optNull} }

// Get returns the value, and whether the Opt is set.
func (o Opt[T]) Get() (T, bool) { return o.value, o.state == optSet }

// IsZero reports whether the Opt is absent. It is false for null and for every value.
func (o Opt[T]) IsZero() bool { return o.state == optAbsent }

// IsNull reports whether the Opt is null.
func (o Opt[T]) IsNull() bool { return o.state == optNull }

// MarshalJSON writes the value or null. It also writes null for an absent Opt, because
// only omitzero can leave a field out.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != optSet {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads a value or null.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Null[T]()
		return nil
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*o = Set(value)
	return nil
}

// LogValue implements [slog.LogValuer].
func (o Opt[T]) LogValue() slog.Value {
	switch o.state {
	case optNull:
		return slog.StringValue("null")
	case optSet:
		return slog.AnyValue(o.value)
	default:
		return slog.StringValue("absent")
	}
}

func (o Opt[T]) reveal(mode revealMode, found *[]Secret) any {
	if o.state == optSet {
		value, secrets := revealed(any(o.value), mode)
		if len(secrets) > 0 {
			*found = append(*found, secrets...)
			o.value = value.(T)
		}
	}
	return o
}

func (o Opt[T]) holdsSecret() bool { return mayHoldSecret(reflect.TypeFor[T]()) }
