package bitpay_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-11-23T07:30:40"`: "2026-11-23T07:30:40Z", `"2026-11-23T07:30:40.1234567"`: "2026-11-23T07:30:40.1234567Z",
		`"2026-11-23T08:30:40+01:00"`: "2026-11-23T07:30:40Z", `"2026-11-23T07:30:40Z"`: "2026-11-23T07:30:40Z", `null`: "0001-01-01T00:00:00Z",
	} {
		var at bitpay.UTCTime
		if err := json.Unmarshal([]byte(text), &at); err != nil || at.Format(time.RFC3339Nano) != want {
			t.Errorf("%s became %v, %v", text, at, err)
		}
	}
	var utc bitpay.UTCTime
	if json.Unmarshal([]byte(`"yesterday"`), &utc) == nil || json.Unmarshal([]byte(`17`), &utc) == nil {
		t.Error("a word or a number was read")
	}
}
