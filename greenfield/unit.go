package greenfield

import (
	"fmt"
	"strconv"
	"time"
)

// Time is a moment that travels as unix time in seconds, a JSON integer. The
// BitPay half of the same server uses milliseconds.
type Time struct{ time.Time }

// maxSeconds is the end of the year 9999, beyond which time.Time cannot be
// written in RFC 3339.
const maxSeconds = 253402300799

// MarshalJSON writes seconds, null for the zero time.
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

// Spans travel as whole numbers in three units, by the member.
type (
	// Seconds are used for a store's settings.
	Seconds int64
	// Minutes are used for an invoice's checkout.
	Minutes int64
	// Days are used for refunds over Lightning.
	Days int64
)

// Duration returns the span.
func (s Seconds) Duration() time.Duration { return time.Duration(s) * time.Second }

// Duration returns the span.
func (m Minutes) Duration() time.Duration { return time.Duration(m) * time.Minute }

// Duration returns the span.
func (d Days) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }
