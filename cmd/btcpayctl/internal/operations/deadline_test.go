package operations

import (
	"testing"
	"time"
)

// TestDeadline lets the clocks of a machine go apart.
func TestDeadline(t *testing.T) {
	start := time.Now()
	d := After(start, time.Hour)
	for _, test := range []struct {
		name          string
		wall, running time.Duration
		left          time.Duration
	}{
		{"at once", 0, 0, time.Hour},
		{"a little before", 59 * time.Minute, 59 * time.Minute, time.Minute},
		{"on time", time.Hour, time.Hour, 0},
		{"the machine slept", 2 * time.Hour, time.Minute, -time.Hour},
		{"the clock was set back", -5 * time.Hour, time.Hour, 0},
		{"the clock was set back, and there is time", -5 * time.Hour, time.Minute, 59 * time.Minute},
	} {
		if got := d.leftBy(start.Round(0).Add(test.wall), test.running); got != test.left {
			t.Errorf("%s: left %s, want %s", test.name, got, test.left)
		}
	}
	if !d.IsOver(start.Add(time.Hour)) || d.IsOver(start.Add(59*time.Minute)) {
		t.Error("it is over at another time")
	}
	if none := After(start, 0); none.IsSet() || none.IsOver(start.Add(1000*time.Hour)) {
		t.Error("no time is over")
	}
}
