// Package vault keeps secrets in the KV engine, version 2, of OpenBao and HashiCorp Vault.
// It is a store like those of package keystore, in a package of its own so that programs
// without it link no HTTP client.
//
// [Open] takes
//
//	vault:https://host:8200/mount/path?namespace=NAME&ca-file=FILE&token-file=FILE
//
// where mount is where the engine is mounted, path is a directory in it, and everything
// after the question mark is optional. Plain http is accepted only for this machine. The
// token is read at each call from the named file, else from BAO_TOKEN or VAULT_TOKEN, else
// from the file .vault-token in the home directory. Its policy needs
//
//	path "mount/data/path/*"     { capabilities = ["create", "read", "update"] }
//	path "mount/metadata/path/*" { capabilities = ["delete", "list"] }
//	path "mount/metadata/path"   { capabilities = ["list"] }
//
// A write names the version that it replaces (cas), so two writers never silently undo each
// other, and reads back the version that it made. A redirect is never followed: the token
// is sent only to the named server.
//
// # Promise
//
// The package follows semantic versioning with the module it is in. Later versions read
// what an earlier one stored.
package vault

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// Prefix begins the names of stores that this package opens.
const Prefix = "vault:"

// TokenVariables returns the variables that a token is read from, the first one first. A
// program that starts another one takes them out of its environment.
func TokenVariables() []string { return []string{"BAO_TOKEN", "VAULT_TOKEN"} }

type store struct {
	base      *url.URL // of the server, without the path of the engine
	mount     string
	folder    string // ends with a slash
	namespace string
	caFile    string
	tokenFile string
	getenv    func(string) string
	wait      time.Duration
}

// Open returns the store with this name, which begins with [Prefix]. Of the options it uses
// Timeout, which is how long a call may take (10 seconds if it is zero), and Getenv. It
// does not contact the server.
func Open(spec string, o keystore.Options) (keystore.Store, error) {
	s := &store{getenv: o.Getenv, wait: o.Timeout}
	if s.getenv == nil {
		s.getenv = os.Getenv
	}
	if s.wait <= 0 {
		s.wait = 10 * time.Second
	}
	if err := s.parse(spec); err != nil {
		return nil, &keystore.Error{Backend: "vault", Op: "open", Err: fmt.Errorf("%w: %w", keystore.ErrUnavailable, err),
			Hint: "name it like this: export BTCPAYCTL_KEYSTORE=vault:https://vault.example.com:8200/secret/btcpayctl"}
	}
	return s, nil
}

func (s *store) parse(spec string) error {
	address, ok := strings.CutPrefix(spec, Prefix)
	if !ok {
		return fmt.Errorf("the name does not begin with %s", Prefix)
	}
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("what follows %s is not a URL", Prefix) // it may contain a password
	}
	switch {
	case u.User != nil:
		return fmt.Errorf("the URL must not contain a user or password")
	case u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("the URL names no server")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("the URL begins with http, which would send the token unencrypted; use https")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("the URL does not begin with https")
	case u.Fragment != "" || u.Opaque != "" || u.RawPath != "":
		return fmt.Errorf("the URL has more parts than server, path and parameters")
	}
	mount, folder, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	for part := range strings.SplitSeq(mount+"/"+folder, "/") {
		if folder == "" || !plain(part) {
			return fmt.Errorf("the path must be of the form /mount/path, in letters, digits, dots, dashes and underscores")
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("the parameters of the URL cannot be read")
	}
	for key, values := range query {
		into := map[string]*string{"namespace": &s.namespace, "ca-file": &s.caFile, "token-file": &s.tokenFile}[key]
		if into == nil || len(values) != 1 {
			return fmt.Errorf("the URL may have namespace, ca-file and token-file, each once")
		}
		*into = values[0]
	}
	for part := range strings.SplitSeq(strings.Trim(s.namespace, "/"), "/") {
		if s.namespace != "" && !plain(part) {
			return fmt.Errorf("the namespace has an invalid character")
		}
	}
	s.base = &url.URL{Scheme: u.Scheme, Host: u.Host}
	s.mount, s.folder = mount, folder+"/"
	return nil
}

// plain reports whether a part of a path is the same escaped and unescaped.
func plain(part string) bool {
	return part != "" && part != "." && part != ".." && !strings.ContainsFunc(part, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	})
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Format prints where the store is.
func (s *store) Format(f fmt.State, _ rune) {
	io.WriteString(f, "keystore "+Prefix+s.base.JoinPath(s.mount, s.folder).String())
}

// token is read at each call, because agents renew the file.
func (s *store) token() (string, error) {
	path := s.tokenFile
	if path == "" {
		for _, variable := range TokenVariables() {
			if token := strings.TrimSpace(s.getenv(variable)); token != "" {
				return sound(token, variable)
			}
		}
		home := s.getenv("HOME")
		if home == "" {
			home = s.getenv("USERPROFILE")
		}
		path = filepath.Join(home, ".vault-token")
		if _, err := os.Stat(path); home == "" || err != nil {
			return "", &keystore.Error{Err: fmt.Errorf("%w: there is no token", keystore.ErrDenied),
				Hint: "export VAULT_TOKEN, or name a file: vault:https://...?token-file=/run/secrets/vault-token"}
		}
	}
	text, err := durable.ReadNamed(path, 64<<10, s.wait, true)
	if err != nil {
		return "", &keystore.Error{Err: fmt.Errorf("%w: token file: %w", keystore.ErrDenied, err),
			Hint: "name a file with the token that only you can read (chmod 600): vault:https://...?token-file=FILE"}
	}
	defer clear(text)
	return sound(strings.TrimSpace(strings.TrimPrefix(string(text), byteOrderMark)), path)
}

// byteOrderMark begins a file that some editors write.
const byteOrderMark = "\ufeff"

// sound refuses what cannot be in a header.
func sound(token, where string) (string, error) {
	if token == "" || len(token) > 16<<10 || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", &keystore.Error{Err: fmt.Errorf("%w: %s does not contain a token", keystore.ErrDenied, where),
			Hint: "write only the token into it"}
	}
	return token, nil
}

// client is made for each call and closed after it, so no connection stays open.
func (s *store) client() (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	file := s.caFile
	for _, variable := range []string{"BAO_CACERT", "VAULT_CACERT"} {
		if file == "" {
			file = s.getenv(variable)
		}
	}
	if file != "" {
		pem, err := durable.ReadNamed(file, 4<<20, s.wait, false)
		if err != nil {
			return nil, &keystore.Error{Err: fmt.Errorf("%w: CA file: %w", keystore.ErrUnavailable, err), Hint: hintCA}
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(bytes.TrimPrefix(pem, []byte(byteOrderMark))) {
			return nil, &keystore.Error{Err: fmt.Errorf("%w: CA file: %s contains no certificate in PEM", keystore.ErrUnavailable, file), Hint: hintCA}
		}
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

const hintCA = "name the certificate that signs the server's: vault:https://...?ca-file=/etc/ssl/vault-ca.pem"

// List returns the names in the directory.
func (s *store) List(ctx context.Context) (names []string, err error) {
	err = s.call(ctx, "list", "", func(c *call) error {
		names, err = c.list()
		return err
	})
	slices.Sort(names)
	return names, err
}

// State lists the names, which shows that the server responds, is unsealed, and accepts the
// token.
func (s *store) State(ctx context.Context) (keystore.State, error) {
	if _, err := s.List(ctx); err != nil {
		return keystore.State{}, err
	}
	return keystore.State{Detail: "kept by " + s.base.Host}, nil
}

func (s *store) Get(ctx context.Context, name string) (secret []byte, err error) {
	err = s.call(ctx, "get", name, func(c *call) error {
		found, err := c.read(name, 0)
		if err == nil {
			secret, err = found.secret, found.err
		}
		return err
	})
	return secret, err
}

func (s *store) Put(ctx context.Context, name string, secret []byte) error {
	return s.call(ctx, "put", name, func(c *call) error {
		if len(secret) > keystore.MaxSize {
			return fmt.Errorf("%w: it has %d bytes, the limit is %d", keystore.ErrTooLarge, len(secret), keystore.MaxSize)
		}
		return c.put(name, secret)
	})
}

func (s *store) Delete(ctx context.Context, name string) error {
	return s.call(ctx, "delete", name, func(c *call) error { return c.remove(name) })
}
