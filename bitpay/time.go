package bitpay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Time is a time that is sent as Unix time in milliseconds, a JSON integer. The Greenfield
// API of the same server uses seconds.
type Time struct{ time.Time }

// maxMillis is the end of the year 9999. RFC 3339 cannot express a later time.
const maxMillis = 253402300799999

// MarshalJSON writes milliseconds, or null for the zero time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, t.UnixMilli(), 10), nil
}

// UnmarshalJSON reads milliseconds; null leaves t unchanged.
func (t *Time) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	millis, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil || millis < -maxMillis || millis > maxMillis {
		return fmt.Errorf("%.40q is no time in unix milliseconds", data)
	}
	t.Time = time.UnixMilli(millis).UTC()
	return nil
}

// UTCTime is a time in UTC that the server writes in ISO 8601 without a zone. This package
// writes it with its zone.
type UTCTime struct{ time.Time }

// UnmarshalJSON reads ISO 8601 with or without a zone; null leaves t unchanged.
func (t *UTCTime) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return err
	}
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if parsed, err := time.Parse(layout, *text); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return fmt.Errorf("%.40q is no time in ISO 8601", *text)
}
