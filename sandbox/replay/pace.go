package replay

import (
	"context"
	"encoding/json"
	"time"
)

// A recorded server took its time over each request, and responses show ages: what is a second old in the recording has to
// be about as old in the play. So the sandbox's clock is moved on before a request by what the recorded server took more.

// leap is the longest pause between two recorded requests; what lies further ahead is a date in the future.
const leap = time.Minute

// recordedTimes returns when each step was recorded, as far as the responses say; 0 for unknown. A time that is in no
// response before, and not far ahead, is the present.
func (r *Recording) recordedTimes() []time.Duration {
	times := make([]time.Duration, len(r.steps))
	seen := map[time.Duration]bool{}
	now := time.Duration(0)
	for i := range r.steps {
		s := &r.steps[i]
		if now > 0 {
			now += time.Duration(s.Wait) * time.Millisecond
		}
		if s.Response == nil || s.Response.JSON == nil {
			continue
		}
		wanted, err := parseValue(s.Response.JSON)
		if err != nil {
			continue // the play reports it
		}
		present := time.Duration(0)
		for _, t := range datesIn(wanted, nil) {
			recent := now == 0 || t >= now-time.Second && t <= now+leap
			if recent && !seen[t] && (present == 0 || t < present) {
				present = t
			}
			seen[t] = true
		}
		if present > 0 {
			now = max(now, present)
			times[i] = now
		}
	}
	return times
}

// datesIn appends the recorded examples of times in a value, since 1970.
func datesIn(v any, dates []time.Duration) []time.Duration {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			dates = datesIn(item, dates)
		}
	case object:
		unit := unitOf(v.text("like"))
		example, _ := v.get("example")
		if number, ok := example.(json.Number); ok && unit > 0 {
			if n, err := number.Int64(); err == nil {
				return append(dates, time.Duration(n)*unit)
			}
		}
		for _, m := range v {
			dates = datesIn(m.value, dates)
		}
	}
	return dates
}

func unitOf(like string) time.Duration {
	return map[string]time.Duration{"unix-seconds": time.Second, "unix-ms": time.Millisecond}[like]
}

// keepPace moves the clock on before a step is played, so that as much time passes between the dated steps as did in the
// recording.
func (p *player) keepPace(ctx context.Context, i int) error {
	recorded := p.recordedAt[i]
	if recorded == 0 || p.realTime {
		return nil
	}
	if p.pacedAt.IsZero() {
		p.pacedAt, p.paced = p.now(), recorded
		return nil
	}
	if p.rec.steps[i].Poll == nil { // polls move the clock themselves
		behind := recorded - p.paced - p.now().Sub(p.pacedAt)
		if behind > glance {
			if err := p.deliver(ctx); err != nil {
				return err
			}
			if err := p.advance(ctx, behind); err != nil {
				return err
			}
		}
	}
	p.pacedAt, p.paced = p.now(), recorded
	return nil
}

// now is the sandbox's time.
func (p *player) now() time.Time { return time.Now().Add(p.ahead) }
