package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

const maxHeaderBytes = 64 << 10

// maxIdleConnections is how many connections are kept open for later requests.
const maxIdleConnections = 100

// network holds the options for how to reach the server. The client compares it with ==
// to find out whether two clients can share their connections.
type network struct {
	caFile      string
	pool        *x509.CertPool
	pin         string
	config      *tls.Config
	certificate *certificates
	proxy       string
	dialer      *dialer
	transport   *roundTripper
	// allowHTTP is here since it decides which machines plain http may reach.
	allowHTTP bool
}

type dialer struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// WithCAFile trusts the certificates of a PEM file instead of the system's.
func WithCAFile(path string) Option {
	return func(s *settings) error { s.network.caFile = path; return nil }
}

// WithCertificatePin accepts only a server whose certificate has this public key: the
// SHA-256 of the certificate's SubjectPublicKeyInfo in hex, colons allowed. The pin stays
// valid if the certificate is renewed with the same key. The usual checks still apply.
// The server's address must be https, and the address of a proxy must not be.
func WithCertificatePin(sha256Hex string) Option {
	return func(s *settings) error {
		pin := strings.ToLower(strings.ReplaceAll(sha256Hex, ":", ""))
		if raw, err := hex.DecodeString(pin); err != nil || len(raw) != sha256.Size {
			return fmt.Errorf("the certificate pin %.80q is not 64 hex digits", sha256Hex)
		}
		s.network.pin = pin
		return nil
	}
}

func (n network) build(server *url.URL) (*http.Transport, error) {
	config, err := n.tls()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext:            n.dial(server),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    10 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    maxIdleConnections,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      true,
		// The error of net/http has only the reason phrase.
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("the proxy %s refused to connect: %s", proxy.Host, answer.Status)
			}
			return nil
		},
	}
	if n.dialer != nil {
		transport.DialContext = n.dialer.dial
		return transport, nil
	}
	if transport.Proxy, err = n.proxyFor(server); err != nil {
		return nil, err
	}
	return transport, nil
}

// ErrPin is wrapped by the error of a request if the server's key is not the key of
// [WithCertificatePin].
var ErrPin = errors.New("the server's certificate has another public key than the pinned one")

func (n network) tls() (*tls.Config, error) {
	config := &tls.Config{}
	if n.config != nil {
		config = n.config.Clone()
	}
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	config.Certificates = slices.Concat(config.Certificates, n.certificate.list())
	if n.pool != nil {
		config.RootCAs = n.pool
	}
	if n.caFile != "" {
		pem, err := os.ReadFile(n.caFile)
		if err != nil {
			return nil, fmt.Errorf("the CA file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(bytes.TrimPrefix(pem, []byte("\ufeff"))) {
			return nil, fmt.Errorf("the CA file %s has no PEM certificate", n.caFile)
		}
	}
	if n.pin != "" {
		verify := config.VerifyConnection
		config.VerifyConnection = func(state tls.ConnectionState) error {
			if verify != nil {
				if err := verify(state); err != nil {
					return err
				}
			}
			sum := sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
			if got := hex.EncodeToString(sum[:]); got != n.pin {
				return fmt.Errorf("%w, it is %s: pin that one if the server's key was changed on purpose; otherwise the connection may be intercepted", ErrPin, got)
			}
			return nil
		}
	}
	return config, nil
}
