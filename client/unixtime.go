package client

import (
	"fmt"
	"strconv"
	"time"
)

// A UnixSeconds is a time that JSON has as a whole number of seconds since 1970. The
// Greenfield API uses it.
type UnixSeconds struct{ time.Time }

// A UnixMillis is a time that JSON has as a whole number of milliseconds since 1970. The
// BitPay-compatible API uses it.
type UnixMillis struct{ time.Time }

// The years 0 to 9999, in seconds. RFC 3339 and the JSON of a [time.Time] have no other
// years.
const (
	minUnix = -62167219200
	maxUnix = 253402300799
)

// MarshalJSON writes seconds, or null for the zero time. A year outside 0 to 9999 is an
// error.
func (t UnixSeconds) MarshalJSON() ([]byte, error) { return unixJSON(t.Time, t.Unix()) }

// MarshalJSON writes milliseconds, or null for the zero time. A year outside 0 to 9999 is
// an error.
func (t UnixMillis) MarshalJSON() ([]byte, error) { return unixJSON(t.Time, t.UnixMilli()) }

func unixJSON(t time.Time, count int64) ([]byte, error) {
	switch {
	case t.IsZero():
		return []byte("null"), nil
	case t.Unix() < minUnix || t.Unix() > maxUnix:
		return nil, fmt.Errorf("the time %v is outside the years 0 to 9999", t)
	}
	return strconv.AppendInt(nil, count, 10), nil
}

// UnmarshalJSON reads seconds; null leaves t unchanged. It refuses text, fractions and
// exponents, and years outside 0 to 9999.
func (t *UnixSeconds) UnmarshalJSON(data []byte) error {
	seconds, ok := unixCount(data, 1)
	if ok {
		t.Time = time.Unix(seconds, 0).UTC()
	} else if string(data) != "null" {
		return fmt.Errorf("%.40q is no time in unix seconds", data)
	}
	return nil
}

// UnmarshalJSON reads milliseconds; null leaves t unchanged. It refuses text, fractions
// and exponents, and years outside 0 to 9999.
func (t *UnixMillis) UnmarshalJSON(data []byte) error {
	millis, ok := unixCount(data, 1000)
	if ok {
		t.Time = time.UnixMilli(millis).UTC()
	} else if string(data) != "null" {
		return fmt.Errorf("%.40q is no time in unix milliseconds", data)
	}
	return nil
}

func unixCount(data []byte, perSecond int64) (count int64, ok bool) {
	count, err := strconv.ParseInt(string(data), 10, 64)
	return count, err == nil && count >= minUnix*perSecond && count < (maxUnix+1)*perSecond
}
