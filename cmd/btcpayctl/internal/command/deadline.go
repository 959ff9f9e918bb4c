package command

import "time"

// A deadline is over as soon as its time has passed by the wall clock or by the
// running clock. The running clock stands still while a machine sleeps, and the wall
// clock may be set back.
type deadline struct {
	wall  time.Time // has no reading of the running clock
	begun time.Time // has one
	span  time.Duration
}

// after is the deadline that is a span away from now. A span of 0 is none.
func after(now time.Time, span time.Duration) deadline {
	if span == 0 {
		return deadline{}
	}
	return deadline{now.Round(0).Add(span), now, span}
}

func (d deadline) isSet() bool { return !d.wall.IsZero() }

func (d deadline) left(now time.Time) time.Duration { return d.leftBy(now.Round(0), now.Sub(d.begun)) }

func (d deadline) leftBy(wall time.Time, running time.Duration) time.Duration {
	return min(d.wall.Sub(wall), d.span-running)
}

// isOver reports whether there is a deadline and its time has passed.
func (d deadline) isOver(now time.Time) bool { return d.isSet() && d.left(now) <= 0 }
