package bitpay

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/btcpayctl/btcpayctl/client"
)

// A request is a [client.Request] under construction. It keeps the error of the first
// invalid part, which the call then returns.
type request struct {
	client.Request
	err error
}

func get(operation string, path ...any) request { return build(operation, http.MethodGet, path) }

func post(operation string, body any, path ...any) request {
	r := build(operation, http.MethodPost, path)
	r.Body = body
	return r
}

func build(operation, method string, path []any) request {
	segments, err := client.AppendSegments(nil, path...)
	return request{client.Request{Operation: "bitpay." + operation, Method: method, Path: segments}, err}
}

// with adds a query.
func (r request) with(query url.Values) request {
	r.Query = query
	return r
}

// anonymous sends the request without the client's credential if yes is true.
func (r request) anonymous(yes bool) request {
	r.Anonymous = yes
	return r
}

// refuse keeps an error about the request, unless it already has one.
func (r request) refuse(err error) request {
	if r.err == nil {
		r.err = err
	}
	return r
}

// A currencyCode is a currency in the path of a rate.
type currencyCode string

// PathSegment implements [client.Segment].
func (c currencyCode) PathSegment() (string, error) {
	return string(c), client.CheckID("currency", string(c))
}

// decode sends a request and decodes the response into a value.
func (c *Client) decode(ctx context.Context, r request, into any, options []client.CallOption) (*client.Response, error) {
	if r.err != nil {
		return nil, r.err
	}
	return c.Decode(ctx, r.Request, into, options...)
}

// call sends a request, gives the errors of this API their types, and returns the field
// "data" of the response. It refuses a response without data: its zero values would look
// like an invoice without a price, or like a key that is not paired.
func call[T any](ctx context.Context, c *Client, r request, options []client.CallOption) (T, *client.Response, error) {
	var envelope struct {
		Data *T `json:"data"`
	}
	response, err := c.decode(ctx, r, &envelope, options)
	switch {
	case err != nil:
		return *new(T), nil, err
	case envelope.Data == nil:
		return *new(T), nil, r.Unusable(response.Status, errNoData)
	}
	return *envelope.Data, response, nil
}

var errNoData = errors.New(`it has no "data"`)

// page returns the address of a page of the server.
func (c *Client) page(query url.Values, path ...any) (string, error) {
	segments, err := client.AppendSegments(nil, path...)
	if err != nil {
		return "", err
	}
	return c.http.URL(segments, query)
}
