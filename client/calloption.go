package client

import (
	"errors"
	"net/url"
	"time"
)

// A CallOption changes one call: every method of both APIs takes any number of them as its
// last arguments. A method that sends several requests, such as All, applies them to each.
type CallOption func(*callSettings) error

type callSettings struct {
	*settings
	request *Request
	capture *Response
}

// CallTimeout is [WithTimeout] for one call.
func CallTimeout(timeout time.Duration) CallOption {
	return func(c *callSettings) error { return WithTimeout(timeout)(c.settings) }
}

// CallTotalTimeout is [WithTotalTimeout] for one call.
func CallTotalTimeout(timeout time.Duration) CallOption {
	return func(c *callSettings) error { return WithTotalTimeout(timeout)(c.settings) }
}

// CallRetries is [WithRetries] for one call.
func CallRetries(n int) CallOption {
	return func(c *callSettings) error { return WithRetries(n)(c.settings) }
}

// CallHeader is [WithHeader] for one call.
func CallHeader(name, value string) CallOption {
	return func(c *callSettings) error { return WithHeader(name, value)(c.settings) }
}

// CallQuery adds a parameter to the query, for what a server knows and this module does
// not yet.
func CallQuery(name, value string) CallOption {
	return func(c *callSettings) error {
		query := url.Values{}
		for name, values := range c.request.Query {
			query[name] = append([]string(nil), values...)
		}
		query.Add(name, value)
		c.request.Query = query
		return nil
	}
}

// CallCredential sends another credential in place of the client's. The packages of the
// two APIs have functions of their own for it, which take only their credentials.
func CallCredential(credential Credential) CallOption {
	return func(c *callSettings) error { c.credential = credential; return nil }
}

// Capture stores the response where it is a 2xx: status, headers and the body as it came.
// Of a method that sends several requests it is the last one.
func Capture(response *Response) CallOption {
	return func(c *callSettings) error {
		if response == nil {
			return errors.New("the response to capture is nil")
		}
		c.capture = response
		return nil
	}
}

// forCall is the client with the options of one call. It shares the connections.
func (c *Client) forCall(r *Request, options []CallOption) (*Client, *Response, error) {
	if len(options) == 0 {
		return c, nil, nil
	}
	own := *c
	call := callSettings{settings: &own.settings, request: r}
	for _, option := range options {
		if err := option(&call); err != nil {
			return nil, nil, err
		}
	}
	return &own, call.capture, nil
}

// CredentialOf returns the credential that options name for a call, and whether they name
// one.
func CredentialOf(options []CallOption) (Credential, bool) {
	none := &struct{ Credential }{}
	call := callSettings{settings: &settings{credential: none}, request: &Request{}}
	for _, option := range options {
		// What is wrong with an option is told when the call is made.
		_ = option(&call)
	}
	return call.credential, call.credential != Credential(none)
}
