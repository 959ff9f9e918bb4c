package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log" //nolint:depguard // http.Server takes no other
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// authority issues the certificates of a sandbox with [Options.TLS]: one for each name by which it is reached, since the name
// that a container is given is not known to it.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	text        []byte // the certificate, in PEM

	mu     sync.Mutex
	issued map[string]*tls.Certificate
}

const (
	authorityLifetime   = 10 * 365 * 24 * time.Hour
	certificateLifetime = 365 * 24 * time.Hour
	mostCertificates    = 100
)

// authorityFiles are where the authority of a sandbox with a state file is kept.
func authorityFiles(stateFile string) (certificate, key string) {
	return stateFile + ".ca.pem", stateFile + ".ca-key.pem"
}

// openAuthority reads the authority beside the state file, or makes one.
func openAuthority(stateFile string) (*authority, error) {
	if stateFile == "" {
		return newAuthority()
	}
	certificateFile, keyFile := authorityFiles(stateFile)
	text, err := os.ReadFile(certificateFile)
	keyText, keyErr := os.ReadFile(keyFile)
	if errors.Is(err, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		return makeAuthority(certificateFile, keyFile)
	}
	if err := errors.Join(err, keyErr); err != nil {
		return nil, fmt.Errorf("sandbox: TLS: %w", err)
	}
	a, err := readAuthority(text, keyText)
	if err != nil {
		return nil, fmt.Errorf("sandbox: TLS: %s or %s cannot be used: %w. Remove both to make new ones", certificateFile, keyFile, err)
	}
	return a, nil
}

func makeAuthority(certificateFile, keyFile string) (*authority, error) {
	a, err := newAuthority()
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err == nil {
		err = os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600)
	}
	if err == nil {
		err = os.WriteFile(certificateFile, a.text, 0o644) //nolint:gosec // for all who verify the sandbox
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: TLS: %w", err)
	}
	return a, nil
}

func readAuthority(text, keyText []byte) (*authority, error) {
	certificate, _ := pem.Decode(text)
	if certificate == nil {
		return nil, errors.New("no certificate in PEM")
	}
	key, _ := pem.Decode(keyText)
	if key == nil {
		return nil, errors.New("no key in PEM")
	}
	parsed, err := x509.ParseCertificate(certificate.Bytes)
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS8PrivateKey(key.Bytes)
	if err != nil {
		return nil, err
	}
	own, ok := private.(*ecdsa.PrivateKey)
	if !ok || !own.PublicKey.Equal(parsed.PublicKey) || !parsed.IsCA {
		return nil, errors.New("the key is not that of the authority")
	}
	if time.Now().After(parsed.NotAfter) {
		return nil, errors.New("the certificate expired")
	}
	return &authority{certificate: parsed, key: own, text: text, issued: map[string]*tls.Certificate{}}, nil
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sandbox: TLS: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: "BTCPay Server sandbox", Organization: []string{"btcpayctl sandbox"}},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(authorityLifetime),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("sandbox: TLS: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sandbox: TLS: %w", err)
	}
	return &authority{
		certificate: certificate, key: key, issued: map[string]*tls.Certificate{},
		text: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
	}, nil
}

func newSerial() *big.Int {
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] &= 0x7f
	return new(big.Int).SetBytes(serial)
}

// config serves HTTP/1.1 only: faults close and reset connections, of which HTTP/2 has one for many requests.
func (a *authority) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: a.issue, NextProtos: []string{"http/1.1"}}
}

// issue returns a certificate for the name that a client asks for, or the address that it connected to.
func (a *authority) issue(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	if name == "" {
		host, _, err := net.SplitHostPort(hello.Conn.LocalAddr().String())
		if err != nil {
			return nil, err
		}
		name, _, _ = strings.Cut(host, "%") // a zone
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.issued[name]; known != nil && time.Now().Before(known.Leaf.NotAfter) {
		return known, nil
	}
	certificate, err := a.certify(name)
	if err != nil {
		return nil, err
	}
	if len(a.issued) >= mostCertificates {
		clear(a.issued)
	}
	a.issued[name] = certificate
	return certificate, nil
}

func (a *authority) certify(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{Organization: []string{"btcpayctl sandbox"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// handshakeLog drops what a server writes of clients that do not trust the authority, which see that themselves.
type handshakeLog struct{}

func (handshakeLog) Write(line []byte) (int, error) {
	if strings.Contains(string(line), "TLS handshake error") {
		return len(line), nil
	}
	return os.Stderr.Write(line)
}

func newHandshakeLog() *log.Logger { return log.New(handshakeLog{}, "", log.LstdFlags) }
