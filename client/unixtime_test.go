package client_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

func TestUnixTimes(t *testing.T) {
	for text, want := range map[string]string{
		"1795421440": "2026-11-23T08:10:40Z", "0": "1970-01-01T00:00:00Z", "-1": "1969-12-31T23:59:59Z",
		"253402300799": "9999-12-31T23:59:59Z", "-62167219200": "0000-01-01T00:00:00Z",
	} {
		var at client.UnixSeconds
		if err := json.Unmarshal([]byte(text), &at); err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("%s became %v, %v", text, at, err)
		}
		if again, err := json.Marshal(at); err != nil || string(again) != text {
			t.Errorf("%s was written as %s, %v", text, again, err)
		}
	}
	for text, want := range map[string]string{
		"1795421440812": "2026-11-23T08:10:40.812Z", "-1": "1969-12-31T23:59:59.999Z",
		"253402300799999": "9999-12-31T23:59:59.999Z", "-62167219200000": "0000-01-01T00:00:00Z",
	} {
		var at client.UnixMillis
		if err := json.Unmarshal([]byte(text), &at); err != nil || at.Format(time.RFC3339Nano) != want {
			t.Errorf("%s became %v, %v", text, at, err)
		}
		if again, err := json.Marshal(at); err != nil || string(again) != text {
			t.Errorf("%s was written as %s, %v", text, again, err)
		}
	}
}

// A number that is no time is refused, and leaves the time as it was.
func TestUnixTimesRefused(t *testing.T) {
	seconds, millis := client.UnixSeconds{Time: time.Unix(1, 0)}, client.UnixMillis{Time: time.Unix(1, 0)}
	for _, text := range []string{`"1795421440"`, `"2026-11-23"`, `1.5`, `1e9`, `1e300`, `true`, `{}`, `[]`, `99999999999999999`, `-99999999999999999`, `9223372036854775808`} {
		if json.Unmarshal([]byte(text), &seconds) == nil || json.Unmarshal([]byte(text), &millis) == nil {
			t.Errorf("%s was read as a time", text)
		}
	}
	for _, text := range []string{"253402300800", "-62167219201"} {
		if json.Unmarshal([]byte(text), &seconds) == nil || json.Unmarshal([]byte(text+"000"), &millis) == nil {
			t.Errorf("%s seconds were read as a time", text)
		}
	}
	if json.Unmarshal([]byte("null"), &seconds) != nil || json.Unmarshal([]byte("null"), &millis) != nil || seconds.Unix() != 1 || millis.Unix() != 1 {
		t.Errorf("the times changed to %v and %v", seconds, millis)
	}
	for _, value := range []any{client.UnixSeconds{}, client.UnixMillis{}} {
		if text, err := json.Marshal(value); err != nil || string(text) != "null" {
			t.Errorf("the zero time is %s, %v", text, err)
		}
	}
	far := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, value := range []any{client.UnixSeconds{Time: far}, client.UnixMillis{Time: far}} {
		if text, err := json.Marshal(value); err == nil {
			t.Errorf("the year 10000 is %s", text)
		}
	}
}
