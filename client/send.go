package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// Limits on the body of a response, after decompression.
const (
	maxBody     = 8 << 20
	maxAuthBody = 64 << 10
)

// maxErrorBody is lower, since less of an error response is decoded and useful.
const maxErrorBody = 256 << 10

// firstBody is the size of the buffer for a response without a Content-Length.
const firstBody = 8 << 10

// A tooLarge means that a response is larger than its limit, which is the value, in
// bytes.
type tooLarge int64

func (e tooLarge) Error() string { return fmt.Sprintf("it has more than %d KiB", e>>10) }

// limit sets the limit on the size of the response.
func (c *Client) limit(next step) step {
	return func(ctx context.Context, x *exchange) (*Response, error) {
		x.maxBody = maxBody
		if x.Auth {
			x.maxBody = maxAuthBody
		}
		return next(ctx, x)
	}
}

// A progress is how far an attempt came.
type progress struct {
	asked, connected, sent atomic.Bool // for a connection; to the server; a byte
	hooks                  httptrace.ClientTrace
}

// send makes one attempt. It is the last step.
func (c *Client) send(ctx context.Context, x *exchange) (*Response, error) {
	var wait awaiting
	ctx, release := wait.detach(ctx, x)
	defer release()
	if !x.deadline.IsZero() {
		// The deadline of the call applies even if detach removed that of the
		// caller's context.
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, x.deadline, errTotalTimeout)
		defer cancel()
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, errTimeout)
		defer cancel()
	}
	var seen *progress
	if !repeatable(x.Method) || c.unsent > 0 {
		// The client needs this only if the request may change something or is repeated
		// until it is sent; otherwise the trace would only cost time. WroteHeaderField is
		// called before any byte is sent, but WroteHeaders of HTTP/2 is called later.
		seen = &progress{}
		seen.hooks = httptrace.ClientTrace{
			GetConn:           func(string) { seen.asked.Store(true) },
			TLSHandshakeStart: func() { seen.connected.Store(true) },
			GotConn:           func(httptrace.GotConnInfo) { seen.connected.Store(true) },
			WroteHeaderField:  func(string, []string) { seen.sent.Store(!repeatable(x.Method)) },
		}
		ctx = httptrace.WithClientTrace(ctx, &seen.hooks)
	}
	req := x.http.WithContext(ctx)
	if x.body != nil {
		req.ContentLength = int64(len(x.body))
		// GetBody is not set: with it, Go's transport would send a POST again by itself.
		req.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	if err := contextError(ctx); err != nil {
		return nil, networkError(ctx, x, false, err)
	}
	x.received = 0
	answer, err := c.roundTripper.RoundTrip(req)
	if err != nil {
		// If the caller's code does not call the hooks, it may have sent anything.
		known := !c.foreign || seen != nil && seen.asked.Load()
		sent := seen != nil && seen.sent.Load()
		lost := networkError(ctx, x, sent && !wait.unsent() || !known && !repeatable(x.Method), err)
		lost.Unconnected = seen != nil && known && !seen.connected.Load()
		return nil, lost
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		return nil, redirectError(x, answer)
	}
	failed := answer.StatusCode < 200 || answer.StatusCode >= 300
	limit := x.maxBody
	if failed {
		limit = min(limit, maxErrorBody)
	}
	body, err := readBody(answer, limit)
	x.received = int64(len(body))
	_, large := errors.AsType[tooLarge](err)
	switch {
	case failed:
		// Only the status matters, even if the body could not be read.
		return nil, answerToError(x, answer, body)
	case large:
		return nil, x.Unusable(answer.StatusCode, x.conceal(err))
	case err != nil:
		return nil, networkError(ctx, x, !repeatable(x.Method), err)
	}
	return &Response{answer.StatusCode, answer.Header, body, x}, nil
}

// readBody grows its own buffer, since a bytes.Buffer would double its size beyond the
// limit.
func readBody(answer *http.Response, limit int64) ([]byte, error) {
	if answer.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	size := int64(firstBody)
	if answer.ContentLength >= 0 {
		size = answer.ContentLength + 1 // one more byte, to detect the end
	}
	body := make([]byte, 0, size)
	for {
		n, err := answer.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			larger := make([]byte, len(body), min(2*int64(cap(body)), limit+1))
			copy(larger, body)
			body = larger
		}
	}
}
