package sandbox

import "time"

// zone is one of the server's throttles: so many at once per address, and one more after each pause.
type zone struct {
	name  string
	burst int
	pause time.Duration
}

var (
	loginZone    = zone{"login", 3, 12 * time.Second}    // log-ins by form, and Basic (recording 11-auth-errors)
	registerZone = zone{"register", 2, 30 * time.Second} // recording 38-users-open
)

const (
	youngAccount = 5 * time.Minute // Basic is not throttled for these, so that a first key can be minted

	maxThrottled = 10_000
)

// throttle keeps, for each zone and address, the time at which its bucket will be full again.
type throttle map[string]time.Time

func (t throttle) allow(z zone, ip string, now time.Time) bool {
	who := z.name + " " + ip
	full := t[who]
	if full.Before(now) {
		full = now
	}
	if full.Add(z.pause).Sub(now) > time.Duration(z.burst)*z.pause {
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
	t[who] = full.Add(z.pause)
	return true
}
