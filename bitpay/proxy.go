package bitpay

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// ProxyError means that the server checks signatures for another address than the one that
// the client uses: a proxy in front of the server changes the scheme, the host, the port or
// the path prefix, and does not report the original to the server. All signed requests fail
// until it does.
type ProxyError struct {
	Server string
	// Seen is the address that the server would accept: the one it believes to be reached
	// at.
	Seen string
	Err  error // the response that was examined
}

func (e *ProxyError) Error() string {
	return fmt.Sprintf("%s believes to be %s, so no signature fits: %s", e.Server, e.Seen, e.Remedy())
}

// Remedy says what the server's operator has to change.
func (e *ProxyError) Remedy() string {
	used, err := url.Parse(e.Server)
	seen, seenErr := url.Parse(e.Seen)
	switch {
	case err != nil || seenErr != nil:
		return "make its proxy forward the address unchanged"
	case used.Host == seen.Host && used.Path == seen.Path:
		return "make its proxy send the header X-Forwarded-Proto: " + used.Scheme + " (nginx: proxy_set_header X-Forwarded-Proto $scheme)"
	case used.Hostname() == seen.Hostname() && used.Path == seen.Path:
		return "make its proxy keep the port in the Host header (nginx: proxy_set_header Host $http_host)"
	case used.Path != seen.Path:
		return "start the server with BTCPAY_ROOTPATH=" + cmp.Or(used.Path, "/") + ", and make its proxy keep the path"
	}
	return "make its proxy keep the Host header (nginx: proxy_set_header Host $http_host)"
}

func (e *ProxyError) Unwrap() error { return e.Err }

// acceptedAddress returns the address for which the server accepts a signature, if a proxy
// makes it another one than the client's. It is empty if none is found. Each candidate is
// tried with a signed request for the token list, which changes nothing.
func (c *Client) acceptedAddress(ctx context.Context) string {
	if c.identity == nil {
		return ""
	}
	tried := map[string]bool{c.http.Server(): true}
	try := func(address string) bool {
		if address == "" || tried[address] {
			return false
		}
		tried[address] = true
		_, err := c.http.Do(ctx, client.Request{Method: http.MethodGet, Path: []string{"tokens"}, Auth: true},
			client.CallCredential(signAs{c.identity, address}), client.CallRetries(0))
		return err == nil
	}
	used, err := url.Parse(c.http.Server())
	if err != nil {
		return ""
	}
	otherScheme := withScheme(*used, map[string]string{"https": "http", "http": "https"}[used.Scheme])
	if try(otherScheme) {
		return otherScheme
	}
	// The redirect to the log-in page shows the server's address, unless the proxy rewrites
	// that too.
	own := c.loginAddress(ctx)
	if isTrustworthy(own, used.Hostname()) && try(own) {
		return own
	}
	for _, changed := range []url.URL{*used, {Host: used.Host}} {
		for _, host := range []string{used.Host, strings.TrimSuffix(used.Host, ":"+used.Port())} {
			changed.Host = host
			for _, scheme := range []string{used.Scheme, "http"} {
				if address := withScheme(changed, scheme); try(address) {
					return address
				}
			}
		}
	}
	if tried[own] {
		return ""
	}
	return own
}

func withScheme(address url.URL, scheme string) string {
	address.Scheme = scheme
	return address.String()
}

// isTrustworthy reports whether a signature for an address may be sent to the server of
// another: no server may have itself named a third one, and so get a signature that works
// there. Names of the own host and of private networks are no such servers.
func isTrustworthy(address, host string) bool {
	other, err := url.Parse(address)
	if err != nil || other.Hostname() == "" {
		return false
	}
	name := other.Hostname()
	if name == host || !strings.Contains(name, ".") && net.ParseIP(name) == nil {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// loginAddress returns the address that the server writes in front of its log-in page. It
// is empty if that cannot be learnt.
func (c *Client) loginAddress(ctx context.Context) string {
	_, err := c.http.Do(ctx, client.Request{Method: http.MethodGet, Path: []string{"account", "apikeys"}, Anonymous: true}, client.CallRetries(0))
	if redirect, ok := errors.AsType[*client.RedirectError](err); ok {
		return redirect.LoginBase()
	}
	return ""
}

// signAs signs the URL that a server at another address would see.
type signAs struct {
	identity bitID
	address  string
}

func (s signAs) Authorize(req *http.Request, body []byte) error {
	return s.identity.authorizeAs(s.address+"/tokens", req, body)
}

// Arrival is what the server does with a credential that it cannot accept.
type Arrival struct {
	// Credential reports whether the server sees the client's credential at all. If not, a
	// proxy removes the headers, and every key seems to be unpaired.
	Credential bool
	// Before236 reports whether the server is older than 2.3.6, which gives no reason for
	// its refusal. It is false if the credential does not arrive.
	Before236 bool
}

// Arrival finds out whether credentials reach the server: it sends a wrong one, which the
// server refuses, unless a proxy removed it (recordings 60-bitid-auth and 66-bitpay-apikey
// of all four versions). The client's own key is not used. It needs no permission.
func (c *Client) Arrival(ctx context.Context, opts ...client.CallOption) (Arrival, error) {
	wrong := wrongCredential{identity: c.as(opts).identity}
	_, err := c.http.Do(ctx, client.Request{Operation: "bitpay.Arrival", Method: http.MethodGet, Path: []string{"tokens"}, Auth: true},
		append(opts[:len(opts):len(opts)], client.CallCredential(wrong))...)
	if err == nil {
		return Arrival{}, nil
	}
	if answer, ok := errors.AsType[*client.Error](err); ok && answer.Status == http.StatusUnauthorized && !fromOther(answer) {
		return Arrival{Credential: true, Before236: answer.Message == ""}, nil
	}
	return Arrival{}, err
}

// credentialIsRemoved reports whether the server surely does not see the client's
// credential.
func (c *Client) credentialIsRemoved(ctx context.Context) bool {
	if c.identity == nil && !c.legacy {
		return false
	}
	arrival, err := c.Arrival(ctx, client.CallRetries(0))
	return err == nil && !arrival.Credential
}

// wrongCredential has the form of a client's credential and is always refused.
type wrongCredential struct{ identity bitID }

func (w wrongCredential) Authorize(req *http.Request, _ []byte) error {
	if w.identity == nil {
		req.Header.Set("Authorization", "Basic d3Jvbmc=")
		return nil
	}
	req.Header.Set("X-Identity", w.identity.PublicKey())
	// The smallest signature there is: r and s are 1.
	req.Header.Set("X-Signature", hex.EncodeToString([]byte{0x30, 6, 2, 1, 1, 2, 1, 1}))
	return nil
}
