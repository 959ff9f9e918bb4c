package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Request is what a service asks a [Client] to send.
type Request struct {
	// Operation is the name of the API method for [WithObserver], such as
	// greenfield.Invoices.Create.
	Operation string
	Method    string
	Path      []string // the unescaped segments
	Query     url.Values
	// Body is sent as JSON; a []byte is sent unchanged; nil sends no body.
	Body any
	// ContentType replaces application/json.
	ContentType string
	// Anonymous sends the request without the client's credential.
	Anonymous bool
	// Auth marks a request that sends or returns tokens or keys: the response may have
	// only 64 KiB instead of 8 MiB, duplicate JSON fields in it are refused, and debug
	// output shows no bodies.
	Auth bool
}

// A Response is a server's response with a status of 2xx.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	exchange *exchange
}

// Unusable returns the error for a response that was decoded but has content that cannot
// be right. It hides secrets that the server repeats.
func (r *Response) Unusable(why error) *AnswerError {
	return r.exchange.Unusable(r.Status, r.exchange.conceal(why))
}

// Nothing is the T of a [Call] if the caller needs nothing from the response body.
type Nothing struct{}

// Call sends a request and decodes the JSON response into a T. It ignores fields that T
// does not have. It returns an [*Error] or a [*RedirectError] for any status other than
// 2xx, a [*NetworkError] if there was no complete response, and an [*AnswerError] for a
// 2xx response that cannot be used.
func Call[T any](ctx context.Context, c *Client, r Request, options ...CallOption) (T, error) {
	var result T
	var into any = &result
	if _, ok := into.(*Nothing); ok {
		into = nil
	}
	if _, err := c.Decode(ctx, r, into, options...); err != nil {
		return *new(T), err
	}
	return result, nil
}

// Decode is like [Call], but decodes into a value that the caller prepared, and also
// returns the response, for its headers. If the value is nil, nothing is decoded. After
// an error the caller must not use the value.
func (c *Client) Decode(ctx context.Context, r Request, into any, options ...CallOption) (*Response, error) {
	x, response, err := c.do(ctx, r, options)
	if err != nil || into == nil {
		return response, err
	}
	if err := decode(response.Body, r.Auth, into); err != nil {
		return nil, r.Unusable(response.Status, x.conceal(err))
	}
	return response, nil
}

// Unusable returns the error for a response that was decoded but has content that cannot
// be right.
func (r Request) Unusable(status int, why error) *AnswerError {
	return &AnswerError{Method: r.Method, Path: displayPath(r.Path), Status: status, Err: why}
}

// Do sends a request and returns the response unchanged. It is like [Call] without the
// decoding.
func (c *Client) Do(ctx context.Context, r Request, options ...CallOption) (*Response, error) {
	_, response, err := c.do(ctx, r, options)
	return response, err
}

func (c *Client) do(ctx context.Context, r Request, options []CallOption) (*exchange, *Response, error) {
	c, capture, err := c.forCall(&r, options)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", r.Method, displayPath(r.Path), err)
	}
	if c.total > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.total, errTotalTimeout)
		defer cancel()
	}
	x, err := c.prepare(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	// The order matters: the credential authorises the final request, one limit applies
	// to every attempt, each attempt is traced, and the request is sent last.
	response, err := c.authorise(c.limit(c.retry(c.trace(c.observe(c.send)))))(ctx, x)
	if capture != nil && err == nil {
		*capture = *response
	}
	return x, response, err
}

// An exchange is one request on its way through the steps of [Client.Do].
type exchange struct {
	Request
	http    *http.Request
	body    []byte
	shown   []byte // the body with its secrets redacted
	maxBody int64
	attempt int
	// received is the number of bytes in the body of the last response.
	received int64
	// deadline is the deadline of the whole call, zero if there is none.
	deadline time.Time
	secrets  []Secret // that errors must not show, besides those of the credential
	hidden   []string // all forms of the secrets, set when first needed
	server   string   // as [Client.Server] has it
}

type step func(context.Context, *exchange) (*Response, error)

func (c *Client) prepare(ctx context.Context, r Request) (*exchange, error) {
	target, err := c.target(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, displayPath(r.Path), err)
	}
	sendable, sent := revealed(r.Body, revealText)
	body, err := encode(sendable)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, displayPath(r.Path), err)
	}
	shown, secrets := body, c.secrets
	if len(sent) > 0 {
		secrets = slices.Concat(secrets, sent)
		visible, _ := revealed(r.Body, revealRedacted)
		if shown, err = encode(visible); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Method, displayPath(r.Path), err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, "", nil)
	if err != nil {
		return nil, err
	}
	req.URL, req.Host = target, target.Host
	for name, values := range c.header {
		req.Header[name] = slices.Clone(values)
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	req.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		contentType := r.ContentType
		if contentType == "" {
			contentType = "application/json"
		}
		req.Header.Set("Content-Type", contentType)
	}
	x := &exchange{Request: r, http: req, body: body, shown: shown, secrets: secrets, server: c.Server()}
	if c.total > 0 {
		x.deadline, _ = ctx.Deadline()
	}
	return x, nil
}

func encode(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return body, nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (c *Client) authorise(next step) step {
	return func(ctx context.Context, x *exchange) (*Response, error) {
		if c.credential != nil && !x.Anonymous {
			if err := c.credential.Authorize(x.http, x.body); err != nil {
				return nil, err
			}
		}
		if c.dryRun != nil {
			c.dryRun(DryRun{x.Method, x.http.URL.String(), x.http.Header, x.shown})
			return nil, ErrDryRun
		}
		return next(ctx, x)
	}
}

func displayPath(segments []string) string {
	var path strings.Builder
	for _, segment := range segments {
		path.WriteString("/" + escape(segment))
	}
	return path.String()
}
