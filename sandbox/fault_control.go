package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// faultRecord is how control answers a fault.
type faultRecord struct {
	ID     string `json:"id"`
	Fault  string `json:"fault"`
	Method string `json:"method"` // empty: any
	Path   string `json:"path"`   // empty: any
	// Left is how many more requests it applies to; -1 all until it is removed.
	Left int `json:"left"`
	Met  int `json:"met"`
}

func recordOf(a *ActiveFault) faultRecord {
	f := a.Fault()
	return faultRecord{a.ID(), f.String(), f.Method, f.Path, max(a.Left(), -1), a.Met()}
}

func (s *Sandbox) controlFault(body []byte) (any, error) {
	var ask struct {
		Kind     string            `json:"kind"`
		Value    string            `json:"value"`
		Method   string            `json:"method"`
		Path     string            `json:"path"`
		Times    int               `json:"times"`
		Latency  string            `json:"latency"`
		Executed bool              `json:"executed"`
		Header   map[string]string `json:"header"`
		Body     string            `json:"body"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	f, err := NewFault(ask.Kind, ask.Value)
	if err != nil {
		return nil, err
	}
	f.Method, f.Path, f.Times, f.Executed = ask.Method, ask.Path, ask.Times, f.Executed || ask.Executed
	if ask.Latency != "" {
		if f.Latency != 0 {
			return nil, errors.New("latency: the kind latency has it as its value")
		}
		if f.Latency, err = time.ParseDuration(ask.Latency); err != nil {
			return nil, errors.New(`latency: must be a duration such as "5s"`)
		}
	}
	if ask.Header != nil && f.Header == nil {
		f.Header = http.Header{}
	}
	for name, value := range ask.Header {
		f.Header.Set(name, value)
	}
	if ask.Body != "" {
		f.Body = ask.Body
	}
	active, err := s.Fault(f)
	if err != nil {
		return nil, err
	}
	return recordOf(active), nil
}

func (s *Sandbox) controlFaultList(body []byte) (any, error) {
	if err := readControl(body, &struct{}{}); err != nil {
		return nil, err
	}
	return s.faultRecords(), nil
}

func (s *Sandbox) faultRecords() []faultRecord {
	records := []faultRecord{}
	for _, a := range s.Faults() {
		records = append(records, recordOf(a))
	}
	return records
}

func (s *Sandbox) controlFaultRemove(body []byte) (any, error) {
	var ask struct {
		ID  string `json:"id"`
		All bool   `json:"all"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	if ask.All == (ask.ID != "") {
		return nil, errors.New(`give the "id" of a fault, or "all": true`)
	}
	if ask.All {
		records := s.faultRecords()
		s.RemoveFaults()
		return records, nil
	}
	for _, a := range s.Faults() {
		if a.ID() == ask.ID {
			a.Remove()
			return []faultRecord{recordOf(a)}, nil
		}
	}
	return nil, fmt.Errorf("there is no fault %q: it was removed, or it has applied to all its requests", ask.ID)
}
