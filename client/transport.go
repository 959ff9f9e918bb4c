package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
)

// WithTransport sends requests by the caller's transport, instead of the options for
// connecting: proxies, dialers, certificates. The transport sees credentials. It must
// send a request once, follow no redirect, and change nothing that a signature covers:
// address, Host and body.
//
// If the transport calls the hooks of net/http/httptrace, as [http.Transport] does, the
// client knows whether a failed request may have reached the server. With any other
// transport, [FateUnknown] assumes that it has.
func WithTransport(transport http.RoundTripper) Option {
	return func(s *settings) error {
		if transport == nil {
			return errors.New("the transport is nil")
		}
		s.network.transport = &roundTripper{transport}
		return nil
	}
}

// WithMiddleware adds a step between the client and its transport, for each attempt of a
// request. next sends the request. The middleware sees credentials, and the rules of
// [WithTransport] also apply to it. If there are several, the first one is the outermost.
func WithMiddleware(wrap func(next http.RoundTripper) http.RoundTripper) Option {
	return func(s *settings) error {
		if wrap == nil {
			return errors.New("the middleware is nil")
		}
		s.middleware = append(s.middleware[:len(s.middleware):len(s.middleware)], wrap)
		return nil
	}
}

// WithTLSConfig sets the configuration of TLS, such as certificates that are looked up at
// each handshake. The configuration is copied. The minimum version is TLS 1.2. A
// configuration that does not check the server's certificate at all is refused.
func WithTLSConfig(config *tls.Config) Option {
	return func(s *settings) error {
		switch {
		case config == nil:
			return errors.New("the TLS configuration is nil")
		case config.MinVersion != 0 && config.MinVersion < tls.VersionTLS12, config.MaxVersion != 0 && config.MaxVersion < tls.VersionTLS12:
			return errors.New("the TLS configuration allows less than TLS 1.2")
		case config.InsecureSkipVerify && config.VerifyConnection == nil && config.VerifyPeerCertificate == nil:
			return errors.New("the TLS configuration does not check the server's certificate: trust it with WithCAs or WithCAFile")
		}
		s.network.config = config.Clone()
		return nil
	}
}

// WithCAs trusts these certificates instead of the system's.
func WithCAs(pool *x509.CertPool) Option {
	return func(s *settings) error {
		if pool == nil {
			return errors.New("the pool of certificates is nil")
		}
		s.network.pool = pool
		return nil
	}
}

// WithClientCertificate shows a certificate to a server that asks for one, such as a
// proxy that accepts only known programs. If there are several, the client shows the
// first one that fits. The server's address must be https.
func WithClientCertificate(certificate tls.Certificate) Option {
	return func(s *settings) error {
		if len(certificate.Certificate) == 0 || certificate.PrivateKey == nil {
			return errors.New("the client certificate lacks the certificate or its private key")
		}
		s.network.certificate = &certificates{s.network.certificate, certificate}
		return nil
	}
}

// certificates is a list that can be compared with ==.
type certificates struct {
	before *certificates
	last   tls.Certificate
}

func (c *certificates) list() []tls.Certificate {
	if c == nil {
		return nil
	}
	return append(c.before.list(), c.last)
}

// A roundTripper can be compared with ==, for any transport that it holds.
type roundTripper struct{ http.RoundTripper }

// check refuses options that contradict each other.
func (n network) check() error {
	own := n
	own.transport, own.allowHTTP = nil, false
	switch {
	case n.transport != nil && own != (network{}):
		return errors.New("WithTransport says how to connect: give proxy, dialer and certificates to that transport")
	case n.caFile != "" && n.pool != nil:
		return errors.New("WithCAFile and WithCAs are given: which certificates are trusted?")
	case n.config != nil && n.config.RootCAs != nil && (n.caFile != "" || n.pool != nil):
		return errors.New("WithTLSConfig has RootCAs, and WithCAFile or WithCAs is given: which certificates are trusted?")
	}
	return nil
}

// connect checks the options and builds the transport, unless the caller gave one.
func (c *Client) connect() error {
	if err := c.network.check(); err != nil {
		return err
	}
	if c.network.pin != "" && c.server.Scheme != "https" {
		return fmt.Errorf("%w %q: a certificate pin needs an https address", ErrServer, c.server)
	}
	if c.network.certificate != nil && c.server.Scheme != "https" {
		return fmt.Errorf("%w %q: a client certificate needs an https address", ErrServer, c.server)
	}
	c.own = nil
	if c.network.transport == nil {
		var err error
		if c.own, err = c.network.build(c.server); err != nil {
			return err
		}
	}
	return nil
}

// wrap puts the middleware around the transport.
func (c *Client) wrap() {
	c.roundTripper = c.own
	if c.own == nil {
		c.roundTripper = c.network.transport.RoundTripper
	}
	for i := len(c.middleware) - 1; i >= 0; i-- {
		c.roundTripper = c.middleware[i](c.roundTripper)
	}
	c.foreign = c.own == nil || len(c.middleware) > 0
}
