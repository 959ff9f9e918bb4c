package client

import (
	"context"
	"errors"
	"time"
)

// An Exchange describes one attempt of a request, for metrics, traces and logs. It holds
// no secret, no address and no id.
type Exchange struct {
	// Operation is the name of the API method, such as greenfield.Invoices.Create. It is
	// empty if the [Request] has none.
	Operation string
	Method    string
	Attempt   int // 1 for the first
	// Status is the HTTP status, 0 if there was no response.
	Status   int
	Start    time.Time
	Duration time.Duration
	// Sent and Received are the sizes of the bodies in bytes, for a response after
	// decompression.
	Sent, Received int64
	// Error is the kind of failure: status for a status other than 2xx, redirect for a
	// redirect, answer for a response that cannot be used, or else the [Kind] of the
	// [NetworkError]. It is empty for a success.
	Error Kind
}

// The kinds of an [Exchange] that are not network failures.
const (
	KindStatus   Kind = "status"
	KindRedirect Kind = "redirect"
	KindAnswer   Kind = "answer"
)

// WithObserver calls observe after each attempt, in the goroutine of the call. If there
// are several observers, all of them are called.
func WithObserver(observe func(Exchange)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("the observer is nil")
		}
		s.observers = append(s.observers[:len(s.observers):len(s.observers)], observe)
		return nil
	}
}

// observe reports each attempt to the observers.
func (c *Client) observe(next step) step {
	if len(c.observers) == 0 {
		return next
	}
	return func(ctx context.Context, x *exchange) (*Response, error) {
		x.attempt++
		seen := Exchange{Operation: x.Operation, Method: x.Method, Attempt: x.attempt, Start: time.Now(), Sent: int64(len(x.body))}
		response, err := next(ctx, x)
		seen.Duration, seen.Received = time.Since(seen.Start), x.received
		seen.Status, seen.Error = outcome(response, err)
		for _, tell := range c.observers {
			tell(seen)
		}
		return response, err
	}
}

func outcome(response *Response, err error) (status int, kind Kind) {
	if err == nil {
		return response.Status, ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status, KindStatus
	}
	if e, ok := errors.AsType[*RedirectError](err); ok {
		return e.Status, KindRedirect
	}
	if e, ok := errors.AsType[*AnswerError](err); ok {
		return e.Status, KindAnswer
	}
	if e, ok := errors.AsType[*NetworkError](err); ok {
		return 0, e.Kind
	}
	return 0, Other
}
