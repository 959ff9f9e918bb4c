package client

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
)

// Lookup takes the place of the name servers until the function that it returns is
// called.
func Lookup(instead func(ctx context.Context, host string) ([]netip.Addr, error)) (restore func()) {
	before := lookup
	lookup = instead
	return func() { lookup = before }
}

// EnvironmentProxy is the proxy that the environment gives for a server.
func EnvironmentProxy(server string) (string, error) {
	address, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	proxy, err := environmentProxy(address)
	if proxy == nil || err != nil {
		return "", err
	}
	return proxy.String(), nil
}

// ParseErrorAnswer reads an answer without a server, for fuzzing.
func ParseErrorAnswer(status int, contentType string, body []byte) *Error {
	answer := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}}
	e, _ := errors.AsType[*Error](answerToError(&exchange{Request: Request{Method: "GET", Path: []string{"things"}}}, answer, body))
	return e
}

// Target is the address that a request is sent to.
func (c *Client) Target(path []string, query url.Values) (*url.URL, error) {
	return c.target(Request{Path: path, Query: query})
}
