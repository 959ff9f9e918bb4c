package human

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Human has one browser with its cookies. Its methods are for one goroutine.
type Human struct {
	client http.Client
	base   string
	at     *url.URL
	page   *Page
	from   string
}

// New returns a person who is not logged in. Paths are below base, the server's address with its root path.
func New(base string) *Human {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it returns no error
	}
	return &Human{client: http.Client{Jar: jar, Transport: &http.Transport{}}, base: strings.TrimSuffix(base, "/")}
}

// From sets the address that the person seems to come from. The server trusts X-Forwarded-For, and throttles log-ins
// by that address.
func (h *Human) From(address string) { h.from = address }

// Through replaces the network for the person's requests, for example by a handler.
func (h *Human) Through(transport http.RoundTripper) { h.client.Transport = transport }

// Open opens a path or a whole address, and follows redirects.
func (h *Human) Open(ctx context.Context, address string) (*Page, error) {
	if strings.HasPrefix(address, "/") {
		address = h.base + address
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return h.send(r)
}

// Press submits the first form of the page that has the button. The changes are pairs of a field's name and value.
func (h *Human) Press(ctx context.Context, button string, changes ...string) (*Page, error) {
	if h.page == nil {
		return nil, fmt.Errorf("no page is open to press %q on", button)
	}
	form := h.page.Form(button)
	if form == nil {
		return nil, fmt.Errorf("the page %q has no button %q", h.page.Title, button)
	}
	values := url.Values{}
	for _, pair := range form.Pairs() {
		values.Add(pair[0], pair[1])
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if !values.Has(changes[i]) {
			return nil, fmt.Errorf("the form of %q on the page %q has no field %q", button, h.page.Title, changes[i])
		}
		values.Set(changes[i], changes[i+1])
	}
	if b := form.Button(button); b.Name != "" {
		values.Add(b.Name, b.Value)
	}
	target, err := h.at.Parse(form.Action)
	if err != nil {
		return nil, fmt.Errorf("the form of %q has the address %q: %w", button, form.Action, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", h.at.Scheme+"://"+h.at.Host)
	return h.send(r)
}

// LogIn opens the log-in page and logs in. Afterwards the home page is open.
func (h *Human) LogIn(ctx context.Context, email, password string) error {
	page, err := h.Open(ctx, "/login")
	if err != nil {
		return err
	}
	button := "Password"
	if page.Form(button) == nil {
		button = "Sign in" // up to 2.3.9
	}
	if page, err = h.Press(ctx, button, "Email", email, "Password", password); err != nil {
		return err
	}
	// The home page shows whether it worked. Under a root path the page that a log-in redirects to cannot: its path
	// has no slash at the end, so that the cookie does not apply to it.
	start, err := h.Open(ctx, "/")
	if err != nil {
		return err
	}
	if start.Form(button) != nil {
		return fmt.Errorf("the log-in of %s was refused: %s", email, strings.Join(append(page.Alerts, page.Title), " "))
	}
	return nil
}

// Approve approves a pairing, for the store of that id, or if it is empty for the first store that the page offers.
// The person must be logged in. Releases from 2.0.0 to 2.3.5 have no button until the address names the store; then
// Approve adds it to the address.
func (h *Human) Approve(ctx context.Context, approveURL, storeID string) (*Page, error) {
	page, err := h.Open(ctx, approveURL)
	if err != nil {
		return nil, err
	}
	if page.Form("Approve") == nil {
		if address := withStore(h.at, page, storeID); address != "" {
			if page, err = h.Open(ctx, address); err != nil {
				return nil, err
			}
		}
	}
	if page.Form("Approve") == nil {
		return nil, fmt.Errorf("nothing to approve at %s: %s", approveURL, strings.Join(page.Alerts, " "))
	}
	if storeID == "" {
		return h.Press(ctx, "Approve")
	}
	return h.Press(ctx, "Approve", "StoreId", storeID)
}

// withStore returns the address of a page with the store that is to be picked; empty if there is none to pick.
func withStore(at *url.URL, page *Page, storeID string) string {
	for _, form := range page.Forms {
		for _, pair := range form.Pairs() {
			if pair[0] == "StoreId" && !at.Query().Has("selectedStore") {
				return at.String() + "&selectedStore=" + url.QueryEscape(cmp.Or(storeID, pair[1]))
			}
		}
	}
	return ""
}

// generated is the text of a page for a key that was just made.
var generated = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`API key generated! ([0-9A-Za-z]+)`) })

// Key is the API key that was just made and that the page shows: in its address, and in releases since 2.4.4 or
// later only in its text. It is empty if there is none.
func (h *Human) Key() string {
	if h.page == nil {
		return ""
	}
	if key := h.at.Query().Get("key"); key != "" {
		return key
	}
	if found := generated().FindStringSubmatch(strings.Join(h.page.Alerts, " ")); found != nil {
		return found[1]
	}
	return ""
}

// At is the address of the open page.
func (h *Human) At() *url.URL { return h.at }

// Close closes idle connections.
func (h *Human) Close() { h.client.CloseIdleConnections() }

func (h *Human) send(r *http.Request) (*Page, error) {
	r.Header.Set("Accept", "text/html")
	if h.from != "" {
		r.Header.Set("X-Forwarded-For", h.from)
	}
	response, err := h.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	page, err := ReadPage(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 400 {
		return nil, fmt.Errorf("%s %s answered %s", r.Method, r.URL.Path, response.Status)
	}
	h.at, h.page = response.Request.URL, page
	return page, nil
}
