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

// Bounds of what is read of an answer, after decompression.
const (
	maxBody     = 8 << 20
	maxAuthBody = 64 << 10
)

// Of an error less is of use, and less of it is decoded.
const maxErrorBody = 256 << 10

// firstBody is the size of the buffer for an answer that does not tell its own.
const firstBody = 8 << 10

// A tooLarge is an answer above its bound, in bytes.
type tooLarge int64

func (e tooLarge) Error() string { return fmt.Sprintf("it has more than %d KiB", e>>10) }

// limit bounds the answer's size.
func (c *Client) limit(next step) step {
	return func(ctx context.Context, x *exchange) (*Response, error) {
		x.maxBody = maxBody
		if x.Auth {
			x.maxBody = maxAuthBody
		}
		return next(ctx, x)
	}
}

// send makes one attempt: the last step.
func (c *Client) send(ctx context.Context, x *exchange) (*Response, error) {
	var wait awaiting
	ctx, release := wait.detach(ctx, x)
	defer release()
	if !x.deadline.IsZero() {
		// The end of the caller's context may not count any more; that of the call does.
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, x.deadline, errTotalTimeout)
		defer cancel()
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, errTimeout)
		defer cancel()
	}
	var sent, connected, asked atomic.Bool
	traced := !repeatable(x.Method) || c.unsent > 0
	if traced {
		// The fate of a request is only of interest where it may change
		// something or is tried again until it is sent; elsewhere the trace would only
		// cost time. The first field is told before any byte leaves: WroteHeaders of
		// HTTP/2 comes after.
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn:           func(string) { asked.Store(true) },
			TLSHandshakeStart: func() { connected.Store(true) },
			GotConn:           func(httptrace.GotConnInfo) { connected.Store(true) },
			WroteHeaderField:  func(string, []string) { sent.Store(!repeatable(x.Method)) },
		})
	}
	req := x.http.WithContext(ctx)
	if x.body != nil {
		req.ContentLength = int64(len(x.body))
		// No GetBody: with it, Go's transport would send a POST again by itself.
		req.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	if err := contextError(ctx); err != nil {
		return nil, networkError(ctx, x, false, err)
	}
	x.received = 0
	answer, err := c.roundTripper.RoundTrip(req)
	if err != nil {
		// Code of the caller's that does not call the hooks may have sent anything.
		known := !c.foreign || asked.Load()
		lost := networkError(ctx, x, sent.Load() && !wait.unsent() || !known && !repeatable(x.Method), err)
		lost.Unconnected = traced && known && !connected.Load()
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
		// The status is what counts, whatever became of the body.
		return nil, answerToError(x, answer, body)
	case large:
		return nil, x.Unusable(answer.StatusCode, x.conceal(err))
	case err != nil:
		return nil, networkError(ctx, x, !repeatable(x.Method), err)
	}
	return &Response{answer.StatusCode, answer.Header, body, x}, nil
}

// readBody grows its buffer by itself: a bytes.Buffer doubles beyond the limit.
func readBody(answer *http.Response, limit int64) ([]byte, error) {
	if answer.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	size := int64(firstBody)
	if answer.ContentLength >= 0 {
		size = answer.ContentLength + 1 // one more, to see the end
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
