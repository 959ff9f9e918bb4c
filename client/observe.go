package client

import (
	"context"
	"errors"
	"time"
)

// An Exchange is one attempt of a request, for metrics, traces and logs. It holds no
// secret, no address and no id.
type Exchange struct {
	// Operation names the method of an API, such as greenfield.Invoices.Create. It is
	// empty for a [Request] that has none.
	Operation string
	Method    string
	Attempt   int // 1 for the first
	// Status is the HTTP status, 0 where no answer came.
	Status   int
	Start    time.Time
	Duration time.Duration
	// Sent and Received are the bytes of the bodies; of an answer, after decompression.
	Sent, Received int64
	// Error is the kind of failure: status for a status other than 2xx, redirect, answer
	// for an answer that cannot be used, else the [Kind] of the [NetworkError]. It is
	// empty for a success.
	Error Kind
}

// The kinds of an [Exchange] that are no failures of the network.
const (
	KindStatus   Kind = "status"
	KindRedirect Kind = "redirect"
	KindAnswer   Kind = "answer"
)

// WithObserver calls observe after each attempt, by the goroutine of the call. Of several
// observers all are called.
func WithObserver(observe func(Exchange)) Option {
	return func(s *settings) error {
		if observe == nil {
			return errors.New("the observer is nil")
		}
		s.observers = append(s.observers[:len(s.observers):len(s.observers)], observe)
		return nil
	}
}

// observe reports each attempt.
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
