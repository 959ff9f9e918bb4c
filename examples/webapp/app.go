package main

import (
	"context"
	"crypto/rand"
	"html/template"
	"net/http"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// request is what a user is asked for: to create invoices in one store, and to read them.
var request = authorize.Request{
	ApplicationName: "Example web app",
	Permissions:     []greenfield.Permission{greenfield.CanViewStoreSettings, greenfield.CanCreateInvoice, greenfield.CanViewInvoices},
	SelectiveStores: true,
}

type app struct {
	http.Handler
	server     string
	connection *client.Client // for the keys of all users
	login      *authorize.Handler

	mu       sync.Mutex
	sessions map[string]string           // user by cookie
	arrived  map[string]authorize.Result // by receipt; a real app revokes those that stay here
	stores   map[string]*connected       // by user
}

// connected is a store whose key may be used.
type connected struct {
	key greenfield.APIKey
	id  greenfield.StoreID
}

func newApp(public, server string) (*app, error) {
	connection, err := client.New(server)
	if err != nil {
		return nil, err
	}
	a := &app{
		server: server, connection: connection,
		sessions: map[string]string{}, arrived: map[string]authorize.Result{}, stores: map[string]*connected{},
	}
	a.login, err = authorize.NewHandler(authorize.HandlerOptions{
		URL:     public + "/callback/",
		Done:    a.keep,
		Connect: func(string) (*greenfield.Client, error) { return greenfield.From(connection, nil), nil },
	})
	if err != nil {
		return nil, err
	}
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", a.home)
	pages.HandleFunc("POST /session", a.logIn)
	pages.HandleFunc("POST /connect", a.connect)
	pages.HandleFunc("GET /connected", a.finish)
	// The key comes from the server's page, and thus from another site; all other forms
	// come from this one.
	all := http.NewServeMux()
	all.Handle("/callback/", a.login)
	all.Handle("/", http.NewCrossOriginProtection().Handler(pages))
	a.Handler = all
	return a, nil
}

// connect sends the user to the consent page.
func (a *app) connect(w http.ResponseWriter, r *http.Request) {
	user := a.user(r)
	if user == "" {
		http.Error(w, "log in first", http.StatusForbidden)
		return
	}
	page, err := a.login.Start(r.Context(), a.server, user, request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, page, http.StatusSeeOther)
}

// keep saves a key that arrived. It may be used when the browser that delivered it turns
// out to be the user's.
func (a *app) keep(_ context.Context, result authorize.Result) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.arrived[result.Receipt] = result
	return "/connected?receipt=" + result.Receipt, nil
}

// finish is the page to which the browser goes after it delivered a key.
func (a *app) finish(w http.ResponseWriter, r *http.Request) {
	user, receipt := a.user(r), r.FormValue("receipt")
	a.mu.Lock()
	result, found := a.arrived[receipt]
	if user != "" {
		delete(a.arrived, receipt)
	}
	a.mu.Unlock()
	switch {
	case !found:
		http.Error(w, "there is no key with this receipt", http.StatusNotFound)
	case user == "":
		a.show(w, http.StatusOK, page{Note: "Log in, and open this page again to finish."})
	case user != result.Login.User:
		// Somebody sent this user the consent page of their own login.
		a.revoke(r.Context(), result)
		a.show(w, http.StatusForbidden, page{User: user, Note: "You did not start this. The key was revoked."})
	default:
		a.use(w, r, result)
	}
}

// use takes a key into use if it has the permissions that were asked for.
func (a *app) use(w http.ResponseWriter, r *http.Request, result authorize.Result) {
	if result.Outcome == authorize.OutcomeUnproven { // the server could not be asked before
		again, err := a.login.Check(r.Context(), result.Login, result.Callback)
		if err != nil {
			a.show(w, http.StatusForbidden, page{User: result.Login.User, Note: "Your server does not know the key."})
			return
		}
		again.Receipt = result.Receipt
		result = again
	}
	user, stores := result.Login.User, result.Proof.Grant.StoreIDs()
	switch {
	case result.Outcome == authorize.OutcomeUnproven:
		a.mu.Lock()
		a.arrived[result.Receipt] = result
		a.mu.Unlock()
		a.show(w, http.StatusServiceUnavailable, page{User: user, Note: "Your server does not respond. Reload this page later."})
	case result.Outcome != authorize.OutcomeProven || len(stores) != 1:
		a.revoke(r.Context(), result)
		a.show(w, http.StatusForbidden, page{User: user, Note: "The key has other permissions than requested, and was revoked. Start again."})
	default:
		a.mu.Lock()
		a.stores[user] = &connected{result.Callback.APIKey, stores[0]}
		a.mu.Unlock()
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (a *app) revoke(ctx context.Context, result authorize.Result) {
	// If it fails, the user can delete the key on the server's page.
	_ = greenfield.From(a.connection, result.Callback.APIKey).APIKeys.RevokeCurrent(ctx)
}

// home shows the user's store, read with the user's key.
func (a *app) home(w http.ResponseWriter, r *http.Request) {
	shown := page{User: a.user(r)}
	a.mu.Lock()
	own := a.stores[shown.User]
	a.mu.Unlock()
	if own != nil {
		store, err := greenfield.From(a.connection, own.key).Stores.Get(r.Context(), own.id)
		if shown.Store = store.Name; err != nil {
			shown.Note = err.Error()
		}
	}
	a.show(w, http.StatusOK, shown)
}

// logIn believes everyone, since passwords are not what this program shows.
func (a *app) logIn(w http.ResponseWriter, r *http.Request) {
	id := rand.Text()
	a.mu.Lock()
	a.sessions[id] = r.PostFormValue("user")
	a.mu.Unlock()
	// With Strict, the browser would come back from the server without the cookie.
	http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// user returns the user of the session, or "".
func (a *app) user(r *http.Request) string {
	cookie, err := r.Cookie("session")
	if err != nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sessions[cookie.Value]
}

type page struct{ User, Store, Note string }

var pageTemplate = template.Must(template.New("").Parse(`<!doctype html><title>Example web app</title>
<p>{{.Note}}</p>
{{if .User}}<p>{{.User}}: {{with .Store}}connected to {{.}}{{else}}no store is connected{{end}}</p>
<form method="post" action="/connect"><button>Connect a store</button></form>
{{else}}<form method="post" action="/session"><input name="user" required><button>Log in</button></form>{{end}}
`))

func (a *app) show(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, p)
}
