package pages

import (
	"testing"
	"time"
)

func TestTimeLeft(t *testing.T) {
	for want, left := range map[string]time.Duration{
		"00:00": 0, "00:59": 59 * time.Second, "14:57": 14*time.Minute + 57*time.Second,
		"0100:01": time.Hour + time.Second, "201:00": 48*time.Hour + time.Minute, "10100:00": 25 * time.Hour,
	} {
		if got := timeLeft(left); got != want {
			t.Errorf("%s: %s, not %s", left, got, want)
		}
	}
}
