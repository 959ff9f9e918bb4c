package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Exchange is a request of a recording and the response of the recorded server, with an example of every value that
// changes from run to run. Tests of a client need no server: they read exchanges to check that the client sends such
// requests and reads such responses. All tests of the project read one copy of the recordings,
// sandbox/testdata/recordings/<version>.
type Exchange struct {
	Version  string // of the recorded server
	Group    string
	Name     string // of the step
	Request  Request
	Response Response
}

// String names the exchange by version, group and step.
func (e Exchange) String() string { return e.Version + " " + e.Group + ": " + e.Name }

// Request is what a client sends.
type Request struct {
	Method string
	Path   string          // with the query, without the root path
	Token  string          // the API key; empty for other credentials and for none
	JSON   json.RawMessage // the body; nil if it is empty or was recorded as text, bytes or a form
}

// Response is what the server sends back.
type Response struct {
	Status int
	JSON   json.RawMessage // the body; nil if it is empty, text or a page
}

// Exchanges returns the requests of the recording in their order. It fails where the recording has no example of a value.
func (r *Recording) Exchanges() ([]Exchange, error) {
	vars, err := r.examples()
	if err != nil {
		return nil, err
	}
	var exchanges []Exchange
	for _, s := range r.steps {
		if s.Request == nil || s.Response == nil {
			continue
		}
		e := Exchange{Version: r.Server.Version, Group: r.Group, Name: s.Name}
		e.Request.Method, e.Response.Status = s.Request.Method, s.Response.Status
		path, pathErr := vars.expand(s.Request.Path)
		sent, sentErr := vars.example(s.Request.JSON)
		got, gotErr := vars.example(s.Response.JSON)
		var token string
		var tokenErr error
		if s.Request.Auth != nil && s.Request.Auth.Token != nil {
			token, tokenErr = vars.expand(*s.Request.Auth.Token)
		}
		if err := errors.Join(pathErr, sentErr, gotErr, tokenErr); err != nil {
			return nil, fmt.Errorf("%s: step %q: %w", r.Group, s.Name, err)
		}
		e.Request.Path, e.Request.Token, e.Request.JSON, e.Response.JSON = path, token, sent, got
		exchanges = append(exchanges, e)
	}
	return exchanges, nil
}

// Deliveries returns the JSON bodies that the recorded server sent by itself, such as webhooks and notifications, in
// their order and with examples as in [Recording.Exchanges].
func (r *Recording) Deliveries() ([]json.RawMessage, error) {
	vars, err := r.examples()
	if err != nil {
		return nil, err
	}
	var bodies []json.RawMessage
	for _, s := range r.steps {
		if s.Received == nil {
			continue
		}
		received, err := vars.example(s.Received)
		var deliveries []struct {
			JSON json.RawMessage `json:"json"`
		}
		if err := errors.Join(err, json.Unmarshal(received, &deliveries)); err != nil {
			return nil, fmt.Errorf("%s: step %q: %w", r.Group, s.Name, err)
		}
		for _, d := range deliveries {
			if d.JSON != nil {
				bodies = append(bodies, d.JSON)
			}
		}
	}
	return bodies, nil
}

// recordedAt is the time of the recordings, for those of their values that follow the clock.
var recordedAt = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// examples gives every variable of the recording a value, so that it can be read without a server.
func (r *Recording) examples() (*variables, error) {
	values, _, err := r.known("https://shop.example.com", "shop.example.com", "receiver.example.com")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Group, err)
	}
	vars := &variables{values: values, now: func() time.Time { return recordedAt }}
	for _, s := range r.steps {
		for name, how := range s.Capture {
			if other := s.Response.captured(how); other != name && vars.values[other] != "" {
				vars.values[name] = vars.values[other] // one value by two names
				continue
			}
			sum := sha256.Sum256([]byte(r.Group + " " + name))
			vars.values[name] = hex.EncodeToString(sum[:20]) // as long as an API key, and fit to be an id
		}
	}
	return vars, nil
}

// captured returns the name by which the recorded page has the value of a form's field that a step captures.
func (r *response) captured(how string) string {
	form, field, isField := strings.Cut(strings.TrimPrefix(how, "form:"), ".")
	i, err := strconv.Atoi(form)
	if r == nil || r.Page == nil || !isField || err != nil || i >= len(r.Page.Forms) {
		return ""
	}
	for _, f := range r.Page.Forms[i].Fields {
		var value string
		if f.Name == field && json.Unmarshal(f.Value, &value) == nil {
			return strings.TrimSuffix(strings.TrimPrefix(value, "{{"), "}}")
		}
	}
	return ""
}

// example writes the JSON of a recording as a server or client could have sent it; nil stays nil.
func (v *variables) example(recorded json.RawMessage) (json.RawMessage, error) {
	if recorded == nil {
		return nil, nil
	}
	value, err := parseValue(recorded)
	if err != nil {
		return nil, err
	}
	if value, err = exampleOf(value); err != nil {
		return nil, err
	}
	if value, err = v.expandValue(value); err != nil {
		return nil, err
	}
	return json.RawMessage(valueText(value)), nil
}

// exampleOf puts examples in the place of forms, and leaves out what may be missing.
func exampleOf(value any) (_ any, err error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i := range value {
			if list[i], err = exampleOf(value[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	case object:
		if number, special := value.get("$number"); special {
			return json.Number(plainText(number)), nil
		}
		if kind, special := value.get("$any"); special {
			return exampleOfForm(value, kind)
		}
		filled := object{}
		for _, m := range value {
			if isOptional(m.value) {
				continue
			}
			example, err := exampleOf(m.value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			filled = append(filled, member{m.name, example})
		}
		return filled, nil
	}
	return value, nil
}

func exampleOfForm(form object, kind any) (any, error) {
	if items, known := form.get("items"); known {
		return exampleOf(items)
	}
	if example, known := form.get("example"); known {
		return exampleOf(example)
	}
	switch kind {
	case "array":
		return []any{}, nil
	case "value":
		return nil, nil
	}
	return nil, fmt.Errorf("the recording has no example of %s", describe(kind, form))
}
