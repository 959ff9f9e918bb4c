package deliver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

const (
	mostRedirects = 50       // are followed, by the platform's client
	mostBody      = 16 << 20 // of a response. The platform takes 2 GB, which no receiver means to send.
)

// try sends an attempt and reads the whole response. It follows redirects as the platform's client does (recording
// 64-bitpay-ipn, neighbours): not from https to http; by a GET without the body, except for 307 and 308.
func (l *Lanes) try(a *Attempt) Outcome {
	ctx, cancel := context.WithTimeout(l.ctx, l.timeout)
	defer cancel()
	at, scheme := parseURL(a.URL)
	if at == nil {
		return Outcome{Err: "The '" + scheme + "' scheme is not supported."}
	}
	method := http.MethodPost
	for hops := 0; ; hops++ {
		request := (&http.Request{Method: method, URL: at, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
		for name, values := range a.Header {
			if method == http.MethodPost || name == "User-Agent" { // the other headers are of the body
				request.Header[name] = values
			}
		}
		if method == http.MethodPost {
			request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(a.Body)), int64(len(a.Body))
			request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(a.Body)), nil }
		}
		transport := l.transport
		if isLoopback(at.Hostname()) {
			transport = l.loopback
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return Outcome{Err: message(ctx, err, at)}
		}
		if to, again := redirect(at, method, response); to != nil && hops < mostRedirects {
			response.Body.Close()
			at, method = to, again
			continue
		}
		return read(ctx, response)
	}
}

// read reads a response to its end. One that does not end counts as none.
func read(ctx context.Context, response *http.Response) Outcome {
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(response.Body, mostBody+1))
	switch {
	case ctx.Err() != nil:
		return Outcome{Err: timedOut}
	case err != nil:
		return Outcome{Err: "Error while copying content to a stream."}
	case n > mostBody:
		return Outcome{Err: "Cannot write more bytes to the buffer than the configured maximum buffer size: 2147483647."}
	}
	return Outcome{Status: response.StatusCode}
}

// parseURL returns what is sent to, without a user and a fragment. It is nil if the scheme cannot be sent to.
func parseURL(text string) (at *url.URL, scheme string) {
	text = strings.TrimSpace(text)
	scheme, _, _ = strings.Cut(text, ":")
	scheme = strings.ToLower(scheme)
	if strings.HasPrefix(text, "/") {
		scheme = "file" // a path is one of a file
	}
	if scheme != "http" && scheme != "https" {
		return nil, scheme
	}
	at, err := url.Parse(escapePercents(text))
	if err != nil {
		return nil, scheme
	}
	at.User, at.Fragment, at.RawFragment = nil, "", ""
	return at, scheme
}

// escapePercents escapes each percent sign that begins no escape, as the platform does.
func escapePercents(text string) string {
	isHex := func(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
	var escaped strings.Builder
	for i := range len(text) {
		escaped.WriteByte(text[i])
		if text[i] == '%' && (i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2])) {
			escaped.WriteString("25")
		}
	}
	return escaped.String()
}

// redirect returns where a response leads, and by which method; nil if it is the last one.
func redirect(from *url.URL, method string, response *http.Response) (*url.URL, string) {
	switch response.StatusCode {
	case http.StatusMultipleChoices, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		method = http.MethodGet
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, ""
	}
	location := response.Header.Get("Location")
	if location == "" {
		return nil, ""
	}
	to, err := from.Parse(location)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" || from.Scheme == "https" && to.Scheme == "http" {
		return nil, ""
	}
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	return to, method
}

const timedOut = "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing."

// message says why there is no response, in the platform's words. A refused connection was recorded (22-webhooks).
func message(ctx context.Context, err error, at *url.URL) string {
	if ctx.Err() != nil {
		return timedOut
	}
	port := at.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[at.Scheme]
	}
	where := " (" + net.JoinHostPort(at.Hostname(), port) + ")"
	var lookup *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Connection refused" + where
	case errors.As(err, &lookup):
		return "Name or service not known" + where
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "No route to host" + where
	case errors.Is(err, syscall.ENETUNREACH):
		return "Network is unreachable" + where
	case strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: "):
		return "The SSL connection could not be established, see inner exception."
	}
	return "An error occurred while sending the request."
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
