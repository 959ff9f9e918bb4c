// Package serve takes a request from the route table to the response: it finds the route,
// identifies the caller, checks the permission, runs the handler under the world's lock,
// and records what the handler changed. The routes and their handlers are in packages
// above it.
package serve

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// MaxBody is how much is read of a request. The real server's limit is higher.
const MaxBody = 4 << 20

// Options configure a [Server].
type Options struct {
	// RootPath is the path that all routes are below, without a slash at its end.
	RootPath string
	// DisableRegistration lets only administrators make users, once there is one.
	DisableRegistration bool
	// ControlToken allows what controls the sandbox from other machines; empty: only this machine may.
	ControlToken string
	// ErrorPage gives a refusal without a body the page that a browser gets instead; nil: there are no such pages.
	ErrorPage func(w *Response, r *http.Request, root string)
}

// Server answers requests from the state of a world.
type Server struct {
	world               *world.World
	release             release.Release
	rootPath            string
	disableRegistration bool
	controlToken        string
	errorPage           func(w *Response, r *http.Request, root string)
	routes              *router
	throttle            throttle // guarded by the world's lock
}

// New returns a server with the routes of all tables that the release has. Of routes that
// match a request, the first one counts.
func New(w *world.World, rel release.Release, o Options, tables ...[]Route) *Server {
	return &Server{
		world:               w,
		release:             rel,
		rootPath:            o.RootPath,
		disableRegistration: o.DisableRegistration,
		controlToken:        o.ControlToken,
		errorPage:           o.ErrorPage,
		routes:              newRouter(rel, tables...),
		throttle:            throttle{},
	}
}

// Routes returns all routes of the server.
func (s *Server) Routes() []Route { return s.routes.all() }

// What the server takes of headers at most: their bytes with the separators, and their number.
const (
	maxHeaderBytes = 32 << 10
	maxHeaders     = 100
)

// tooManyHeaders reports whether the server refuses a request for its headers (recording 46-paging-and-limits).
func tooManyHeaders(r *http.Request) bool {
	const separators = len(": \r\n")
	bytes, count := len("Host")+len(r.Host)+separators, 1
	for name, values := range r.Header {
		for _, value := range values {
			bytes += len(name) + len(value) + separators
			count++
		}
	}
	return bytes > maxHeaderBytes || count > maxHeaders
}

// Serve answers a request.
func (s *Server) Serve(w *Response, r *http.Request) {
	if tooManyHeaders(r) {
		w.header.Set("Connection", "close")
		aspnet.WriteEmpty(w, http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	path, ok := aspnet.DecodePath(r.URL)
	if !ok {
		w.explain("the path cannot be decoded")
		aspnet.WriteEmpty(w, http.StatusBadRequest)
		return
	}
	site := siteOf(r, s.rootPath)
	below, inside := strings.CutPrefix(path, s.rootPath)
	if !inside || below != "" && below[0] != '/' {
		w.note.Reason = s.outsideRoot(r)
		aspnet.WriteEmpty(w, http.StatusNotFound) // without an error page (recording 67-rootpath)
		return
	}
	if below == "" {
		below = "/"
	}
	bitpay := !s.release.HasBitpayMiddleware() || middlewareTakes(r, below)
	if s.allowOrigin(w, r, below, bitpay) {
		return
	}
	if s.errorPage != nil {
		defer s.errorPage(w, r, site.Root)
	}
	route, allowed := s.routes.find(r, below, bitpay)
	if route == nil {
		w.explainNoRoute(r, below, allowed)
		writeNoRoute(w, allowed)
		return
	}
	content, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, MaxBody))
	if err != nil {
		w.explain("the body is longer than %d bytes, or was interrupted", MaxBody)
		aspnet.WriteEmpty(w, http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(content)))
	request := &Request{
		Request: r, World: s.world, State: s.world.State, Release: s.release,
		Site: site, Path: below, Content: content, server: s,
	}
	if route.Realm == BitpayRealm && !request.checkSignature() {
		w.explain("the signed body is not UTF-8, at which BTCPay Server crashes")
		aspnet.WriteCrash(w)
		return
	}

	s.world.Lock()
	defer s.world.Unlock()
	s.world.Tick()
	admitted := request.admit(w, route)
	request.noteRequest(w, route)
	if admitted {
		aspnet.SetSecurityHeaders(w.header)
		request.handle(w, route)
	}
	if bitpay && route.Realm == BitpayRealm && s.release.HasBitpayMiddleware() {
		removeCharset(w)
	}
	s.world.Settle()
	s.world.Record()
}

// handle runs the handler. What a mutating route changed is found by comparison, so that a
// refused request writes nothing: [world.World.Record] compares everything but invoices;
// the invoice of the route is compared here.
func (r *Request) handle(w *Response, route *Route) {
	if !route.Mutates {
		route.Handler(w, r)
		return
	}
	inv := r.Invoice()
	before := r.World.AsWritten(inv)
	route.Handler(w, r)
	r.State.Change()
	if !bytes.Equal(before, r.World.AsWritten(inv)) {
		r.State.Touch(inv.ID)
	}
}

func writeNoRoute(w *Response, allowed []string) {
	aspnet.SetSecurityHeaders(w.header)
	if len(allowed) == 0 {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	w.header.Set("Allow", strings.Join(allowed, ", "))
	aspnet.WriteEmpty(w, http.StatusMethodNotAllowed)
}

// allowOrigin applies the server's cross-origin policy: pages of any origin may call. It
// reports whether it answered a preflight.
func (s *Server) allowOrigin(w *Response, r *http.Request, path string, bitpay bool) bool {
	if bitpay && s.release.HasBitpayMiddleware() {
		return allowAll(w, r)
	}
	if r.Header.Get("Origin") == "" || !s.release.AllowsAllOrigins() && !s.routes.isGreenfield(path) {
		return false
	}
	w.header.Set("Access-Control-Allow-Origin", "*")
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		return false
	}
	w.header.Set("Access-Control-Allow-Methods", method)
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		w.header.Set("Access-Control-Allow-Headers", asked)
	}
	aspnet.WriteEmpty(w, http.StatusNoContent)
	return true
}
