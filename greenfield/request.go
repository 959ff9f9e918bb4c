package greenfield

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

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

func put(operation string, body any, path ...any) request {
	r := build(operation, http.MethodPut, path)
	r.Body = body
	return r
}

func remove(operation string, path ...any) request {
	return build(operation, http.MethodDelete, path)
}

// build returns a request for a path below /api/v1.
func build(operation, method string, path []any) request {
	segments, err := client.AppendSegments(append(make([]string, 0, 2+len(path)), "api", "v1"), path...)
	return request{client.Request{Operation: "greenfield." + operation, Method: method, Path: segments}, err}
}

// with adds a query.
func (r request) with(query url.Values) request {
	r.Query = query
	return r
}

// refuse keeps an error about the request, unless it already has one.
func (r request) refuse(err error) request {
	if r.err == nil {
		r.err = err
	}
	return r
}

// PathSegment implements [client.Segment].
func (u UserID) PathSegment() (string, error) { return string(u), checkUser(string(u)) }

// PathSegment implements [client.Segment].
func (id WebhookID) PathSegment() (string, error) {
	return string(id), client.CheckID("webhook id", string(id))
}

// PathSegment implements [client.Segment].
func (id WebhookDeliveryID) PathSegment() (string, error) {
	return string(id), client.CheckID("delivery id", string(id))
}

// checkUser refuses a text that can be neither an id nor an e-mail address. The path is
// escaped, so this check only catches mistakes.
func checkUser(idOrEmail string) error {
	if idOrEmail == "" || len(idOrEmail) > 320 || strings.ContainsFunc(idOrEmail, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '/' }) {
		return client.Refuse("user", fmt.Sprintf("%.80q is neither a user's id nor an e-mail address", idOrEmail))
	}
	return nil
}

// call sends a request, gives the errors of this API their types, and returns the
// response if the checks accept it.
func call[T any](ctx context.Context, c *Client, r request, options []client.CallOption, checks ...func(T) error) (T, error) {
	answer, _, err := callSized(ctx, c, r, options, checks...)
	if err != nil {
		return *new(T), err
	}
	return answer, nil
}

// callSized is like call, but also returns the size of the response in bytes. If a check
// refuses the response, callSized returns it together with the error.
func callSized[T any](ctx context.Context, c *Client, r request, options []client.CallOption, checks ...func(T) error) (T, int, error) {
	var answer T
	if r.err != nil {
		return answer, 0, r.err
	}
	var into any = &answer
	if _, ok := into.(*client.Nothing); ok {
		into = nil
	}
	response, err := c.http.Decode(ctx, r.Request, into, options...)
	if err != nil {
		return *new(T), 0, explain(r.Request, err)
	}
	for _, check := range checks {
		if why := check(answer); why != nil {
			return answer, len(response.Body), response.Unusable(why)
		}
	}
	return answer, len(response.Body), nil
}
