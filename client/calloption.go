package client

import (
	"errors"
	"net/url"
	"time"
)

// A CallOption changes one call. Every method of both APIs takes any number of them as
// its last arguments. A method that sends several requests, such as All, applies them to
// each request.
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

// CallQuery adds a parameter to the query, such as one that the server supports and this
// module does not support yet.
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

// CallCredential sends another credential instead of the client's. The packages of the
// two APIs have their own functions for this, which accept only their credentials.
func CallCredential(credential Credential) CallOption {
	return func(c *callSettings) error { c.credential = credential; return nil }
}

// Capture stores the response if its status is 2xx: status, headers and the unchanged
// body. If a method sends several requests, Capture stores the last response.
func Capture(response *Response) CallOption {
	return func(c *callSettings) error {
		if response == nil {
			return errors.New("the response to capture is nil")
		}
		c.capture = response
		return nil
	}
}

// forCall returns the client with the options of one call, and the response that
// [Capture] asks to fill, if any. The client shares the connections.
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

// CredentialOf returns the credential that options set for a call, and reports whether
// they set one of the type C, which is the credential of an API. A credential that was set
// to nil is the zero value of C.
func CredentialOf[C Credential](options []CallOption) (credential C, set bool) {
	none := &struct{ Credential }{}
	call := callSettings{settings: &settings{credential: none}, request: &Request{}}
	for _, option := range options {
		// The call itself returns the error of an invalid option.
		_ = option(&call)
	}
	switch call.credential {
	case Credential(none):
		return credential, false
	case nil:
		return credential, true
	}
	credential, set = call.credential.(C)
	return credential, set
}
