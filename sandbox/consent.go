package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// Consent acts as the account's owner on the consent page: it logs in, opens the authorize address that a program
// made, decides, and posts the key to the program's redirect address, as a browser does. The key gets the
// permissions that the page shows. If the choice names no store, it is the store of the [Seed].
//
// The sandbox's pages are opened without the network, whatever host the address names. The redirect is posted over
// the network. The context bounds all of it. An error says that the sandbox started without an account, what the
// page showed instead of a form, or that the program did not accept the key; in the last case the outcome is
// returned too.
func (s *Sandbox) Consent(ctx context.Context, authorizeURL string, choice human.Choice) (human.Consented, error) {
	seed := s.Seed()
	if seed == (Seed{}) {
		return human.Consented{}, errors.New("sandbox: consent: the sandbox started empty, so there is no account to log in with")
	}
	u, err := url.Parse(authorizeURL)
	if err != nil || u.Host == "" {
		return human.Consented{}, fmt.Errorf("sandbox: consent: %q is not the address of a page", authorizeURL)
	}
	person := human.New(u.Scheme + "://" + u.Host + s.rootPath)
	network := &http.Transport{}
	defer network.CloseIdleConnections()
	person.Through(&direct{sandbox: s, host: u.Host, network: network})
	// Log-ins are throttled by address, and each consent is a log-in.
	person.From(fmt.Sprintf("127.%d.%d.%d", rand.N(256), rand.N(256), rand.N(256)))
	if err := person.LogIn(ctx, seed.Email, seed.Password); err != nil {
		return human.Consented{}, fmt.Errorf("sandbox: consent: %w", err)
	}
	if choice.StoreID == "" {
		choice.StoreID = seed.StoreID
	}
	outcome, err := person.Consent(ctx, authorizeURL, choice)
	if err != nil {
		return outcome, fmt.Errorf("sandbox: consent: %w", err)
	}
	return outcome, nil
}

// direct passes the requests to one host directly to the sandbox. Faults do not apply to them.
type direct struct {
	sandbox *Sandbox
	host    string
	network http.RoundTripper
}

func (t *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.host {
		return t.network.RoundTrip(r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	served := r.Clone(r.Context())
	served.Host = r.URL.Host
	served.Header.Set("X-Forwarded-Proto", r.URL.Scheme)
	if served.Body == nil {
		served.Body = http.NoBody
	}
	response := t.sandbox.respond(served)
	if r.Body != nil {
		r.Body.Close()
	}
	return &http.Response{
		Status: http.StatusText(response.Status()), StatusCode: response.Status(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: response.Header(), Body: io.NopCloser(bytes.NewReader(response.Body())), ContentLength: int64(len(response.Body())),
		Request: r,
	}, nil
}
