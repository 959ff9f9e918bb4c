package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
)

// unmarshal is json.Unmarshal. It takes a shorter way for a type that keeps its unknown
// fields in Extra, and for a list of them: the UnmarshalJSON of such a type checks its
// JSON, so that encoding/json need not check it twice before.
func unmarshal(body []byte, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return json.Unmarshal(body, into)
	}
	if keepsExtra(v.Type()) {
		return into.(json.Unmarshaler).UnmarshalJSON(body)
	}
	if list := v.Elem(); list.Kind() == reflect.Slice && keepsExtra(reflect.PointerTo(list.Type().Elem())) && body[0] == '[' {
		return unmarshalList(body, list)
	}
	return json.Unmarshal(body, into)
}

// keepsExtra reports whether a type is a pointer to a struct with a field Extra that its
// UnmarshalJSON fills.
func keepsExtra(t reflect.Type) bool {
	if keeps, known := extraTypes.Load(t); known {
		return keeps.(bool)
	}
	keeps := false
	if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		field, found := t.Elem().FieldByName("Extra")
		keeps = found && field.Type == reflect.TypeFor[map[string]json.RawMessage]() && field.Tag.Get("json") == "-" &&
			t.Implements(reflect.TypeFor[json.Unmarshaler]())
	}
	extraTypes.Store(t, keeps)
	return keeps
}

var errList = errors.New("the list is not valid JSON")

// unmarshalList decodes a JSON array into a slice.
func unmarshalList(body []byte, list reflect.Value) error {
	list.SetLen(0)
	if list.IsNil() {
		list.Set(reflect.MakeSlice(list.Type(), 0, 0))
	}
	at := skipSpace(body, 1)
	for n := 0; at < len(body) && (body[at] != ']' || n > 0); n++ {
		end := endOfValue(body, at)
		list.Grow(1)
		list.SetLen(n + 1)
		element := list.Index(n)
		element.SetZero()
		if err := element.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(body[at:end]); err != nil {
			return err
		}
		at = skipSpace(body, end)
		if at == len(body) || body[at] != ',' {
			break
		}
		at = skipSpace(body, at+1)
	}
	if !bytes.Equal(body[min(at, len(body)):], []byte("]")) {
		return errList
	}
	return nil
}
