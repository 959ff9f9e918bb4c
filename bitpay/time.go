package bitpay

import (
	"encoding/json"
	"fmt"
	"time"
)

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
