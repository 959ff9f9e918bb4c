package serve

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Request is what a handler gets: the HTTP request, the caller, and the world that the handler reads and changes.
type Request struct {
	*http.Request
	Caller

	World   *world.World
	State   *world.State // of World
	Release release.Release

	Site    Site
	Path    string // decoded, below the root path
	Content []byte // the body

	server *Server
}

// RegistrationDisabled reports whether only administrators may make users.
func (r *Request) RegistrationDisabled() bool { return r.server.disableRegistration }

// Routes returns all routes of the server.
func (r *Request) Routes() []Route { return r.server.routes.all() }

// Store returns the store that the path names. Authorization checked that it exists.
func (r *Request) Store() *world.Store { return r.State.Stores[r.PathValue("storeId")] }

// Invoice returns the invoice that the path names; nil if there is none.
func (r *Request) Invoice() *world.Invoice { return r.State.Invoices[r.PathValue("invoiceId")] }

// loginURL is the address of the log-in page, which leads back to the address that was asked for.
func (r *Request) loginURL() string {
	return r.Site.Base() + "/login?ReturnUrl=" + aspnet.QueryEscape(r.returnURL())
}

// returnURL is the address that was asked for, below the origin.
func (r *Request) returnURL() string {
	return r.Site.Root + aspnet.EncodePath(r.Path) + queryOf(r.Request)
}

// RedirectToLogin sends a caller who is not logged in to the log-in page.
func (r *Request) RedirectToLogin(w http.ResponseWriter) {
	w.Header().Set("Location", r.loginURL())
	aspnet.WriteEmpty(w, http.StatusFound)
}

// queryOf is the query as it was sent. A question mark with nothing behind it counts (recording 60-bitid-message).
func queryOf(r *http.Request) string {
	if r.URL.RawQuery == "" && !r.URL.ForceQuery {
		return ""
	}
	return "?" + r.URL.RawQuery
}
