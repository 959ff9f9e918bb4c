package operations

import "time"

// A Deadline has passed as soon as its time has passed by the wall clock or by the
// monotonic clock. The monotonic clock stops while a machine is suspended, and the wall
// clock may be set back.
type Deadline struct {
	Wall  time.Time // without a monotonic reading
	Begun time.Time // with one
	Span  time.Duration
}

// After is the deadline that is d after now. A span of 0 means no deadline.
func After(now time.Time, span time.Duration) Deadline {
	if span == 0 {
		return Deadline{}
	}
	return Deadline{now.Round(0).Add(span), now, span}
}

// IsSet reports whether there is a deadline.
func (d Deadline) IsSet() bool { return !d.Wall.IsZero() }

// Left is the time until the deadline, by the clock on which less is left.
func (d Deadline) Left(now time.Time) time.Duration { return d.leftBy(now.Round(0), now.Sub(d.Begun)) }

func (d Deadline) leftBy(wall time.Time, running time.Duration) time.Duration {
	return min(d.Wall.Sub(wall), d.Span-running)
}

// IsOver reports whether there is a deadline and its time has passed.
func (d Deadline) IsOver(now time.Time) bool { return d.IsSet() && d.Left(now) <= 0 }
