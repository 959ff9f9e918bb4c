package serve

import "time"

// Zone is one of the server's throttles: a number of requests at once from an address, and one more after each pause.
type Zone struct {
	name  string
	burst int
	pause time.Duration
}

// The zones of the server.
var (
	LoginZone    = Zone{"login", 3, 12 * time.Second}    // log-ins by form, and Basic (recording 11-auth-errors)
	RegisterZone = Zone{"register", 2, 30 * time.Second} // recording 38-users-open
)

const maxThrottled = 10_000

// throttle holds, for each zone and address, the time at which its bucket will be full again.
type throttle map[string]time.Time

func (t throttle) allow(z Zone, ip string, now time.Time) bool {
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

// Allow reports whether a zone lets the caller's address make one more request, and counts the request.
func (r *Request) Allow(z Zone) bool {
	return r.server.throttle.allow(z, r.Site.IP, r.World.Now())
}

// ForgetCallers empties the throttles. The world's lock is held.
func (s *Server) ForgetCallers() { clear(s.throttle) }
