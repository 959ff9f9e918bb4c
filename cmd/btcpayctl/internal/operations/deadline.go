package operations

import "time"

// A Deadline is over as soon as its time has passed by the wall clock or by the
// running clock. The running clock stands still while a machine sleeps, and the wall
// clock may be set back.
type Deadline struct {
	Wall  time.Time // has no reading of the running clock
	Begun time.Time // has one
	Span  time.Duration
}

// After is the deadline that is a span away from now. A span of 0 is none.
func After(now time.Time, span time.Duration) Deadline {
	if span == 0 {
		return Deadline{}
	}
	return Deadline{now.Round(0).Add(span), now, span}
}

// IsSet reports whether there is a deadline.
func (d Deadline) IsSet() bool { return !d.Wall.IsZero() }

// Left is the time until the deadline, by whichever clock has less.
func (d Deadline) Left(now time.Time) time.Duration { return d.leftBy(now.Round(0), now.Sub(d.Begun)) }

func (d Deadline) leftBy(wall time.Time, running time.Duration) time.Duration {
	return min(d.Wall.Sub(wall), d.Span-running)
}

// IsOver reports whether there is a deadline and its time has passed.
func (d Deadline) IsOver(now time.Time) bool { return d.IsSet() && d.Left(now) <= 0 }
