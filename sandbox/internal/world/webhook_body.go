package world

import (
	"bytes"
	"encoding/json"
	"slices"
)

// EventBody is how the server writes an event: on many lines, and nothing is escaped for HTML.
func EventBody(event any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(event); err != nil {
		panic(err) // every value is of our own types
	}
	return escapeNextLine(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// escapeNextLine escapes the next-line character, which the server's library escapes and Go's does not.
func escapeNextLine(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte("\u0085"), []byte(`\u0085`))
}

// commonFields are those of all events, in the order in which a redelivery begins.
var commonFields = []string{"deliveryId", "webhookId", "originalDeliveryId", "isRedelivery", "type", "timestamp"}

// redelivered is what is posted when a delivery is made again: the event with another id. The fields of all events come
// first, then those of its type, since the server reads the event without knowing its type.
func redelivered(request []byte, id string) []byte {
	event, err := parseFree(request)
	if err != nil {
		return nil // it was written here
	}
	var first jsonObject
	for _, name := range commonFields {
		m := jsonMember{name, event.get(name)}
		switch name {
		case "deliveryId":
			m.value = id
		case "isRedelivery":
			m.value = true
		}
		first = append(first, m)
	}
	others := slices.DeleteFunc(event.members, func(m jsonMember) bool { return slices.Contains(commonFields, m.name) })
	var b bytes.Buffer
	writeValue(&b, append(first, others...), "  ", 0)
	return escapeNextLine(b.Bytes())
}
