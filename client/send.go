package client

import (
	"bytes"
	"context"
	"errors"
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

var errTooLarge = errors.New("the answer is too large")

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
		// something; elsewhere the trace would only cost time.
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			WroteHeaders: func() { sent.Store(true) },
			WroteRequest: func(httptrace.WroteRequestInfo) { sent.Store(true) },
		})
	}
	req := x.http.WithContext(ctx)
	if x.body != nil {
		req.ContentLength = int64(len(x.body))
		// No GetBody: with it, Go's transport would send a POST again by itself.
		req.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, networkError(ctx, x, sent.Load(), err)
	}
	defer answer.Body.Close()
	body, err := readBody(answer, x.maxBody)
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return nil, c.redirectError(x, answer)
	case answer.StatusCode < 200 || answer.StatusCode >= 300:
		return nil, answerToError(x, answer, body)
	case errors.Is(err, errTooLarge):
		return nil, &AnswerError{Method: x.Method, Path: displayPath(x.Path), Status: answer.StatusCode, Err: err}
	case err != nil:
		return nil, networkError(ctx, x, true, err)
	}
	return &Response{answer.StatusCode, answer.Header, body}, nil
}

func readBody(answer *http.Response, limit int64) ([]byte, error) {
	if answer.ContentLength > limit {
		return nil, errTooLarge
	}
	var b bytes.Buffer
	if answer.ContentLength > 0 {
		b.Grow(int(answer.ContentLength) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(answer.Body, limit+1))
	if err == nil && n > limit {
		return nil, errTooLarge
	}
	return b.Bytes(), err
}
