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
	// Operation names the method of an API for [WithObserver], such as
	// greenfield.Invoices.Create.
	Operation string
	Method    string
	Path      []string // segments as they are, not escaped
	Query     url.Values
	// Body is sent as JSON; []byte is sent as it stands; nil sends none.
	Body any
	// ContentType replaces application/json.
	ContentType string
	// Anonymous leaves the client's credential out.
	Anonymous bool
	// Auth marks an exchange of tokens or keys: the answer may have 64 KiB in
	// place of 8 MiB, duplicated JSON members in it are refused, and bodies do not
	// appear in debug output.
	Auth bool
}

// A Response is an answer with a status of 2xx.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	exchange *exchange
}

// Unusable makes the error about an answer that was decoded and says something that
// cannot be. It hides secrets that the server repeats.
func (r *Response) Unusable(why error) *AnswerError {
	return r.exchange.Unusable(r.Status, r.exchange.conceal(why))
}

// Nothing is the T of a [Call] whose answer has no body of interest.
type Nothing struct{}

// Call sends a request and decodes the JSON answer into a T. Members that T does not
// know are passed over. Any answer but 2xx is an [*Error] or a [*RedirectError], no
// answer a [*NetworkError], and a 2xx that cannot be used an [*AnswerError].
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

// Decode is [Call] into a value that the caller prepared, and also returns the
// answer, for its headers. A nil value decodes nothing. After an error the value is
// not to be used.
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

// Unusable makes the error about an answer that was decoded and says something that
// cannot be.
func (r Request) Unusable(status int, why error) *AnswerError {
	return &AnswerError{Method: r.Method, Path: displayPath(r.Path), Status: status, Err: why}
}

// Do sends a request and returns the answer as it came. It is [Call] without
// the decoding.
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
	// The order is the design: what is authorised is final, one limit holds for
	// every attempt, each attempt is traced, and only then is anything sent.
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
	shown   []byte // the body without the secrets that it sends
	maxBody int64
	attempt int
	// received are the bytes of the last answer.
	received int64
	// deadline is that of the whole call, zero where there is none.
	deadline time.Time
	secrets  []Secret // that no error tells, beside the credential's
	hidden   []string // all their forms, once they were needed
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
	x := &exchange{Request: r, http: req, body: body, shown: shown, secrets: secrets}
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
