package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// victim is a client without retries, on a new connection for each request, so that net/http repeats nothing.
type victim struct {
	t      *testing.T
	url    string
	seed   sandbox.Seed
	client http.Client
}

func newVictim(t *testing.T, url string, seed sandbox.Seed) *victim {
	return &victim{t, url, seed, http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
}

func (v *victim) send(ctx context.Context, method, path, body string) (*http.Response, string, error) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+v.seed.APIKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := v.client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

// make makes an invoice, which is the request that meets the faults here.
func (v *victim) make() (*http.Response, string, error) {
	v.t.Helper()
	return v.send(v.t.Context(), "POST", "/api/v1/stores/"+v.seed.StoreID+"/invoices", `{"amount":"5","currency":"USD"}`)
}

// made counts the invoices.
func (v *victim) made() int {
	v.t.Helper()
	_, text, err := v.send(v.t.Context(), "GET", "/api/v1/stores/"+v.seed.StoreID+"/invoices", "")
	if err != nil {
		v.t.Fatal(err)
	}
	return strings.Count(text, `"storeId"`)
}

func TestFaults(t *testing.T) {
	s := sandbox.New(t, sandbox.Options{RootPath: "/btcpay"})
	v := newVictim(t, s.URL, s.Seed)
	lost := func(_ *http.Response, _ string, err error) bool { return errors.Is(err, io.EOF) }
	wasReset := func(_ *http.Response, _ string, err error) bool {
		return errors.Is(err, syscall.ECONNRESET) || runtime.GOOS == "windows" && err != nil
	}
	ok := func(r *http.Response, text string, err error) bool {
		return err == nil && r.StatusCode == http.StatusOK && strings.HasPrefix(text, `{"id":`) && strings.HasSuffix(text, "}")
	}
	for _, c := range []struct {
		name  string
		fault sandbox.Fault
		judge func(*http.Response, string, error) bool
		done  bool // the invoice is made
	}{
		{"status", sandbox.Fault{Status: 503, Header: http.Header{"Retry-After": {"7"}}, Body: "no"}, func(r *http.Response, text string, err error) bool {
			return err == nil && r.StatusCode == 503 && r.Header.Get("Retry-After") == "7" && text == "no"
		}, false},
		{"status behind the effect", sandbox.Fault{Status: 504, Executed: true}, func(r *http.Response, text string, err error) bool {
			return err == nil && r.StatusCode == 504 && text == ""
		}, true},
		{"latency", sandbox.Fault{Latency: time.Millisecond}, ok, true},
		{"latency behind the effect", sandbox.Fault{Latency: time.Millisecond, Executed: true}, ok, true},
		{"dropped", sandbox.Fault{Drop: true}, lost, false},
		{"an answer that is lost", sandbox.Fault{Drop: true, Executed: true}, lost, true},
		{"reset", sandbox.Fault{Reset: true}, wasReset, false},
		{"reset behind the effect", sandbox.Fault{Reset: true, Executed: true}, wasReset, true},
		{"cut", sandbox.Fault{CutAfter: new(10)}, func(r *http.Response, text string, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && r.StatusCode == 200 && len(text) == 10 && r.ContentLength > 500
		}, true},
		{"cut before the body", sandbox.Fault{CutAfter: new(0)}, func(r *http.Response, text string, err error) bool {
			return errors.Is(err, io.ErrUnexpectedEOF) && r.StatusCode == 200 && text == ""
		}, true},
		{"cut behind the end", sandbox.Fault{CutAfter: new(1 << 20)}, ok, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v.t = t
			before := v.made()
			c.fault.Method, c.fault.Path = "post", "/API/v1/stores/{any}/Invoices/"
			active, err := s.Fault(c.fault)
			if err != nil {
				t.Fatal(err)
			}
			if v.made(); active.Met() != 0 {
				t.Error("another request met it")
			}
			if response, text, err := v.make(); !c.judge(response, text, err) {
				t.Errorf("%+v %q %v", response, text, err)
			}
			if made := v.made() - before; (made == 1) != c.done || made > 1 {
				t.Errorf("%d invoices are made", made)
			}
			if response, text, err := v.make(); !ok(response, text, err) || active.Met() != 1 {
				t.Errorf("the next request: %q %v, %d met it", text, err, active.Met())
			}
		})
	}
}

// TestFaultTimes has faults one behind another, one without end, and one that no request meets.
func TestFaultTimes(t *testing.T) {
	s := sandbox.New(t)
	v := newVictim(t, s.URL, s.Seed)
	fault := func(f sandbox.Fault) *sandbox.ActiveFault {
		active, err := s.Fault(f)
		if err != nil {
			t.Fatal(err)
		}
		return active
	}
	twice := fault(sandbox.Fault{Times: 2, Status: 500})
	ever := fault(sandbox.Fault{Times: -1, Status: 502, Path: "/api/v1/health"})
	never := fault(sandbox.Fault{Status: 503, Path: "/api/v1"})
	var got []int
	for range 5 {
		response, _, err := v.send(t.Context(), "GET", "/api/v1/health", "")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, response.StatusCode)
	}
	ever.Remove()
	ever.Remove()
	response, _, err := v.send(t.Context(), "GET", "/api/v1/health", "")
	if err != nil || response.StatusCode != 200 || !equal(got, 500, 500, 502, 502, 502) || twice.Met() != 2 || ever.Met() != 3 || never.Met() != 0 {
		t.Error(got, response, err, twice.Met(), ever.Met(), never.Met())
	}
}

func equal(got []int, want ...int) bool {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return false
		}
	}
	return len(got) == len(want)
}

// TestFaultLatency has a client that gives up while its request waits.
func TestFaultLatency(t *testing.T) {
	s := sandbox.New(t)
	v := newVictim(t, s.URL, s.Seed)
	for _, executed := range []bool{false, true} {
		before := v.made()
		active, err := s.Fault(sandbox.Fault{Method: "POST", Latency: time.Hour, Executed: executed})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, _, err := v.send(ctx, "POST", "/api/v1/stores/"+v.seed.StoreID+"/invoices", `{"amount":"5","currency":"USD"}`)
			done <- err
		}()
		for active.Met() == 0 || executed && v.made() == before {
			time.Sleep(time.Millisecond)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if made := v.made() - before; (made == 1) != executed {
			t.Errorf("executed %v: %d invoices are made", executed, made)
		}
	}
	// A request that waits does not hold the end of the sandbox up.
	if _, err := s.Fault(sandbox.Fault{Method: "POST", Latency: time.Hour}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, _, err := v.make()
		done <- err
	}()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("answered after the end")
	}
}

// TestFaultOfHandler has a bare handler behind TLS and behind nothing at all.
func TestFaultOfHandler(t *testing.T) {
	s, err := sandbox.NewHandler(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(s)
	server.Config.ErrorLog = nil
	defer func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	client := server.Client()
	client.Transport.(*http.Transport).DisableKeepAlives = true
	if _, err := s.Fault(sandbox.Fault{Reset: true}); err != nil {
		t.Fatal(err)
	}
	_, err = client.Get(server.URL + "/api/v1/health")
	if _, ok := errors.AsType[*net.OpError](err); !ok && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if _, err := s.Fault(sandbox.Fault{Reset: true}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Error(err)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/v1/health", nil))
}

// TestFaultSparesControl has every request fail, but control's and the person's.
func TestFaultSparesControl(t *testing.T) {
	s := sandbox.New(t)
	active, err := s.Fault(sandbox.Fault{Times: -1, Drop: true})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := call(t, s, "POST", "/_sandbox/mine", `{}`); status != http.StatusOK {
		t.Error(status, answer)
	}
	if err := s.Mine(1); err != nil || active.Met() != 0 {
		t.Error(err, active.Met())
	}
}

func TestBadInputFault(t *testing.T) {
	s := sandbox.New(t)
	for want, f := range map[string]sandbox.Fault{
		"no effect": {}, "only one": {Drop: true, Reset: true}, "Latency must not be negative": {Latency: -1}, "CutAfter must not be negative": {CutAfter: new(-1)},
		"200 to 599": {Status: 100}, "a slash": {Path: "api", Drop: true}, "need a Status": {Drop: true, Body: "x"},
	} {
		if _, err := s.Fault(f); err == nil || !strings.HasPrefix(err.Error(), "sandbox: fault: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if status, _ := call(t, s, "GET", "/api/v1/health", ""); status != http.StatusOK {
		t.Error("a fault that was refused is met")
	}
}
