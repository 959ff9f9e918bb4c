package replay

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// creationTimes are the fields that say when something was made, by the server's clock.
var creationTimes = []string{"created", "createdTime", "createdAt", "invoiceTime", "dateCreated"}

// pace keeps the server's clock from falling behind the recorded one: what took the recorded server a second takes a
// sandbox no time, and the times of a response must be as far apart as the recorded ones.
type pace struct {
	recorded time.Time // the newest creation of the first response that has one
	played   time.Time // when its request was sent
}

// keepPace moves the clock before a request, if something of the response was made later on the recorded server.
func (p *player) keepPace(ctx context.Context, s *step) error {
	if p.realTime || s.Response == nil || s.Response.JSON == nil {
		return nil
	}
	wanted, err := parseValue(s.Response.JSON)
	if err != nil {
		return nil //nolint:nilerr // the comparison reports it
	}
	newest := newestCreation(wanted)
	if newest.IsZero() {
		return nil
	}
	now := p.vars.now()
	if p.pace.recorded.IsZero() {
		p.pace = pace{newest, now}
		return nil
	}
	due := p.pace.played.Add(newest.Sub(p.pace.recorded))
	if behind := due.Sub(now); behind > 0 && behind < maxBehind {
		return p.advance(ctx, behind)
	}
	return nil
}

// maxBehind bounds how far a recording can move the clock: one that waited longer says so by a step of its own.
const maxBehind = time.Minute

// newestCreation returns the latest time in the examples of the fields that say when something was made.
func newestCreation(v any) (newest time.Time) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			newest = later(newest, newestCreation(item))
		}
	case object:
		for _, m := range v {
			inner, isObject := m.value.(object)
			if isObject && slices.Contains(creationTimes, m.name) {
				newest = later(newest, exampleTime(inner))
			} else {
				newest = later(newest, newestCreation(m.value))
			}
		}
	}
	return newest
}

// exampleTime returns the example of a time that changes; zero if it is none.
func exampleTime(o object) time.Time {
	example, _ := o.get("example")
	number, _ := example.(json.Number)
	n, err := number.Int64()
	switch like := o.text("like"); {
	case err != nil:
		return time.Time{}
	case like == "unix-seconds":
		return time.Unix(n, 0)
	case like == "unix-ms":
		return time.UnixMilli(n)
	}
	return time.Time{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
