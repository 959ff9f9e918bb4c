package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Recording is a scenario that was played with a real server.
type Recording struct {
	Group  string
	About  string
	Server Server

	keys  map[string]string // private keys of BitId, in hex, by their names in the steps
	vars  map[string]string
	steps []step
	raw   object // the whole recording, for Vary
}

// Server says which server answered, and how a server must be started to play the recording.
type Server struct {
	Version string `json:"version"`
	Network string `json:"network"`
	// Env holds BTCPAY_ROOTPATH, the path that everything is below, and DISABLE_REGISTRATION, "true" if only
	// administrators make users.
	Env map[string]string `json:"env"`
}

// RootPath is the path that everything is below, without a slash at its end.
func (s Server) RootPath() string { return strings.TrimSuffix(s.Env["BTCPAY_ROOTPATH"], "/") }

// DisableRegistration reports whether only administrators make users.
func (s Server) DisableRegistration() bool {
	return strings.EqualFold(s.Env["DISABLE_REGISTRATION"], "true")
}

// step is a request and its response, or an event around the server.
type step struct {
	Name     string            `json:"name"`
	Request  *request          `json:"request"`
	Response *response         `json:"response"`
	Capture  map[string]string `json:"capture"`
	Poll     *poll             `json:"poll"`

	Answer   *receiverAnswer `json:"answer"`
	Receive  *receive        `json:"receive"`
	Received json.RawMessage `json:"received"` // a list of deliveries, or one without an order
	Pay      json.RawMessage `json:"pay"`
	Paid     json.RawMessage `json:"paid"`
	Mine     int             `json:"mine"` // blocks
	Wait     int             `json:"wait"` // milliseconds
	Effect   json.RawMessage `json:"effect"`
	SQL      string          `json:"sql"`   // how the effect was achieved on the real server; not used here
	Error    string          `json:"error"` // why the request could not be sent to the recorded server
}

type request struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Exact   bool              `json:"exact"` // no root path in front
	Auth    *auth             `json:"auth"`
	Headers map[string]string `json:"headers"`

	JSON        json.RawMessage `json:"json"`
	Text        *string         `json:"text"`
	Hex         *string         `json:"hex"`
	Form        []formChange    `json:"form"`
	ContentType *string         `json:"contentType"`

	Session  string    `json:"session"`
	CSRF     bool      `json:"csrf"`
	FromPage *fromPage `json:"fromPage"`
}

type auth struct {
	Basic  []string `json:"basic"`
	Token  *string  `json:"token"`
	Bearer *string  `json:"bearer"`
	Legacy *string  `json:"legacy"`
	bitID
}

// bitID signs with the key of a name, or wrongly as its other fields say.
type bitID struct {
	Key          string  `json:"bitid"`
	Over         *string `json:"over"`
	Body         *string `json:"body"`
	HighS        bool    `json:"highS"`
	Uncompressed bool    `json:"uncompressed"`
	Identity     *string `json:"identity"`
	Signature    *string `json:"signature"`
	Signer       string  `json:"signer"`
	Form         string  `json:"form"`
}

type fromPage struct {
	Button string `json:"button"`
	Having string `json:"having"`
}

// formChange is a field of a form: name and value. A nil value removes the field from the page's form.
type formChange struct {
	name  string
	value *string
}

func (c *formChange) UnmarshalJSON(text []byte) error {
	var pair []*string
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 || pair[0] == nil {
		return errors.New("a form field needs a name and a value")
	}
	c.name, c.value = *pair[0], pair[1]
	return nil
}

type response struct {
	Status  int             `json:"status"`
	Headers map[string]fact `json:"headers"`
	JSON    json.RawMessage `json:"json"`
	Text    *string         `json:"text"`
	Page    *pageFacts      `json:"page"`
	Empty   bool            `json:"empty"`
}

// fact is a recorded text, or the form of a text that changes.
type fact struct{ value any }

func (f *fact) UnmarshalJSON(text []byte) (err error) {
	f.value, err = parseValue(text)
	return err
}

// pageFacts is what a recording has of an HTML page.
type pageFacts struct {
	Title  string            `json:"title"`
	Alerts []json.RawMessage `json:"alerts"` // a string, or the form of a string that changes
	Forms  []formFacts       `json:"forms"`
	Texts  texts             `json:"texts"`
}

// texts are the texts of a page; none if the whole list changes.
type texts []json.RawMessage

func (t *texts) UnmarshalJSON(text []byte) error {
	var form struct {
		Any string `json:"$any"`
	}
	if json.Unmarshal(text, &form) == nil && form.Any == "array" {
		return nil
	}
	return json.Unmarshal(text, (*[]json.RawMessage)(t))
}

type formFacts struct {
	Action  string        `json:"action"`
	Method  string        `json:"method"`
	Fields  []fieldFacts  `json:"fields"`
	Buttons []buttonFacts `json:"buttons"`
}

// fieldFacts is a field. Its value and state are for readers of a recording, and not compared.
type fieldFacts struct {
	Name     string          `json:"name"`
	Type     fact            `json:"type"`
	Value    json.RawMessage `json:"value"`
	Checked  bool            `json:"checked"`
	Readonly bool            `json:"readonly"`
	Options  json.RawMessage `json:"options"`
}

type buttonFacts struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Text  string `json:"text"`
}

func (b buttonFacts) called(button string) bool { return b.Value == button || b.Text == button }

func (f *formFacts) button(called string) bool {
	for _, b := range f.Buttons {
		if b.called(called) {
			return true
		}
	}
	return false
}

// poll repeats a request until a condition is met. Times are milliseconds.
type poll struct {
	Until   string `json:"until"`
	Every   int    `json:"every"`
	Timeout int    `json:"timeout"`
}

type receiverAnswer struct {
	Path     string `json:"path"`
	Statuses []int  `json:"statuses"`
}

type receive struct {
	Path    string `json:"path"`
	Count   int    `json:"count"`
	Timeout int    `json:"timeout"` // milliseconds
}

// Load reads a recording from its file. Unknown fields are an error: to ignore one would make the recording prove
// less than it says.
func Load(path string) (*Recording, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	r, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", path, err)
	}
	return r, nil
}

// LoadAll reads the recordings that match a pattern of [filepath.Glob], sorted by name. It is an error if there are
// none.
func LoadAll(pattern string) ([]*Recording, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("recordings %q: %w", pattern, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("recordings %q: no file matches", pattern)
	}
	recordings := make([]*Recording, len(paths))
	for i, path := range paths {
		if recordings[i], err = Load(path); err != nil {
			return nil, err
		}
	}
	return recordings, nil
}

func parse(data []byte) (*Recording, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var file struct {
		Group  string            `json:"group"`
		About  string            `json:"about"`
		Server Server            `json:"server"`
		Keys   map[string]string `json:"keys"`
		Vars   map[string]string `json:"vars"`
		Steps  []step            `json:"steps"`
	}
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	value, err := parseValue(data)
	if err != nil {
		return nil, err
	}
	raw, ok := value.(object)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	r := &Recording{Group: file.Group, About: file.About, Server: file.Server, keys: file.Keys, vars: file.Vars, steps: file.Steps, raw: raw}
	seen := map[string]bool{}
	for _, s := range r.steps {
		if seen[s.Name] {
			return nil, fmt.Errorf("two steps are named %q", s.Name)
		}
		seen[s.Name] = true
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("step %q: %w", s.Name, err)
		}
	}
	return r, nil
}

func (s *step) check() error {
	kinds := 0
	for _, there := range []bool{s.Request != nil, s.Answer != nil, s.Receive != nil, s.Pay != nil, s.Mine != 0, s.Wait != 0, s.Effect != nil} {
		if there {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf("it has %d kinds of event instead of one", kinds)
	case (s.Request != nil && s.Error == "") != (s.Response != nil):
		return errors.New("request and response must both be present")
	case s.Request != nil && s.Request.Auth != nil && s.Request.Auth.Basic != nil && len(s.Request.Auth.Basic) != 2:
		return errors.New("basic needs a user and a password")
	case (s.Receive != nil) != (s.Received != nil):
		return errors.New("receive and received must both be present")
	}
	return nil
}
