package root

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// A cause is a failure with a known cause, and what the command has to report.
type cause struct {
	name string
	// through changes requests on their way to the server.
	through func(*httputil.ProxyRequest)
	prefix  string // of the address, if the proxy removes it
	// instead is a response in place of the server's, for requests that create an invoice,
	// or for all of them.
	instead *instead
	env     map[string]string
	args    []string
	exit    int
	words   []string
}

type instead struct {
	status int
	header map[string]string
	body   string
	all    bool
}

// A causeWorld runs the command against the sandbox through proxies, with both APIs.
type causeWorld struct {
	*storeWorld
	key *storeKey
}

func newCauseWorld(t *testing.T) *causeWorld {
	w := newStoreWorld(t)
	return &causeWorld{w, w.approved(w.first)}
}

// control does to the sandbox what the world does to a server.
func (w *causeWorld) control(action string, what any) {
	w.t.Helper()
	body, err := json.Marshal(what)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.Post(w.URL+"/_sandbox/"+action, "application/json", bytes.NewReader(body))
	if err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatal(action, response, err)
	}
	response.Body.Close()
}

// api returns the environment of one of the two APIs, for a store.
func (w *causeWorld) api(name, server, store string) map[string]string {
	if name == "bitpay" {
		return map[string]string{"BTCPAYCTL_SERVER": server, "BTCPAYCTL_PRIVATE_KEY_FILE": w.key.file}
	}
	return map[string]string{"BTCPAYCTL_SERVER": server, "BTCPAYCTL_API_KEY": w.Seed.APIKey, "BTCPAYCTL_STORE": store}
}

// behind returns the address of a proxy that changes requests.
func (w *causeWorld) behind(change func(*httputil.ProxyRequest)) string {
	w.t.Helper()
	target, err := url.Parse(w.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	transport := &http.Transport{}
	w.t.Cleanup(transport.CloseIdleConnections)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		change(r)
	}})
	w.t.Cleanup(proxy.Close)
	return proxy.URL
}

// replaced has responses replaced from now on; nil ends that.
func (w *causeWorld) replaced(by *instead) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.meddle = nil
	if by == nil {
		return
	}
	w.meddle = func(rw http.ResponseWriter, req *http.Request) bool {
		if !by.all && (req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/invoices")) {
			return false
		}
		for name, value := range by.header {
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(by.status)
		rw.Write([]byte(by.body))
		return true
	}
}

// check runs a case with one of the APIs, and compares what is reported: the exit code, the
// cause, a next step, and no sentence that is longer than two lines of 100 columns.
func (w *causeWorld) check(c cause, api, store string) {
	w.t.Helper()
	server := w.URL
	if c.through != nil {
		server = w.behind(c.through) + c.prefix
	}
	w.replaced(c.instead)
	defer w.replaced(nil)
	env := w.api(api, server, store)
	maps.Copy(env, c.env)
	g := w.in(newHome(w.t), env, c.exit, c.args...)
	if g.stdout != "" {
		w.t.Errorf("%s, %s: standard output has %q", c.name, api, g.stdout)
	}
	for _, word := range c.words {
		if !strings.Contains(g.stderr, word) {
			w.t.Errorf("%s, %s: no %q in\n%s", c.name, api, word, g.stderr)
		}
	}
	if !strings.Contains(g.stderr, "  Next: ") {
		w.t.Errorf("%s, %s: no next step in\n%s", c.name, api, g.stderr)
	}
	for line := range strings.Lines(g.stderr) {
		if len([]rune(line)) > 200 {
			w.t.Errorf("%s, %s: a sentence of %d characters: %s", c.name, api, len([]rune(line)), line)
		}
	}
}
