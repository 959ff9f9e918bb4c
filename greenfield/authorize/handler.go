package authorize

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// HandlerOptions configure a [Handler].
type HandlerOptions struct {
	// URL is the public address below which the handler is mounted, for instance
	// https://shop.example.com/btcpay/callback/. Browsers post to URL + state. A plain
	// http address of another machine is refused, unless AllowHTTP is set.
	URL string
	// AllowHTTP accepts an URL over which the key travels unencrypted.
	AllowHTTP bool
	// Done is called once for each key that arrived and was checked, before the browser
	// gets its response. It saves the key and returns the page of the web app to which the
	// browser goes. Its context is not cancelled if the browser goes away.
	//
	// Put [Result.Receipt] into the address of the page, and do not use the key before the
	// page was opened in a session of [Login.User]: see the heading "Whose browser it is".
	// If the page is empty, the browser goes to /.
	//
	// If it returns an error, the browser gets an error page, and reloading that page
	// delivers the key again. So Done may be called again for the same [Login.ID].
	Done func(context.Context, Result) (page string, err error)
	// Store, if set, is called before the key is checked, so that no key is lost if the
	// process ends in the meantime. After an error, Done is not called; the browser can
	// deliver the key again by reloading.
	Store func(context.Context, Login, Callback) error
	// Pending stores started logins. If it is nil, the handler uses a new [Memory].
	Pending Pending
	// Lifetime is how long a user has for the consent page; 0 is one hour.
	Lifetime time.Duration
	// Connect returns a client for a server. If it is nil, the handler uses
	// [greenfield.New] with the address alone. If your users name the servers, set it and
	// limit the addresses to which your own server connects (client.WithTransport).
	Connect func(server string) (*greenfield.Client, error)
	// Refused, if set, is called for each request that delivered no key, with the reason:
	// a [*CallbackError], [ErrNoLogin], [ErrNotProven], or an error of Pending, Store or
	// Done. The error contains no key. The path of the request contains the state.
	Refused func(*http.Request, error)
}

// An Outcome is what the check of a key showed. Later versions may add more, so treat
// unknown ones like [OutcomeDiffers].
type Outcome string

// The outcomes of a login.
const (
	// OutcomeProven means that the key works on the server and has the permissions that
	// were requested.
	OutcomeProven Outcome = "proven"
	// OutcomeDiffers means that the key works, but has more or fewer permissions: see
	// Result.Proof.Grant.
	OutcomeDiffers Outcome = "differs"
	// OutcomeUnproven means that the server could not be asked: see Result.Err. Keep the
	// key without using it, and call [Handler.Check] again later.
	OutcomeUnproven Outcome = "unproven"
)

// A Result is a key that arrived for a login.
type Result struct {
	// Login is what [Handler.Start] began.
	Login Login
	// Callback has the key: Callback.APIKey.Secret().Reveal() is the text to save. A Result
	// cannot be encoded as JSON as a whole.
	Callback Callback
	// Outcome is [OutcomeProven] if the key can be used as requested.
	Outcome Outcome
	// Receipt is a random text for the browser that delivered the key. It is new in each
	// call of [HandlerOptions.Done], and empty in a result of [Handler.Check].
	Receipt string
	// Proof is what the server reported about the key. It is zero if the outcome is
	// [OutcomeUnproven].
	Proof Proof
	// Err is why the server could not be asked, if the outcome is [OutcomeUnproven].
	Err error
}

const (
	loginTime = time.Hour
	// checkTime is how long the browser waits for the check of the key.
	checkTime = 20 * time.Second
	// stateLength is the length of rand.Text.
	stateLength = 26
)

// Handler is an [http.Handler] for the POST with which a consent page delivers a key to a
// web app. Mount it at the path of [HandlerOptions.URL]. One handler serves any number of
// users and servers.
//
// Each login has an address of its own with a random state in the path: the POST comes
// from another site, so browsers send it without the app's cookies (SameSite=Lax), and
// servers send no state. A state is valid for one key and until it expires. A POST that
// delivers no key, or a key that the server does not know, does not use it up.
type Handler struct {
	options HandlerOptions
	url     *url.URL
	// own is set if the handler has to close the connections of its clients.
	own      bool
	attempts attempts
}

// ErrHandler is wrapped by the errors of [NewHandler].
var ErrHandler = errors.New("unusable handler options")

// NewHandler checks the options.
func NewHandler(o HandlerOptions) (*Handler, error) {
	u, err := url.Parse(o.URL)
	switch {
	case o.Done == nil:
		return nil, fmt.Errorf("%w: Done is required", ErrHandler)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: URL has to be an address like https://shop.example.com/btcpay/callback/", ErrHandler)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%w: URL has more than scheme, host and path", ErrHandler)
	case u.Scheme == "http" && !o.AllowHTTP && !onThisMachine(u) && !strings.HasSuffix(u.Hostname(), ".onion"):
		return nil, fmt.Errorf("%w: keys would travel to %.200q unencrypted: use https, or set AllowHTTP", ErrHandler, u.Host)
	case o.Lifetime < 0:
		return nil, fmt.Errorf("%w: Lifetime is negative", ErrHandler)
	}
	h := &Handler{options: o, url: u}
	h.options.Lifetime = cmp.Or(o.Lifetime, loginTime)
	if o.Pending == nil {
		h.options.Pending = &Memory{}
	}
	if o.Connect == nil {
		h.own = true
		h.options.Connect = func(server string) (*greenfield.Client, error) { return greenfield.New(server, nil) }
	}
	return h, nil
}

// Start starts a login and returns the address of the consent page; redirect the user's
// browser to it. The user is any text that identifies the user of the web app, for
// instance an account's id. It is not sent to the server; [Result.Login] has it. Take
// it from the session, never from a form.
//
// Start sets [Request.Redirect]. It returns the errors of [Request.Validate] and of
// [HandlerOptions.Pending]. It sends nothing to the server.
func (h *Handler) Start(ctx context.Context, server, user string, request Request) (page string, err error) {
	c, err := h.options.Connect(server)
	if err != nil {
		return "", err
	}
	if h.own {
		defer c.CloseIdleConnections()
	}
	state := rand.Text()
	request.Redirect = h.url.JoinPath(state).String()
	if page, err = URL(c, request); err != nil {
		return "", err
	}
	request.Redirect, request.Known = "", nil
	login := Login{ID: loginID(state), User: user, Server: c.Address(), Request: request, Expires: time.Now().Add(h.options.Lifetime)}
	if err := h.options.Pending.Put(ctx, login); err != nil {
		return "", fmt.Errorf("storing the login: %w", err)
	}
	return page, nil
}

// loginID hashes a state, so that a reader of the stored logins cannot deliver a key, and
// the time of a look-up shows nothing of a state.
func loginID(state string) string {
	sum := sha256.Sum256([]byte("btcpayctl login " + state))
	return hex.EncodeToString(sum[:16])
}

// Check asks the login's server about a key. The handler calls it for each key; call it
// again if the outcome was [OutcomeUnproven]. The error wraps [ErrNotProven] if the server
// does not know the key. If the server cannot be asked, there is no error, and the outcome
// is [OutcomeUnproven].
func (h *Handler) Check(ctx context.Context, login Login, callback Callback) (Result, error) {
	result := Result{Login: login, Callback: callback, Outcome: OutcomeUnproven}
	c, err := h.options.Connect(login.Server)
	if err != nil {
		result.Err = err
		return result, nil
	}
	if h.own {
		defer c.CloseIdleConnections()
	}
	proof, err := Prove(ctx, c, callback.APIKey, login.Request)
	switch {
	case errors.Is(err, ErrNotProven):
		return Result{}, err
	case err != nil:
		result.Err = err
		return result, nil
	}
	result.Proof, result.Outcome = proof, OutcomeProven
	if proof.Grant.Match != MatchSame {
		result.Outcome = OutcomeDiffers
	}
	return result, nil
}

// ServeHTTP accepts the POST of a consent page and redirects the browser to a page of the
// web app.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	callback, err := ParseCallback(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	state := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if len(state) != stateLength {
		h.refuse(w, r, ErrNoLogin)
		return
	}
	page, err := h.attempts.once(r.Context(), loginID(state), callback.APIKey, func() (string, error) {
		// The browser may go away while the key is being saved.
		return h.receive(context.WithoutCancel(r.Context()), loginID(state), callback)
	})
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	secure(w.Header())
	w.Header().Set("Location", page)
	w.WriteHeader(http.StatusSeeOther)
}

// receive uses up the login for the key. If the key could not be saved, or is not one, the
// login can be used again.
func (h *Handler) receive(ctx context.Context, id string, callback Callback) (page string, err error) {
	login, err := h.options.Pending.Take(ctx, id)
	if err != nil {
		return "", err
	}
	if login.ID != id || !time.Now().Before(login.Expires) {
		return "", ErrNoLogin
	}
	kept := false
	defer func() {
		if !kept { // also if Store or Done panics
			err = errors.Join(err, h.options.Pending.Put(ctx, login))
		}
	}()
	if h.options.Store != nil {
		if err := h.options.Store(ctx, login, callback); err != nil {
			return "", fmt.Errorf("storing the key: %w", err)
		}
	}
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	result, err := h.Check(bounded, login, callback)
	if err != nil {
		return "", err
	}
	result.Receipt = rand.Text()
	if page, err = h.options.Done(ctx, result); err != nil {
		return "", fmt.Errorf("finishing the login: %w", err)
	}
	kept = true
	return cmp.Or(page, "/"), nil
}

// refuse answers a request that delivered no key.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if h.options.Refused != nil {
		h.options.Refused(r, err)
	}
	status, page := http.StatusInternalServerError, notSavedPage
	malformed, ok := errors.AsType[*CallbackError](err)
	switch {
	case ok:
		status, page = malformed.Status, noLoginPage
	case errors.Is(err, ErrNoLogin):
		status, page = http.StatusNotFound, noLoginPage
	case errors.Is(err, ErrNotProven):
		status, page = http.StatusForbidden, notProvenPage
	}
	secure(w.Header())
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, page())
}
