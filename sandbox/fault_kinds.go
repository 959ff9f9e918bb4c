package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind is a fault that [NewFault] makes by its name.
type FaultKind struct {
	Name string
	// Value says what its value is, such as "DURATION"; empty if it takes none.
	Value string
	// About says what happens to a request.
	About string

	build func(value string) (Fault, error)
}

// FaultKinds returns the faults that [NewFault] makes.
func FaultKinds() []FaultKind { return slices.Clone(faultKinds) }

var faultKinds = []FaultKind{
	{"latency", "DURATION", "the response comes later, such as 5s", func(value string) (Fault, error) {
		d, err := duration(value)
		return Fault{Latency: d}, err
	}},
	{"status", "CODE", "the request is refused with a status, such as 503", func(value string) (Fault, error) {
		status, err := strconv.Atoi(value)
		if err != nil || status < 200 || status > 599 {
			return Fault{}, fmt.Errorf("%q must be a status from 200 to 599", value)
		}
		return Fault{Status: status}, nil
	}},
	{"lost", "", "the request is carried out, and its response is lost", func(string) (Fault, error) {
		return Fault{Drop: true, Executed: true}, nil
	}},
	{"drop", "", "the connection is closed before the request is carried out", func(string) (Fault, error) {
		return Fault{Drop: true}, nil
	}},
	{"cut", "BYTES", "the connection is closed after so many bytes of the body", func(value string) (Fault, error) {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return Fault{}, fmt.Errorf("%q must be a number of bytes, 0 or more", value)
		}
		return Fault{CutAfter: &n}, nil
	}},
	{"reset", "", "the connection is reset before the request is carried out", func(string) (Fault, error) {
		return Fault{Reset: true}, nil
	}},
	{"bad-json", "", "the response ends in the middle of its JSON", func(string) (Fault, error) {
		return Fault{BadJSON: true}, nil
	}},
	{"throttle", "DURATION", "the request is refused with 429, and Retry-After in seconds", func(value string) (Fault, error) {
		d, err := duration(value)
		if err != nil {
			return Fault{}, err
		}
		seconds := (d + time.Second - 1) / time.Second
		return Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {strconv.Itoa(int(seconds))}}}, nil
	}},
	{"clock-skew", "DURATION", "the Date of the response is wrong by so much, such as -10m", func(value string) (Fault, error) {
		d, err := time.ParseDuration(value)
		if err != nil || d == 0 {
			return Fault{}, fmt.Errorf("%q must be a duration other than 0, such as 10m or -10m", value)
		}
		return Fault{Skew: d}, nil
	}},
	{"maintenance", "", "the request is refused with 503 and an HTML page", func(string) (Fault, error) {
		return Fault{Status: http.StatusServiceUnavailable, Header: htmlHeader("Retry-After", "120"), Body: maintenancePage}, nil
	}},
	{"firewall", "", "the request is refused with 403 and an HTML page", func(string) (Fault, error) {
		return Fault{Status: http.StatusForbidden, Header: htmlHeader(), Body: firewallPage}, nil
	}},
}

func duration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d > maxLatency {
		return 0, fmt.Errorf("%q must be a duration above 0 and up to 1h, such as 500ms or 30s", value)
	}
	return d, nil
}

func htmlHeader(more ...string) http.Header {
	h := http.Header{"Content-Type": {"text/html; charset=UTF-8"}, "Cache-Control": {"no-store"}}
	for i := 0; i+1 < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return h
}

const (
	maintenancePage = `<!DOCTYPE html>
<html><head><title>Down for maintenance</title></head>
<body><h1>Down for maintenance</h1><p>We are upgrading our payment server and will be back in a few minutes.</p></body></html>
`
	firewallPage = `<!DOCTYPE html>
<html><head><title>Access denied</title></head>
<body><h1>Access denied</h1><p>Your request was blocked by the web application firewall of this site. Enable JavaScript and cookies to continue.</p></body></html>
`
)

// NewFault makes a fault of a kind, such as "status" with the value "503", "lost", or "throttle"
// with the value "30s". [FaultKinds] returns all of them. The caller may set further fields,
// such as Path and Times. An error says what is wrong with the kind or the value.
func NewFault(kind, value string) (Fault, error) {
	i := slices.IndexFunc(faultKinds, func(k FaultKind) bool { return k.Name == kind })
	if i < 0 {
		names := make([]string, len(faultKinds))
		for i, k := range faultKinds {
			names[i] = k.Name
		}
		return Fault{}, fmt.Errorf("sandbox: fault: there is no kind %q: there are %s", kind, strings.Join(names, ", "))
	}
	k := faultKinds[i]
	switch {
	case k.Value == "" && value != "":
		return Fault{}, fmt.Errorf("sandbox: fault: %s takes no value", kind)
	case k.Value != "" && value == "":
		return Fault{}, fmt.Errorf("sandbox: fault: %s needs a value: %s", kind, k.Value)
	}
	f, err := k.build(value)
	if err != nil {
		return Fault{}, fmt.Errorf("sandbox: fault: %s: %w", kind, err)
	}
	f.kind = strings.TrimSpace(kind + " " + value)
	return f, nil
}

// String says in a few words what the fault does, such as "status 503".
func (f Fault) String() string {
	var words []string
	switch {
	case f.kind != "":
		words = append(words, f.kind)
	case f.Status != 0:
		words = append(words, fmt.Sprintf("status %d", f.Status))
	case f.CutAfter != nil:
		words = append(words, fmt.Sprintf("cut %d", *f.CutAfter))
	case f.BadJSON:
		words = append(words, "bad-json")
	case f.Drop && f.Executed:
		words = append(words, "lost")
	case f.Drop:
		words = append(words, "drop")
	case f.Reset:
		words = append(words, "reset")
	}
	if f.Latency > 0 && !strings.HasPrefix(f.kind, "latency") {
		words = append(words, "latency "+f.Latency.String())
	}
	if f.Skew != 0 && !strings.HasPrefix(f.kind, "clock-skew") {
		words = append(words, "clock-skew "+f.Skew.String())
	}
	if f.Executed && f.CutAfter == nil && !f.BadJSON && !f.Drop {
		words = append(words, "executed")
	}
	return strings.Join(words, ", ")
}
