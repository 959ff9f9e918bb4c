package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// What an answer of either API means, for errors.Is. More than one may hold for an error.
// The packages of the two APIs have errors of their own where one of these has several
// reasons.
var (
	// ErrNotFound: what the call names does not exist. Servers since 2.4.0 hide that
	// from keys that may not know; see [ErrNotFoundOrForbidden].
	ErrNotFound = errors.New("not found")
	// ErrUnauthenticated: the credential is missing, unknown or refused.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden: the credential is known and does not allow this.
	ErrForbidden = errors.New("forbidden")
	// ErrThrottled: too many requests; see [Error.RetryAfter].
	ErrThrottled = errors.New("throttled")
	// ErrConflict: what the call names is in another state than the call needs.
	ErrConflict = errors.New("conflict")
	// ErrNotFoundOrForbidden: what the call names does not exist, or is not for this
	// credential. It holds with [ErrNotFound], and with [ErrForbidden] where a
	// permission is missing, since servers from 2.4.0 on answer alike to both.
	ErrNotFoundOrForbidden = errors.New("not found or forbidden")
)

// Is judges the answer for the shared errors, such as [ErrNotFound].
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.notFound()
	case ErrUnauthenticated:
		return e.Status == http.StatusUnauthorized && !e.throttled()
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrThrottled:
		return e.throttled()
	case ErrConflict:
		return e.Status == http.StatusConflict || e.Status == http.StatusPreconditionFailed
	case ErrNotFoundOrForbidden:
		return e.notFound() || e.Status == http.StatusForbidden && e.Page == ""
	}
	return false
}

// notFound tells a missing thing from a missing API: a 404 without a word comes from a
// server without this call. Greenfield has a code that ends in -not-found, also with a 400.
func (e *Error) notFound() bool {
	return strings.HasSuffix(string(e.Code), "-not-found") || e.Status == http.StatusNotFound && (e.Code != "" || e.Message != "")
}

// throttled knows that Greenfield says it with a 401.
func (e *Error) throttled() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusUnauthorized && strings.Contains(strings.ToLower(e.Message), "rate limited")
}

// HasCode reports whether an error holds an answer with one of these codes.
func HasCode(err error, codes ...Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code != "" && slices.Contains(codes, e.Code)
}

// Explain adds what an answer means to the error that holds it, for errors.Is. The result
// reads "meaning: err" and is logged as err with its meaning.
func Explain(meaning, err error) error { return &explained{meaning, err} }

type explained struct{ meaning, err error }

func (e *explained) Error() string   { return fmt.Sprintf("%v: %v", e.meaning, e.err) }
func (e *explained) Unwrap() []error { return []error{e.meaning, e.err} }

func (e *explained) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("meaning", e.meaning.Error())}, LogAttrs(e.err)...)...)
}

// LogAttrs are what a log keeps of an error: of the errors of this package their parts,
// also where they are wrapped, and else the text.
func LogAttrs(err error) []slog.Attr {
	var valuer slog.LogValuer
	if errors.As(err, &valuer) {
		if value := slog.AnyValue(valuer).Resolve(); value.Kind() == slog.KindGroup {
			return value.Group()
		}
	}
	return []slog.Attr{slog.String("reason", err.Error())}
}

// LogValue implements [slog.LogValuer].
func (e *AnswerError) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status), slog.String("reason", e.Err.Error()))
}

// LogValue implements [slog.LogValuer].
func (e *RedirectError) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", e.Method), slog.String("path", e.Path), slog.Int("status", e.Status), slog.String("target", e.Target))
}

// LogValue implements [slog.LogValuer].
func (e *NetworkError) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", e.Method), slog.String("path", e.Path), slog.String("server", e.Server),
		slog.String("kind", string(e.Kind)), slog.Bool("sent", e.Sent), slog.String("reason", e.Reason()))
}
