package bitpay_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

func TestTimes(t *testing.T) {
	var at bitpay.Time
	if err := json.Unmarshal([]byte("1795421440812"), &at); err != nil || at.Format(time.RFC3339Nano) != "2026-11-23T08:10:40.812Z" {
		t.Errorf("got %v, %v", at, err)
	}
	if out, err := json.Marshal([]bitpay.Time{at, {}}); err != nil || string(out) != "[1795421440812,null]" {
		t.Errorf("got %s, %v", out, err)
	}
	for _, text := range []string{`"2026-11-23"`, `1.5`, `1e300`, `99999999999999999`, `true`, `{}`} {
		if json.Unmarshal([]byte(text), &at) == nil {
			t.Errorf("%s is no time", text)
		}
	}
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
