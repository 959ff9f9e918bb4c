// Package dashboard is the page on which a person watches a sandbox and acts on it: its requests, invoices, webhooks,
// pairing codes, clock and faults. The page is for a browser on this machine, and for no page of another origin.
package dashboard

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Path is the address of the page, at the root of the origin.
const Path = "/_sandbox"

//go:embed files
var files embed.FS

var templates = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(files, "files/*.html")) })

// Options are what a dashboard shows and does besides the world's own.
type Options struct {
	RootPath string // without a slash at its end
	Version  string // that the sandbox has
	StoreID  string // of the store that a pairing is approved for first; empty for none
	// Faults returns the faults that wait for a request.
	Faults func() []Fault
	// RemoveFault removes a fault. It reports whether there was one.
	RemoveFault func(id string) bool
	// Approve approves a pairing code.
	Approve func(code, storeID string) error
}

// Fault is a fault that waits for a request.
type Fault struct {
	ID       string
	Requests string // that it applies to
	Effect   string
	Left     string // how often
}

// Dashboard is an [http.Handler] for [Path] and what is below it.
type Dashboard struct {
	world    *world.World
	requests *requestlog.Log
	options  Options

	// token is in each form of the page. A page of another origin cannot read it.
	token string
	// instance distinguishes the numbers of requests from those of an earlier start.
	instance string

	readers atomic.Int32

	mu    sync.Mutex
	moved chan struct{} // closed when something changes that is not in the world
}

// New returns the dashboard of a world.
func New(w *world.World, log *requestlog.Log, o Options) *Dashboard {
	return &Dashboard{world: w, requests: log, options: o, token: rand.Text(), instance: rand.Text()[:8], moved: make(chan struct{})}
}

// Nudge makes open pages look for changes outside the world.
func (d *Dashboard) Nudge() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.moved)
	d.moved = make(chan struct{})
}

func (d *Dashboard) changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.moved
}

// Takes reports whether a path is one of the dashboard's.
func Takes(path string) bool {
	switch below, found := strings.CutPrefix(path, Path); below {
	case "", "/", "/dashboard.css", "/dashboard.js", "/icon.svg", "/events", "/do":
		return found
	}
	return false
}

// ServeHTTP answers with the page and what belongs to it. Requests of other origins are refused.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if refusal := serve.ControlRefusal(r, ""); refusal != "" {
		http.Error(w, refusal+"\nType the address of this page into the browser, with 127.0.0.1 or localhost: links of other pages do not lead here.", http.StatusForbidden)
		return
	}
	below, method := strings.TrimPrefix(r.URL.Path, Path), http.MethodGet
	if below == "/do" {
		method = http.MethodPost
	}
	if r.Method != method {
		h.Set("Allow", method)
		http.Error(w, "this address takes only "+method, http.StatusMethodNotAllowed)
		return
	}
	switch below {
	case "/":
		http.Redirect(w, r, Path, http.StatusFound)
	case "":
		d.page(w)
	case "/events":
		d.events(w, r)
	case "/do":
		d.do(w, r)
	default:
		http.ServeFileFS(w, r, files, "files"+below)
	}
}

// policy lets the page load and ask for its own parts only, and no page show it in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (d *Dashboard) page(w http.ResponseWriter) {
	var page bytes.Buffer
	d.render(&page, "page", d.view())
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	w.Write(page.Bytes())
}

func (d *Dashboard) render(into *bytes.Buffer, name string, data any) {
	if err := templates().ExecuteTemplate(into, name, data); err != nil {
		panic(err) // the templates and what they are given are our own
	}
}

const (
	shownRequests   = 200
	shownInvoices   = 50
	shownWebhooks   = 20
	shownDeliveries = 50
	shownPairings   = 50
	shownFaults     = 50
)

const shownTime = time.TimeOnly
