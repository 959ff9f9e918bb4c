package sandbox

import "time"

// The server's zone for log-ins: three at once per address, and one more every twelve seconds.
const (
	throttleBurst  = 3
	throttleRefill = 12 * time.Second
	youngAccount   = 5 * time.Minute // Basic is not throttled for these, so that a first key can be minted

	maxThrottled = 10_000
)

// throttle keeps, for each zone and address, the time at which its bucket will be full again.
type throttle map[string]time.Time

func (t throttle) allow(who string, now time.Time) bool {
	full := t[who]
	if full.Before(now) {
		full = now
	}
	if full.Add(throttleRefill).Sub(now) > throttleBurst*throttleRefill {
		return false
	}
	if len(t) >= maxThrottled {
		for other, full := range t {
			if !full.After(now) {
				delete(t, other)
			}
		}
	}
	if len(t) >= maxThrottled {
		clear(t) // an attack on a test double: forget rather than grow
	}
	t[who] = full.Add(throttleRefill)
	return true
}
