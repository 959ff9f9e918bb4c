package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// maxBody bounds what is read of a request; the real server's limit is higher.
const maxBody = 4 << 20

// serve is the way of every request but control's.
func (s *Sandbox) serve(w *answer, r *http.Request) {
	path, ok := aspnet.DecodePath(r.URL)
	if !ok {
		aspnet.WriteEmpty(w, http.StatusBadRequest)
		return
	}
	site := siteOf(r, s.rootPath)
	below, inside := strings.CutPrefix(path, s.rootPath)
	if !inside || below != "" && below[0] != '/' {
		aspnet.WriteEmpty(w, http.StatusNotFound) // not even the error page is here (recording 67-rootpath)
		return
	}
	if below == "" {
		below = "/"
	}
	bitpay := !s.release.HasBitpayMiddleware() || isOldBitpay(r, below)
	if s.allowOrigin(w, r, below, bitpay) {
		return
	}
	defer showErrorPage(w, r, site.root)
	route, allowed := s.routes.find(r, below, bitpay)
	if route == nil {
		s.writeNoRoute(w, allowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		aspnet.WriteEmpty(w, http.StatusRequestEntityTooLarge)
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	c := &caller{site: site, path: below, body: body}
	if route.realm == bitpayRealm && !c.checkSignature(r) {
		aspnet.WriteCrash(w)
		return
	}

	s.world.Lock()
	defer s.world.Unlock()
	s.world.Tick()
	if s.admit(w, r, c, route) {
		aspnet.SetSecurityHeaders(w.header)
		s.handle(w, r, c, route)
	}
	if bitpay && route.realm == bitpayRealm && s.release.HasBitpayMiddleware() {
		bareErrors(w)
	}
	s.world.Settle()
	s.world.Record()
}

// handle runs the handler. What of the state a mutating route changed is found by comparison, so that one that is
// refused writes nothing: record compares all but invoices, of which the route's own is compared here.
func (s *Sandbox) handle(w *answer, r *http.Request, c *caller, route *route) {
	if !route.mutates {
		route.handler(s, w, r, c)
		return
	}
	inv := s.state.Invoices[r.PathValue("invoiceId")]
	before := s.world.AsWritten(inv)
	route.handler(s, w, r, c)
	s.state.Change()
	if !bytes.Equal(before, s.world.AsWritten(inv)) {
		s.state.Touch(inv.ID)
	}
}

func (s *Sandbox) writeNoRoute(w *answer, allowed []string) {
	aspnet.SetSecurityHeaders(w.header)
	if len(allowed) == 0 {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	w.header.Set("Allow", strings.Join(allowed, ", "))
	aspnet.WriteEmpty(w, http.StatusMethodNotAllowed)
}

// allowOrigin is the server's cross-origin policy: anybody may call anything. True means a preflight was answered.
func (s *Sandbox) allowOrigin(w *answer, r *http.Request, path string, bitpay bool) bool {
	if bitpay && s.release.HasBitpayMiddleware() {
		return allowAll(w, r)
	}
	if r.Header.Get("Origin") == "" || !s.release.AllowsAllOrigins() && !s.routes.takes(path) {
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

// admit judges the caller by the realm and permission of the route; false means it answered.
func (s *Sandbox) admit(w *answer, r *http.Request, c *caller, route *route) bool {
	switch route.realm {
	case bitpayRealm:
		return s.admitBitpay(w, r, c, route.permission)
	case greenfieldRealm:
		return s.admitGreenfield(w, r, c, route)
	case eitherRealm:
		return s.admitEither(w, r, c)
	default:
		return s.admitPage(w, r, c, route)
	}
}

func (s *Sandbox) admitBitpay(w *answer, r *http.Request, c *caller, permission string) bool {
	s.resolveBitpay(r, c)
	if permission == open {
		return true
	}
	if c.failed != "" {
		s.refuseBitpay(w, c.failed)
		return false
	}
	allowed := permission == anyone || c.storeID != ""
	if permission == createInvoice && c.named && allowed {
		allowed = s.state.Stores[c.storeID].AnyoneCanCreateInvoice
	}
	if !allowed {
		aspnet.SetSecurityHeaders(w.header)
		aspnet.WriteEmpty(w, http.StatusForbidden)
	}
	return allowed
}

func (s *Sandbox) refuseBitpay(w *answer, reason string) {
	if s.release.HasBitpayMiddleware() {
		aspnet.SetSecurityHeaders(w.header)
		aspnet.WriteEmpty(w, http.StatusUnauthorized)
		return
	}
	writeBitpayUnauthenticated(w, reason)
}

func (s *Sandbox) admitGreenfield(w *answer, r *http.Request, c *caller, route *route) bool {
	refusal := s.resolveGreenfield(r, c)
	if route.permission == open {
		return true
	}
	if refusal == "" && route.permission == anyKey && c.key == nil {
		refusal = needAuthentication // Basic is no key
	}
	if refusal != "" {
		writeUnauthenticated(w, refusal)
		return false
	}
	if route.permission == anyone || route.permission == anyKey || route.lists && s.release.ListsForbiddenAsEmpty() {
		return true
	}
	sc := scopeOf(s.state, r)
	if !s.release.HidesUnknownIDs() {
		sc = storeScope(s.state, r)
	}
	if permits(s.state, c, route, sc) {
		if missing := missingIn(s.state, r); missing != nil && !s.release.HidesUnknownIDs() {
			writeAPIError(w, http.StatusNotFound, missing.code, missing.message)
			return false
		}
		return true
	}
	writeForbidden(w, route.permission)
	return false
}

// admitEither lets in by an API key, Basic or a log-in. To strangers it tells both ways (recording 10-health-info).
func (s *Sandbox) admitEither(w *answer, r *http.Request, c *caller) bool {
	refusal := s.resolveGreenfield(r, c)
	if c.user == nil {
		s.resolvePage(r, c)
	}
	if c.user != nil {
		return true
	}
	w.header.Set("Location", s.loginURL(r, c))
	writeUnauthenticated(w, refusal)
	return false
}

func (s *Sandbox) admitPage(w *answer, r *http.Request, c *caller, route *route) bool {
	s.resolvePage(r, c)
	permission := route.permission
	if permission != open && c.user == nil {
		s.writeToLogin(w, r, c)
		return false
	}
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil || !s.csrfHolds(r, c) && !(route.guardedLate && !s.release.ChecksConsentForms()) {
			aspnet.SetSecurityHeaders(w.header)
			aspnet.WriteEmpty(w, http.StatusBadRequest)
			return false
		}
	}
	if permission != open && permission != anyone && !s.state.UserMay(c.user, permission, r.PathValue("storeId")) {
		target := c.site.base() + "/errors/403?ReturnUrl=" + url.QueryEscape(s.returnURL(r, c)) + "&permission=" + url.QueryEscape(permission)
		w.header.Set("Location", target)
		aspnet.WriteEmpty(w, http.StatusFound)
		return false
	}
	return true
}

// writeToLogin sends a stranger to the log-in page and tells the way back.
func (s *Sandbox) writeToLogin(w http.ResponseWriter, r *http.Request, c *caller) {
	w.Header().Set("Location", s.loginURL(r, c))
	aspnet.WriteEmpty(w, http.StatusFound)
}

func (s *Sandbox) loginURL(r *http.Request, c *caller) string {
	return c.site.base() + "/login?ReturnUrl=" + aspnet.QueryEscape(s.returnURL(r, c))
}

// returnURL is the address asked for, below the origin.
func (s *Sandbox) returnURL(r *http.Request, c *caller) string {
	return c.site.root + aspnet.EncodePath(c.path) + queryOf(r)
}
