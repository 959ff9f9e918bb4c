package client

import (
	"net/http"
	"net/url"
	"strings"
)

// WithoutCredential returns an [http.Client] for what this package does not do, such as a
// web socket. It connects as c does, with its proxy, certificates, middleware, headers and
// user agent, but it sends no credential and has no timeout. It refuses every address that
// is not below [Client.Server] with a [*RequestError], and does not follow redirects. With
// [WithDryRun] each request returns [ErrDryRun].
func (c *Client) WithoutCredential() *http.Client {
	return &http.Client{
		Transport:     plainTransport{c},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type plainTransport struct{ client *Client }

func (t plainTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	err := t.refuse(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	sent := req.Clone(req.Context())
	for name, values := range t.client.header {
		if sent.Header[name] == nil {
			sent.Header[name] = values
		}
	}
	if sent.Header.Get("User-Agent") == "" {
		sent.Header.Set("User-Agent", t.client.userAgent)
	}
	return t.client.roundTripper.RoundTrip(sent)
}

func (t plainTransport) refuse(req *http.Request) error {
	switch {
	case !below(req.URL, t.client.server) || req.Host != "" && !strings.EqualFold(req.Host, t.client.server.Host):
		return &RequestError{"address", req.URL.Redacted() + " is not on the server " + t.client.Server(), ErrServer}
	case t.client.dryRun != nil:
		return ErrDryRun
	}
	return nil
}

// below reports whether an address is on a server, in or below its path prefix.
func below(address, server *url.URL) bool {
	prefix := server.EscapedPath()
	path := address.EscapedPath()
	return address.Scheme == server.Scheme && address.Host == server.Host && address.User == nil &&
		(path == prefix || strings.HasPrefix(path, prefix+"/")) && !strings.Contains(address.Path+"/", "/../")
}
