package cli

import (
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// ClockText is a span as 14:56.
func ClockText(d time.Duration) string {
	seconds := max(int(d.Round(time.Second)/time.Second), 0)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// ClockTime is a time for people: of today in a layout such as 15:04, and of
// another day with that day before it.
func ClockTime(a *app.App, t time.Time, layout string) string {
	t, now := t.Local(), a.Now().Local()
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		layout = time.DateOnly + " " + layout
	}
	return t.Format(layout)
}

// Layouts of [ClockTime].
const (
	ToTheMinute = "15:04"
	ToTheSecond = time.TimeOnly
)
