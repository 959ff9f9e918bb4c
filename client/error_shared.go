package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// The meanings of a response of either API, for errors.Is. Several of them may match one
// error. If one of them has several reasons in an API, the package of that API has its
// own errors for these reasons.
var (
	// ErrNotFound: the object that the call names does not exist. Servers since 2.4.0
	// hide this from keys without permission to know it; see [ErrNotFoundOrForbidden].
	ErrNotFound = errors.New("not found")
	// ErrUnauthenticated: the credential is missing, unknown or refused.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden: the credential is known but does not allow this call.
	ErrForbidden = errors.New("forbidden")
	// ErrThrottled: too many requests; see [Error.RetryAfter].
	ErrThrottled = errors.New("throttled")
	// ErrConflict: the object that the call names is in another state than the call
	// needs.
	ErrConflict = errors.New("conflict")
	// ErrNotFoundOrForbidden: the object that the call names does not exist, or the
	// credential may not access it. It matches together with [ErrNotFound], and together
	// with [ErrForbidden] if a permission is missing, since servers from 2.4.0 on send
	// the same response in both cases.
	ErrNotFoundOrForbidden = errors.New("not found or forbidden")
	// ErrNotServer: a refusal that does not have the form of BTCPay Server's. It says
	// nothing about the credential.
	ErrNotServer = errors.New("a program other than BTCPay Server refused the request: " +
		"a firewall or proxy on the way, or another program at this address")
)

// Is reports whether the response has the meaning of a shared error, such as
// [ErrNotFound].
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

// notFound reports whether an object is missing, and not the call itself: a server
// without the call sends a 404 without code and message. Greenfield has codes that end in
// -not-found, also with a 400.
func (e *Error) notFound() bool {
	return strings.HasSuffix(string(e.Code), "-not-found") || e.Status == http.StatusNotFound && (e.Code != "" || e.Message != "")
}

// throttled reports whether there were too many requests. Greenfield sends a 401 for
// this.
func (e *Error) throttled() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusUnauthorized && strings.Contains(strings.ToLower(e.Message), "rate limited")
}

// HasCode reports whether an error holds a response with one of these codes.
func HasCode(err error, codes ...Code) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code != "" && slices.Contains(codes, e.Code)
}

// Explain adds the meaning of a response to the error that holds it, for errors.Is. The
// text of the result is "meaning: err"; its log attributes are those of err and its
// meaning.
func Explain(meaning, err error) error { return &explained{meaning, err} }

type explained struct{ meaning, err error }

func (e *explained) Error() string   { return fmt.Sprintf("%v: %v", e.meaning, e.err) }
func (e *explained) Unwrap() []error { return []error{e.meaning, e.err} }

func (e *explained) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("meaning", e.meaning.Error())}, LogAttrs(e.err)...)...)
}

// LogAttrs returns the log attributes of an error: the parts of an error of this package,
// even if it is wrapped, or else the text.
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
