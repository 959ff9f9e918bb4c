package world

import (
	"sync/atomic"
	"time"
)

// clock is the only source of time: the clock below it, plus what control added.
type clock struct {
	below func() time.Time
	ahead atomic.Int64
}

func newClock(below func() time.Time) *clock {
	if below == nil {
		below = time.Now
	}
	return &clock{below: below}
}

func (c *clock) now() time.Time { return c.below().Add(time.Duration(c.ahead.Load())).UTC() }

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
