package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// program is a program's server that takes keys at its redirect address.
type program struct {
	*httptest.Server
	mu     sync.Mutex
	keys   []string
	status int
}

func newProgram(t *testing.T) *program {
	p := &program{status: http.StatusOK}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.keys = append(p.keys, r.PostFormValue("apiKey"))
		w.WriteHeader(p.status)
	}))
	t.Cleanup(p.Close)
	return p
}

// page is the address of the consent page for what the program asks.
func (p *program) page(server string, query ...string) string {
	q := url.Values{"applicationName": {"Shop"}}
	if p != nil {
		q.Set("redirect", p.URL+"/callback")
	}
	for i := 0; i < len(query); i += 2 {
		q.Add(query[i], query[i+1])
	}
	return server + "/api-keys/authorize?" + q.Encode()
}

func permissionsOf(t *testing.T, s *sandbox.Server, key string) []string {
	t.Helper()
	holder := &sandbox.Server{URL: s.URL, Seed: sandbox.Seed{APIKey: key}}
	status, answer := call(t, holder, "GET", "/api/v1/api-keys/current", "")
	var current struct{ Permissions []string }
	if err := json.Unmarshal([]byte(answer), &current); err != nil || status != http.StatusOK {
		t.Fatal(status, answer)
	}
	slices.Sort(current.Permissions)
	return current.Permissions
}

func TestConsent(t *testing.T) {
	const view, create = "btcpay.store.canviewinvoices", "btcpay.store.cancreateinvoice"
	for _, release := range []string{"", "1.13", "2.0", "2.3", "newer"} {
		t.Run(release, func(t *testing.T) {
			s := sandbox.New(t, sandbox.Options{Emulate: release, RootPath: "/btcpay"})
			p := newProgram(t)
			_, answer := call(t, s, "POST", "/api/v1/stores", `{"name":"Other"}`)
			_, other, _ := strings.Cut(answer, `"id":"`)
			other, _, _ = strings.Cut(other, `"`)
			for _, c := range []struct {
				name   string
				query  []string
				choice human.Choice
				store  string
				want   []string // nil: refused
			}{
				{"all stores", []string{"permissions", view}, human.Choice{}, "", []string{view}},
				{"its own store", []string{"permissions", view, "selectiveStores", "true"}, human.Choice{}, s.Seed.StoreID, []string{view + ":" + s.Seed.StoreID}},
				{"another store", []string{"permissions", view, "permissions", create, "selectiveStores", "true"}, human.Choice{StoreID: other}, other, []string{create + ":" + other, view + ":" + other}},
				{"more", []string{"permissions", view, "strict", "false"}, human.Choice{Add: []string{create}}, "", []string{create, view}},
				{"refused", []string{"permissions", view}, human.Choice{Refuse: true}, "", nil},
				{"refused before a store is picked", []string{"permissions", view, "selectiveStores", "true"}, human.Choice{Refuse: true}, "", nil},
			} {
				p.keys = nil
				got, err := s.Consent(t.Context(), p.page(s.URL, c.query...), c.choice)
				want := human.Consented{Decision: human.Authorized, StoreID: c.store, Redirect: p.URL + "/callback"}
				if c.want == nil {
					want = human.Consented{Decision: human.Cancelled}
				}
				if err != nil || got != want {
					t.Errorf("%s: %+v, %v", c.name, got, err)
					continue
				}
				if c.want == nil {
					if len(p.keys) != 0 {
						t.Errorf("%s: a key was posted", c.name)
					}
				} else if len(p.keys) != 1 || !slices.Equal(permissionsOf(t, s, p.keys[0]), c.want) {
					t.Errorf("%s: %v", c.name, p.keys)
				}
			}
			shown, err := s.Consent(t.Context(), (*program)(nil).page(s.URL, "permissions", view), human.Choice{})
			if err != nil || shown.Redirect != "" || !slices.Equal(permissionsOf(t, s, shown.APIKey), []string{view}) {
				t.Errorf("without a redirect: %+v, %v", shown, err)
			}
		})
	}
}

// TestConsentAgain has a program that asks twice, one that does not take its key, and a person who decides often.
func TestConsentAgain(t *testing.T) {
	s := sandbox.New(t)
	if _, err := s.Fault(sandbox.Fault{Times: -1, Drop: true, Path: "/login"}); err != nil { // meets no person
		t.Fatal(err)
	}
	p := newProgram(t)
	page := p.page(s.URL, "permissions", "btcpay.store.canviewinvoices", "applicationIdentifier", "shop")
	for _, want := range []human.Decision{human.Authorized, human.Confirmed, human.Confirmed} {
		if got, err := s.Consent(t.Context(), page, human.Choice{}); err != nil || got.Decision != want {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if len(p.keys) != 3 || p.keys[0] == "" || p.keys[1] != p.keys[0] {
		t.Error(p.keys)
	}
	p.status = http.StatusInternalServerError
	if got, err := s.Consent(t.Context(), page, human.Choice{}); err == nil || got.Decision != human.Confirmed || got.Redirect == "" {
		t.Errorf("%+v, %v", got, err)
	}
	for range 20 {
		if _, err := s.Consent(t.Context(), page, human.Choice{Refuse: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestConsentOverHandler has a handler behind TLS whose certificate nobody trusts: the person is inside.
func TestConsentOverHandler(t *testing.T) {
	s, err := sandbox.NewHandler(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, server := range []string{"https://shop.example", "http://127.0.0.1:1"} {
		p := newProgram(t)
		if got, err := s.Consent(t.Context(), p.page(server, "permissions", "btcpay.user.canviewprofile"), human.Choice{}); err != nil || len(p.keys) != 1 {
			t.Errorf("%s: %+v, %v", server, got, err)
		}
	}
}

func TestBadInputConsent(t *testing.T) {
	s, empty := sandbox.New(t), sandbox.New(t, sandbox.Options{Empty: true})
	p := newProgram(t)
	page := p.page(s.URL, "permissions", "btcpay.store.canviewinvoices", "selectiveStores", "true")
	for name, c := range map[string]struct {
		s      *sandbox.Server
		page   string
		choice human.Choice
		want   string
	}{
		"nobody":               {empty, page, human.Choice{}, "no account to log in with"},
		"no address":           {s, "/api-keys/authorize", human.Choice{}, "not the address"},
		"rubbish":              {s, "http://[", human.Choice{}, "not the address"},
		"another page":         {s, s.URL + "/account/apikeys", human.Choice{}, "nothing to authorise"},
		"no page":              {s, s.URL + "/none", human.Choice{}, "Not Found"},
		"a permission unknown": {s, page, human.Choice{Add: []string{"btcpay.none"}}, "does not offer"},
		"a strict program":     {s, page, human.Choice{Add: []string{"btcpay.store.canviewinvoices"}}, "does not let"},
	} {
		if got, err := c.s.Consent(t.Context(), c.page, c.choice); err == nil || !strings.HasPrefix(err.Error(), "sandbox: consent: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if len(p.keys) != 0 {
		t.Error("a key was posted")
	}
}
