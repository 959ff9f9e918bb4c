package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// Fault makes requests fail. At most one of Status, CutAfter, BadJSON, Drop and Reset is
// set. Without any of them the request is answered as usual, after Latency and with the
// Date that Skew changes. [NewFault] makes the usual ones by name.
type Fault struct {
	// Method is the method of the requests that the fault applies to; empty is any.
	Method string
	// Path is their path below the root path, in any case. A segment in braces matches any:
	// "/api/v1/stores/{storeId}/invoices". Empty is any path.
	Path string
	// Times is how many requests the fault applies to, one after another; 0 is the next one, and below 0 all until
	// [ActiveFault.Remove].
	Times int

	// Latency is how long the request waits, in real time. If the client gives up in the meantime, it gets no
	// response, and the request is not carried out unless Executed is set.
	Latency time.Duration
	// Executed carries the request out first, before Latency. What it changed stays changed.
	Executed bool

	// Status is the status of the response, 200 to 599, with Header and Body, instead of the sandbox's response.
	Status int
	Header http.Header
	Body   string
	// CutAfter closes the connection after so many bytes of the body of the sandbox's
	// response, whose Content-Length is that of the whole body. The request is carried
	// out.
	CutAfter *int
	// BadJSON makes the body of the sandbox's response end in the middle of its JSON, with
	// a Content-Length that fits. The request is carried out.
	BadJSON bool
	// Drop closes the connection without a response. With Executed it is a response that was lost.
	Drop bool
	// Reset resets the connection without a response.
	Reset bool

	// Skew is how far the Date header of the response is ahead of the sandbox's clock;
	// below 0 it is behind.
	Skew time.Duration

	kind string // as it was given to NewFault
}

// ActiveFault is a fault that is set.
type ActiveFault struct {
	faults *activeFaults
	id     string
	fault  Fault
	path   serve.Pattern
	left   int // below 0: no limit
	met    int
}

// activeFaults are the faults of a sandbox.
type activeFaults struct {
	mu     sync.Mutex
	active []*ActiveFault
	made   int
}

// Bounds of faults, for programs that set them by control.
const (
	maxFaults  = 1000
	maxLatency = time.Hour
)

// Fault sets a fault. If several apply to a request, the one that was set first does.
// Faults do not apply to control by HTTP and to [Sandbox.Consent]. If a fault closes the
// connection, the handler panics with [http.ErrAbortHandler], as servers of net/http
// require. An error says what is wrong with the fault.
func (s *Sandbox) Fault(f Fault) (*ActiveFault, error) {
	ends := 0
	for _, set := range []bool{f.Status != 0, f.CutAfter != nil, f.BadJSON, f.Drop, f.Reset} {
		if set {
			ends++
		}
	}
	switch {
	case ends > 1:
		return nil, errors.New("sandbox: fault: set only one of Status, CutAfter, BadJSON, Drop and Reset")
	case ends == 0 && f.Latency == 0 && f.Skew == 0:
		return nil, errors.New("sandbox: fault: it has no effect: set Latency, Status, CutAfter, BadJSON, Drop, Reset or Skew")
	case f.Latency < 0:
		return nil, errors.New("sandbox: fault: Latency must not be negative")
	case f.Latency > maxLatency:
		return nil, errors.New("sandbox: fault: Latency must be 1 hour at most")
	case f.Skew < -maxAdvance || f.Skew > maxAdvance:
		return nil, errors.New("sandbox: fault: Skew must be 10 years at most")
	case f.Skew != 0 && (f.Drop || f.Reset):
		return nil, errors.New("sandbox: fault: Skew needs a response, which Drop and Reset do not send")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return nil, errors.New("sandbox: fault: Status must be 200 to 599")
	case f.CutAfter != nil && *f.CutAfter < 0:
		return nil, errors.New("sandbox: fault: CutAfter must not be negative")
	case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
		return nil, errors.New("sandbox: fault: Path must begin with a slash")
	case f.Status == 0 && (f.Header != nil || f.Body != ""):
		return nil, errors.New("sandbox: fault: Header and Body need a Status")
	}
	f.Executed = f.Executed || f.CutAfter != nil || f.BadJSON
	f.Header = f.Header.Clone()
	a := &ActiveFault{faults: &s.faults, fault: f, path: serve.ParsePattern(f.Path), left: f.Times}
	if f.Times == 0 {
		a.left = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if len(s.faults.active) >= maxFaults {
		return nil, fmt.Errorf("sandbox: fault: there are %d already: remove some", maxFaults)
	}
	s.faults.made++
	a.id = strconv.Itoa(s.faults.made)
	s.faults.active = append(s.faults.active, a)
	s.page.Nudge()
	return a, nil
}

// Faults returns the faults that are set and may still apply to a request, in their order.
func (s *Sandbox) Faults() []*ActiveFault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.active)
}

// RemoveFaults removes all faults, and returns how many there were.
func (s *Sandbox) RemoveFaults() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	n := len(s.faults.active)
	s.faults.active = nil
	return n
}

// ID names the fault among those of its sandbox.
func (a *ActiveFault) ID() string { return a.id }

// Fault returns the fault as it was set.
func (a *ActiveFault) Fault() Fault {
	f := a.fault
	f.Header = f.Header.Clone()
	return f
}

// Left is how many more requests the fault applies to; below 0 all until it is removed.
func (a *ActiveFault) Left() int {
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	return a.left
}

// Met counts the requests that the fault applied to.
func (a *ActiveFault) Met() int {
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	return a.met
}

// Remove removes the fault.
func (a *ActiveFault) Remove() {
	a.faults.mu.Lock()
	defer a.faults.mu.Unlock()
	a.faults.active = slices.DeleteFunc(a.faults.active, func(other *ActiveFault) bool { return other == a })
}

// match returns the fault that applies to a request; nil if none does.
func (f *activeFaults) match(s *Sandbox, r *http.Request) *ActiveFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.active) == 0 || isControl(r) {
		return nil
	}
	for i, a := range f.active {
		if !a.fits(s, r) {
			continue
		}
		a.met++
		if a.left--; a.left == 0 {
			f.active = slices.Delete(f.active, i, i+1)
		}
		return a
	}
	return nil
}

func (a *ActiveFault) fits(s *Sandbox, r *http.Request) bool {
	if a.fault.Method != "" && !strings.EqualFold(a.fault.Method, r.Method) {
		return false
	}
	if a.fault.Path == "" {
		return true
	}
	path, ok := aspnet.DecodePath(r.URL)
	below, inside := strings.CutPrefix(path, s.rootPath)
	return ok && inside && a.path.Matches(below)
}

// serve answers a request to which the fault applies, or closes its connection.
func (a *ActiveFault) serve(s *Sandbox, w http.ResponseWriter, r *http.Request) {
	f := &a.fault
	var response *serve.Response
	if f.Executed {
		response = s.respond(r)
	}
	if !f.wait(s, r) {
		panic(http.ErrAbortHandler)
	}
	switch {
	case f.Status != 0:
		response = serve.NewResponse()
		response.Header().Set("Date", s.world.Now().Format(http.TimeFormat))
		maps.Copy(response.Header(), f.Header)
		response.WriteHeader(f.Status)
		io.WriteString(response, f.Body)
	case f.Drop:
		io.Copy(io.Discard, io.LimitReader(r.Body, serve.MaxBody)) // an unread body would turn the close into a reset
		panic(http.ErrAbortHandler)
	case f.Reset:
		reset(w)
	case response == nil:
		response = s.respond(r)
	}
	if f.BadJSON {
		response = spoilJSON(response)
	}
	if f.Skew != 0 {
		response.Header().Set("Date", s.world.Now().Add(f.Skew).Format(http.TimeFormat))
	}
	if f.CutAfter != nil {
		cut(w, response, *f.CutAfter)
	}
	response.Send(w)
}

// wait waits for the latency. It reports whether the latency passed before the client gave
// up or the sandbox was closed.
func (f *Fault) wait(s *Sandbox, r *http.Request) bool {
	if f.Latency == 0 {
		return true
	}
	timer := time.NewTimer(f.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.world.Done():
	}
	return false
}

// spoilJSON returns the response with the first half of its body, which is no JSON.
func spoilJSON(response *serve.Response) *serve.Response {
	half := response.Body()[:len(response.Body())/2]
	if json.Valid(half) || len(half) == 0 { // such as of a number
		half = []byte("{")
	}
	spoilt := serve.NewResponse()
	maps.Copy(spoilt.Header(), response.Header())
	if spoilt.Header().Get("Content-Type") == "" {
		spoilt.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	spoilt.WriteHeader(response.Status())
	spoilt.Write(half)
	return spoilt
}

// cut sends the response up to a byte of its body, and closes the connection.
func cut(w http.ResponseWriter, response *serve.Response, after int) {
	response.SendUpTo(w, min(after, len(response.Body())))
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// reset resets the connection if the server gives access to it.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for under, ok := connection.(interface{ NetConn() net.Conn }); ok; under, ok = connection.(interface{ NetConn() net.Conn }) {
		connection = under.NetConn()
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	connection.Close()
	panic(http.ErrAbortHandler)
}
