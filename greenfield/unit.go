package greenfield

import (
	"fmt"
	"strconv"
	"time"
)

// Time is a moment that is sent as unix time in seconds, a JSON integer. The
// BitPay-compatible API of the same server uses milliseconds.
type Time struct{ time.Time }

// maxSeconds is the end of the year 9999. A later time.Time cannot be written in RFC
// 3339.
const maxSeconds = 253402300799

// MarshalJSON writes seconds, and null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, t.Unix(), 10), nil
}

// UnmarshalJSON reads seconds; null leaves t as it is.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	seconds, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil || seconds < -maxSeconds || seconds > maxSeconds {
		return fmt.Errorf("%.40q is no time in unix seconds", data)
	}
	t.Time = time.Unix(seconds, 0).UTC()
	return nil
}

// Durations are sent as whole numbers. The unit depends on the field.
type (
	// Seconds are used for a store's settings.
	Seconds int64
	// Minutes are used for an invoice's checkout.
	Minutes int64
	// Days are used for refunds over Lightning.
	Days int64
)

// Duration converts s to a [time.Duration].
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Duration converts m to a [time.Duration].
func (m Minutes) Duration() time.Duration { return time.Duration(m) * time.Minute }

// Duration converts d to a [time.Duration].
func (d Days) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }
