package serve

import (
	"net/http"
	"net/url"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// admit checks the caller's credentials and permission by the realm of the route. It
// reports whether the request may go on; if not, it wrote the response.
func (r *Request) admit(w *Response, route *Route) bool {
	switch route.Realm {
	case BitpayRealm:
		return r.admitBitpay(w, route.Permission)
	case GreenfieldRealm:
		return r.admitGreenfield(w, route)
	case EitherRealm:
		return r.admitEither(w)
	default:
		return r.admitPage(w, route)
	}
}

func (r *Request) admitBitpay(w *Response, permission string) bool {
	r.resolveBitpay()
	if permission == Open {
		return true
	}
	if r.failed != "" {
		r.refuseBitpay(w)
		r.explainBitpay(w, permission)
		return false
	}
	allowed := permission == Anyone || r.StoreID != ""
	if permission == CreateInvoice && r.Named && allowed {
		allowed = r.State.Stores[r.StoreID].AnyoneCanCreateInvoice
	}
	if !allowed {
		r.explainBitpay(w, permission)
		aspnet.SetSecurityHeaders(w.header)
		aspnet.WriteEmpty(w, http.StatusForbidden)
	}
	return allowed
}

func (r *Request) refuseBitpay(w *Response) {
	if r.Release.HasBitpayMiddleware() {
		aspnet.SetSecurityHeaders(w.header)
		aspnet.WriteEmpty(w, http.StatusUnauthorized)
		return
	}
	writeBitpayUnauthenticated(w, r.failed)
}

func (r *Request) admitGreenfield(w *Response, route *Route) bool {
	refusal := r.resolveGreenfield()
	if route.Permission == Open {
		return true
	}
	if refusal == "" && route.Permission == AnyKey && r.Key == nil {
		refusal = needAuthentication // Basic is not a key
	}
	if refusal != "" {
		r.explainGreenfield(w, refusal)
		writeUnauthenticated(w, refusal)
		return false
	}
	if route.Permission == Anyone || route.Permission == AnyKey || route.Lists && r.Release.ListsForbiddenAsEmpty() {
		return true
	}
	sc := r.scope()
	if !r.Release.HidesUnknownIDs() {
		sc = r.storeScope()
	}
	if r.permits(route, sc) {
		if missing := r.missing(); missing != nil && !r.Release.HidesUnknownIDs() {
			WriteAPIError(w, http.StatusNotFound, missing.code, missing.message)
			return false
		}
		return true
	}
	r.explainForbidden(w, route, sc)
	WriteForbidden(w, route.Permission)
	return false
}

// admitEither reports whether the request has an API key, Basic or a log-in. The refusal
// names both ways (recording 10-health-info).
func (r *Request) admitEither(w *Response) bool {
	refusal := r.resolveGreenfield()
	if r.User == nil {
		r.resolvePage()
	}
	if r.User != nil {
		return true
	}
	r.explainGreenfield(w, refusal)
	w.header.Set("Location", r.loginURL())
	writeUnauthenticated(w, refusal)
	return false
}

func (r *Request) admitPage(w *Response, route *Route) bool {
	r.resolvePage()
	permission := route.Permission
	if permission != Open && r.User == nil {
		w.explain("the browser is not logged in")
		r.RedirectToLogin(w)
		return false
	}
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil || !route.Unguarded && !r.checkFormToken() && !(route.GuardedLate && !r.Release.ChecksConsentForms()) {
			w.explain("the form has no valid %s: post it as the page has it, with its cookies", AntiforgeryField)
			aspnet.SetSecurityHeaders(w.header)
			aspnet.WriteEmpty(w, http.StatusBadRequest)
			return false
		}
	}
	if permission != Open && permission != Anyone && !r.State.UserMay(r.User, permission, r.PathValue("storeId")) {
		w.explain("the account %s has no %s for this store", r.User.Email, permission)
		target := r.Site.Base() + "/errors/403?ReturnUrl=" + url.QueryEscape(r.returnURL()) + "&permission=" + url.QueryEscape(permission)
		w.header.Set("Location", target)
		aspnet.WriteEmpty(w, http.StatusFound)
		return false
	}
	return true
}
