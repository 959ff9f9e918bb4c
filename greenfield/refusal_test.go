package greenfield_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A refuser answers as servers do whose account has two keys. What they say is that
// of the recordings 11-auth-errors, 12-api-keys and 60-bitid-auth.
type refuser struct {
	old                              bool // up to 2.3.4
	strips, stripsAPI, locked, other bool
	revoked                          map[string]bool
	broken                           int // status of GET /tokens, if another
}

const generalText = "Authentication is required for accessing this endpoint"

func (s refuser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "token ")
	refuse := func(message string) {
		if s.old {
			message = generalText
		}
		answer(w, 401, `{"code":"unauthenticated","message":"`+message+`"}`)
	}
	if s.strips || s.stripsAPI && r.URL.Path != "/tokens" {
		key = ""
	}
	switch {
	case r.URL.Path == "/tokens" && s.broken != 0:
		answer(w, s.broken, "")
	case r.URL.Path == "/tokens" && key == "":
		answer(w, 200, `{"data":[]}`)
	case r.URL.Path == "/tokens" && s.old:
		answer(w, 401, "")
	case r.URL.Path == "/tokens":
		answer(w, 401, `{"errors":[{"error":"ApiKey authentication failed"}],"error":"ApiKey authentication failed"}`)
	case key == "":
		answer(w, 401, `{"code":"unauthenticated","message":"`+generalText+`"}`)
	case s.other || s.revoked[key]:
		refuse("ApiKey authentication failed: Unknown API Key")
	case s.locked:
		refuse("ApiKey authentication failed: Your user account is currently disabled.")
	default:
		answer(w, 200, `{"apiKey":"`+key+`","label":"","permissions":[]}`)
	}
}

// refused is what a server's refusal of the test's key means.
func (s refuser) refused(t *testing.T, witness bool) error {
	t.Helper()
	g := serve(t, s.ServeHTTP)
	var other *greenfield.Client
	if witness {
		var err error
		other, err = greenfield.New(g.Address(), apiKey(t, otherKey), client.WithRetries(0), client.WithTimeout(patience))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(other.CloseIdleConnections)
	}
	_, err := g.APIKeys.Current(t.Context())
	if err == nil {
		return nil
	}
	return g.WhyRefused(t.Context(), err, other)
}

const otherKey = "89abcdef0123456789abcdef0123456789abcdef"

// TestWhyRefused: gone is gone on every version, and nothing else passes for it.
func TestWhyRefused(t *testing.T) {
	gone := map[string]bool{testKey: true}
	both := map[string]bool{testKey: true, otherKey: true}
	for _, c := range []struct {
		name           string
		server         refuser
		alone, witness error // without and with a second key of the account
	}{
		{"gone", refuser{revoked: gone}, greenfield.ErrUnknownKey, greenfield.ErrUnknownKey},
		{"gone, old", refuser{revoked: gone, old: true}, greenfield.ErrRevokedOrLocked, greenfield.ErrUnknownKey},
		{"locked", refuser{locked: true}, greenfield.ErrUserDisabled, greenfield.ErrUserDisabled},
		{"locked, old", refuser{locked: true, old: true}, greenfield.ErrRevokedOrLocked, greenfield.ErrRevokedOrLocked},
		{"gone and locked, old", refuser{revoked: gone, locked: true, old: true}, greenfield.ErrRevokedOrLocked, greenfield.ErrRevokedOrLocked},
		{"no header", refuser{strips: true}, greenfield.ErrNotArrived, greenfield.ErrNotArrived},
		{"no header, old", refuser{strips: true, old: true}, greenfield.ErrNotArrived, greenfield.ErrNotArrived},
		{"no header on one half", refuser{stripsAPI: true}, greenfield.ErrNotArrived, greenfield.ErrNotArrived},
		{"no header on one half, old", refuser{stripsAPI: true, old: true}, greenfield.ErrRevokedOrLocked, greenfield.ErrRevokedOrLocked},
		{"another server", refuser{other: true}, greenfield.ErrUnknownKey, greenfield.ErrOtherServer},
		{"another server, old", refuser{other: true, old: true}, greenfield.ErrRevokedOrLocked, greenfield.ErrRevokedOrLocked},
		{"both gone", refuser{revoked: both}, greenfield.ErrUnknownKey, greenfield.ErrOtherServer},
		{"both gone, old", refuser{revoked: both, old: true}, greenfield.ErrRevokedOrLocked, greenfield.ErrRevokedOrLocked},
		{"nothing to ask, old", refuser{revoked: gone, old: true, broken: 404}, greenfield.ErrUnauthenticated, greenfield.ErrUnauthenticated},
		{"it fails, old", refuser{revoked: gone, old: true, broken: 502}, greenfield.ErrUnauthenticated, greenfield.ErrUnauthenticated},
		{"it works", refuser{}, nil, nil},
	} {
		for witness, want := range map[bool]error{false: c.alone, true: c.witness} {
			got := c.server.refused(t, witness)
			if !errors.Is(got, want) || (got == nil) != (want == nil) {
				t.Errorf("%s, witness %t: %v", c.name, witness, got)
			}
			// No two meanings, since a caller asks for one.
			for _, meaning := range []error{greenfield.ErrUnknownKey, greenfield.ErrUserDisabled, greenfield.ErrRevokedOrLocked, greenfield.ErrNotArrived,
				greenfield.ErrOtherServer, greenfield.ErrNotServer, greenfield.ErrUnauthenticated} {
				if errors.Is(got, meaning) != (meaning == want) { //nolint:errorlint // one of the list itself
					t.Errorf("%s, witness %t: %v is also %v", c.name, witness, got, meaning)
				}
			}
			if refusal, ok := errors.AsType[*client.Error](got); want != nil && (!ok || refusal.Status != 401) {
				t.Errorf("%s, witness %t: the answer is not in %v", c.name, witness, got)
			}
		}
	}
}

// TestWhyRefusedLeavesTheRest: what is no refusal of a key comes back as it is, and
// nobody is asked anything.
func TestWhyRefusedLeavesTheRest(t *testing.T) {
	asked := 0
	g := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked++; answer(w, 500, "") })
	for _, err := range []error{nil, errors.New("x"), greenfield.ErrUserDisabled, greenfield.ErrNotServer, greenfield.ErrLoginPage, greenfield.ErrNoAPI, greenfield.ErrKeyNotFound} {
		if got := g.WhyRefused(t.Context(), err, nil); got != err { //nolint:errorlint // the very same
			t.Errorf("%v became %v", err, got)
		}
	}
	anonymous := serveAs(t, nil, func(w http.ResponseWriter, _ *http.Request) { asked++; answer(w, 500, "") })
	if err := anonymous.WhyRefused(t.Context(), greenfield.ErrUnauthenticated, nil); !errors.Is(err, greenfield.ErrUnauthenticated) {
		t.Error(err)
	}
	if asked != 0 {
		t.Errorf("%d requests were sent", asked)
	}
}

// TestRecordedRefusals holds the recordings to what is built on them.
func TestRecordedRefusals(t *testing.T) {
	messages := map[string]map[string]string{}
	for _, group := range []string{"*/11-auth-errors.json", "*/12-api-keys.json"} {
		for _, r := range recordings(t, group) {
			for _, s := range r.Steps {
				var body struct{ Code, Message string }
				if s.Response.Status != 401 {
					continue
				}
				if err := json.Unmarshal(s.Response.JSON, &body); err != nil || body.Code != "unauthenticated" {
					t.Errorf("%s: %s, %v", s.Name, s.Response.JSON, err)
				}
				if messages[r.Version] == nil {
					messages[r.Version] = map[string]string{}
				}
				messages[r.Version][s.Name] = body.Message
			}
		}
	}
	for _, version := range []string{"1.13.5", "2.0.8", "2.3.9", "2.4.1"} {
		got := messages[version]
		if got["no credentials"] != generalText {
			t.Errorf("%s: no credentials are %q", version, got["no credentials"])
		}
		silent := version == "1.13.5" || version == "2.0.8"
		for _, name := range []string{"unknown key", "a revoked key", "after revoke current", "the key of a locked user"} {
			if got[name] == "" || (got[name] == generalText) != silent {
				t.Errorf("%s, %s: %q", version, name, got[name])
			}
		}
	}
}

// TestGoneOnEveryRelease has a key revoked by another one, and asks with it.
func TestGoneOnEveryRelease(t *testing.T) {
	for release, alone := range map[string]error{
		"1.13": greenfield.ErrRevokedOrLocked, "2.0": greenfield.ErrRevokedOrLocked, "2.3.4": greenfield.ErrRevokedOrLocked,
		"2.3.5": greenfield.ErrUnknownKey, "2.3": greenfield.ErrUnknownKey, "2.4": greenfield.ErrUnknownKey, "newer": greenfield.ErrUnknownKey,
	} {
		server := sandbox.New(t, sandbox.Options{Emulate: release})
		connect := func(key client.Secret) *greenfield.Client {
			c, err := greenfield.New(server.URL, apiKey(t, key.Reveal()), client.WithRetries(0), client.WithTimeout(patience))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.CloseIdleConnections)
			return c
		}
		owner := connect(client.NewSecret(server.Seed.APIKey))
		made, err := owner.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{Label: "short"})
		if err != nil {
			t.Fatalf("%s: %v", release, err)
		}
		short := connect(made.Key)
		if err := short.APIKeys.RevokeCurrent(t.Context()); err != nil {
			t.Fatalf("%s: %v", release, err)
		}
		refused := short.APIKeys.RevokeCurrent(t.Context())
		if err := short.WhyRefused(t.Context(), refused, nil); !errors.Is(err, alone) {
			t.Errorf("%s, alone: %v", release, err)
		}
		if err := short.WhyRefused(t.Context(), refused, owner); !errors.Is(err, greenfield.ErrUnknownKey) {
			t.Errorf("%s: %v", release, err)
		}
	}
}
