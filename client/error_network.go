package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// A Kind is the kind of a failure, such as the reason why there was no response.
type Kind string

// The kinds of a [NetworkError].
const (
	DNS       Kind = "dns"       // the host name is unknown
	Refused   Kind = "refused"   // no program listens at the address
	TLS       Kind = "tls"       // the certificate was refused or the handshake failed
	Timeout   Kind = "timeout"   // the client's timeout or the context's deadline is over
	Reset     Kind = "reset"     // the connection was lost
	Cancelled Kind = "cancelled" // the context was cancelled
	Other     Kind = "network"
)

// A NetworkError means that there was no complete response. errors.Is finds
// [context.Canceled] and [context.DeadlineExceeded] in it.
type NetworkError struct {
	Method, Path string
	Server       string // the server's address, with its path prefix
	Kind         Kind
	// Sent reports whether a request other than GET may have reached the server; see
	// [FateUnknown].
	Sent bool
	// Unconnected reports whether the attempt failed before there was a connection, even
	// before TLS began, so that nothing was sent. The client knows this of requests that
	// may change something and, with [WithRetryUnsent], of all requests.
	Unconnected bool
	Err         error
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("%s %s%s: %s", e.Method, e.Server, e.Path, e.Reason())
}

// Reason describes what happened, without the address.
func (e *NetworkError) Reason() string {
	if proxy, ok := proxyFailure(e.Err); ok {
		return "the proxy " + proxy
	}
	switch e.Kind {
	case DNS:
		if dns, ok := errors.AsType[*net.DNSError](e.Err); ok && !dns.IsNotFound {
			return "the DNS did not resolve the host name: " + dns.Err
		}
		return "the DNS does not know the host name"
	case Refused:
		return "connection refused: no program listens on that port"
	case Timeout:
		return "timed out waiting for the response"
	case Reset:
		return "the connection was lost before the response was complete"
	case Cancelled:
		return "cancelled"
	default: // the cause is more specific than its kind
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](e.Err); ok && string(record.RecordHeader[:]) == "HTTP/" {
		return "the server speaks http there, not https"
	}
	return e.Err.Error()
}

// proxyFailure reports whether the proxy failed, and not the connection to the server,
// and describes the failure.
func proxyFailure(err error) (string, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "proxyconnect" && op.Op != "socks connect" {
		return "", false
	}
	return "failed: " + op.Err.Error(), true
}

func (e *NetworkError) Unwrap() error { return e.Err }

var errTimeout = fmt.Errorf("the request's time limit: %w", context.DeadlineExceeded)

var errTotalTimeout = fmt.Errorf("the call's time limit: %w", context.DeadlineExceeded)

func networkError(ctx context.Context, x *exchange, sent bool, err error) *NetworkError {
	if ended := contextError(ctx); ended != nil {
		err = ended
	}
	return &NetworkError{
		Method: x.Method, Path: displayPath(x.Path), Server: x.server,
		Kind: kindOf(err), Sent: sent, Err: x.conceal(err),
	}
}

// contextError returns the reason why a context ended. A cause that the caller set is
// more specific than Canceled, but a program that checks for Canceled must still find it.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

func kindOf(err error) Kind {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return DNS
	}
	if isTLS(err) {
		return TLS
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return Timeout
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case lost(err):
		return Reset
	}
	return Other
}

// lost reports whether an established connection was lost.
func lost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

func isTLS(err error) bool {
	if errors.Is(err, ErrPin) {
		return true
	}
	// A TLS alert from either side has an unexported type.
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	_, ok := errors.AsType[tls.AlertError](err)
	return ok
}

// FateUnknown reports whether the server may have carried out a request that changes
// something although the call failed: bytes were sent and no response came, a proxy or
// the server failed, or the response is a redirect or cannot be used. The caller must
// check the state on the server before it sends such a request again.
func FateUnknown(err error) bool {
	if e, ok := errors.AsType[*NetworkError](err); ok {
		return e.Sent
	}
	if _, ok := errors.AsType[*AnswerError](err); ok {
		return true
	}
	if e, ok := errors.AsType[*RedirectError](err); ok {
		return !repeatable(e.Method)
	}
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status >= 500 || e.Status == 408)
}
