package replay

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// receiveStep waits for what the server sends to the receiver and compares it. A step that
// expects nothing gives the server time to send something nevertheless.
func (p *player) receiveStep(ctx context.Context, s *step) ([]Difference, error) {
	path, err := p.vars.expand(s.Receive.Path)
	if err != nil {
		return []Difference{{"receive", s.Receive.Path, err.Error()}}, nil //nolint:nilerr // it is reported as a difference
	}
	enough, wait := s.Receive.Count, p.patience
	if enough == 0 {
		enough, wait = 1, 0
	}
	err = p.until(ctx, 0, s.Receive.Timeout, wait, func() (bool, error) { return p.receiver.waiting(path) >= enough, nil })
	if err != nil && !errors.Is(err, errTimeout) {
		return nil, err
	}
	came := p.receiver.take(path, enough)
	values := make([]any, len(came))
	bodies := make([]any, len(came))
	for i, in := range came {
		values[i] = in
		if bodies[i], err = parseValue(in.body); err != nil {
			bodies[i] = string(in.body)
		}
	}
	diffs := p.captureAll(s.Capture, &answered{value: bodies, json: true})
	want, err := parseValue(s.Received)
	if err != nil {
		return nil, err
	}
	c := &comparer{vars: p.vars}
	if o, isObject := want.(object); isObject {
		items, _ := o.get("items")
		wanted, _ := items.([]any)
		if o.text("like") != "unordered" {
			return nil, fmt.Errorf("step %q: unknown comparison of deliveries %q", s.Name, o.text("like"))
		}
		return append(diffs, c.unordered("delivery", wanted, values, p.compareDelivery)...), nil
	}
	wanted, _ := want.([]any)
	for i := range max(len(wanted), len(values)) {
		at := "delivery." + strconv.Itoa(i)
		switch {
		case i >= len(values):
			diffs = append(diffs, Difference{at, valueText(wanted[i]), nothing})
		case i >= len(wanted):
			diffs = append(diffs, Difference{at, nothing, string(came[i].body)})
		default:
			diffs = append(diffs, p.compareDelivery(c, at, wanted[i], values[i])...)
		}
	}
	return diffs, nil
}

// compareDelivery compares method, path, body and signature, but not the other headers.
// Its times are compared with each other, like those of a response.
func (p *player) compareDelivery(_ *comparer, where string, want, got any) []Difference {
	in, ok := got.(incoming)
	w, isObject := want.(object)
	if !ok || !isObject {
		return differ(where, want, nil)
	}
	c := &comparer{vars: p.vars}
	var diffs []Difference
	for _, m := range w {
		at := below(where, m.name)
		switch m.name {
		case "method":
			diffs = append(diffs, c.compare(at, m.value, in.method)...)
		case "path":
			diffs = append(diffs, c.compare(at, m.value, in.path)...)
		case "text":
			diffs = append(diffs, c.compare(at, m.value, string(in.body))...)
		case "layout":
			diffs = append(diffs, c.compare(at, m.value, layoutOf(in.body))...)
		case "json":
			body, err := parseValue(in.body)
			if err != nil {
				diffs = append(diffs, Difference{at, valueText(m.value), string(in.body)})
				continue
			}
			diffs = append(diffs, c.compare(at, m.value, body)...)
		case "signature":
			diffs = append(diffs, p.compareSignature(at, m.value, in)...)
		}
	}
	return append(diffs, c.checkTimes()...)
}

// compareSignature accepts the secret that the recording names, or any that was seen.
func (p *player) compareSignature(where string, want any, in incoming) []Difference {
	w, _ := want.(object)
	secrets := p.secrets
	if secret := w.text("secret"); secret != "" {
		secrets = []string{p.vars.fill(secret)}
	}
	header := in.header.Get(w.text("header"))
	valid, _ := w.get("valid")
	if signedWith(header, in.body, secrets) == valid {
		return nil
	}
	return []Difference{{where, fmt.Sprintf("valid: %v", valid), fmt.Sprintf("%s: %q", w.text("header"), header)}}
}

// noteSecrets collects what a webhook may sign with: the values of every field with that
// name, in requests and responses.
func (p *player) noteSecrets(v any) {
	switch v := v.(type) {
	case object:
		for _, m := range v {
			if text, ok := m.value.(string); ok && m.name == "secret" && text != "" {
				p.secrets = append(p.secrets, text)
			}
			p.noteSecrets(m.value)
		}
	case []any:
		for _, item := range v {
			p.noteSecrets(item)
		}
	}
}

const (
	pollEvery = 250 * time.Millisecond // if the recording does not say
	patience  = 2 * time.Minute        // of real time, once the clock was moved as far as the recording waited
	glance    = 2 * time.Millisecond
)
