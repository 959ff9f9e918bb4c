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
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, errTimeout)
		defer cancel()
	}
	var sent atomic.Bool
	if !repeatable(x.Method) {
		// The fate of a request is only of interest where it may change
		// something; elsewhere the trace would only cost time. The first field
		// is told before any byte leaves: WroteHeaders of HTTP/2 comes after.
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			WroteHeaderField: func(string, []string) { sent.Store(true) },
		})
	}
	req := x.http.WithContext(ctx)
	if x.body != nil {
		req.ContentLength = int64(len(x.body))
		// No GetBody: with it, Go's transport would send a POST again by itself.
		req.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	answer, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, networkError(ctx, x, sent.Load(), err)
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
	_, large := errors.AsType[tooLarge](err)
	switch {
	case failed:
		// The status is what counts, whatever became of the body.
		return nil, answerToError(x, answer, body)
	case large:
		return nil, x.Unusable(answer.StatusCode, err)
	case err != nil:
		return nil, networkError(ctx, x, !repeatable(x.Method), err)
	}
	return &Response{answer.StatusCode, answer.Header, body}, nil
}

func readBody(answer *http.Response, limit int64) ([]byte, error) {
	if answer.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	if answer.ContentLength > 0 {
		b.Grow(int(answer.ContentLength) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(answer.Body, limit+1))
	if err == nil && n > limit {
		return nil, tooLarge(limit)
	}
	return b.Bytes(), err
}
