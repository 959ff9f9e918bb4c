package vault

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/keystore"
)

// bodyLimit is the largest response: the names of 50,000 secrets.
const bodyLimit = 8 << 20

// errConflict: the secret's version is not the one that a write named.
var errConflict = errors.New("another process has written this secret since")

// call is one call of the store: some requests with a common timeout.
type call struct {
	*store
	ctx  context.Context
	http *http.Client
	key  string
}

// call runs do, and converts every error to one of package keystore.
func (s *store) call(ctx context.Context, op, name string, do func(*call) error) error {
	err := s.run(ctx, op, name, do)
	if err == nil {
		return nil
	}
	e := &keystore.Error{Backend: "vault", Op: op, Name: name, Err: err}
	if known, ok := errors.AsType[*keystore.Error](err); ok {
		e.Hint = known.Hint
		if known == err { //nolint:errorlint // asks whether err itself is the *Error
			e.Err = known.Err
		}
	}
	return e
}

func (s *store) run(ctx context.Context, op, name string, do func(*call) error) error {
	if op != "list" {
		if err := keystore.CheckName(name); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	token, err := s.token()
	if err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	err = do(&call{s, limited, client, token})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && limited.Err() != nil && !errors.Is(err, keystore.ErrTimeout) {
		return &keystore.Error{Err: fmt.Errorf("%w: %s within %v", keystore.ErrTimeout, s.base.Host, s.wait),
			Hint: "increase the timeout: export BTCPAYCTL_KEYSTORE_TIMEOUT=60s"}
	}
	return err
}

func (c *call) path(kind, file string) string {
	return "/v1/" + c.mount + "/" + kind + "/" + c.folder + file
}

// send sends one request and returns the response if its status is one of those expected.
func (c *call) send(method, path string, body []byte, expected ...int) (int, []byte, error) {
	request, err := http.NewRequestWithContext(c.ctx, method, c.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("X-Vault-Request", "true") // agents and proxies of it ask for this
	request.Header.Set("X-Vault-Token", c.key)
	namespace := c.namespace
	for _, variable := range []string{"BAO_NAMESPACE", "VAULT_NAMESPACE"} {
		if namespace == "" {
			namespace = c.getenv(variable)
		}
	}
	if namespace != "" {
		request.Header.Set("X-Vault-Namespace", namespace)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, c.unreachable(err)
	}
	defer response.Body.Close()
	answer, err := readBody(response)
	switch {
	case err != nil:
		return 0, nil, c.unreachable(err)
	case len(answer) > bodyLimit:
		return 0, nil, &keystore.Error{Err: fmt.Errorf("%w: the server's response has more than %d MiB", keystore.ErrUnavailable, bodyLimit>>20), Hint: hintAddress}
	}
	for _, status := range expected {
		if response.StatusCode == status {
			return status, answer, nil
		}
	}
	return 0, nil, c.refused(response, answer)
}

// readBody reads in one piece if the length is known: a growing buffer leaves copies
// behind.
func readBody(response *http.Response) ([]byte, error) {
	size := min(max(response.ContentLength, 0), bodyLimit)
	body := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	_, err := body.ReadFrom(io.LimitReader(response.Body, bodyLimit+1))
	return body.Bytes(), err
}

const (
	hintAddress   = "check the address of the store; the API is at /v1 of an OpenBao or Vault server"
	hintReachable = "check address and network: curl https://HOST:8200/v1/sys/health"
)

// unreachable maps errors of the connection. The URL in them holds no secret.
func (c *call) unreachable(err error) error {
	if c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	what, hint := "the server cannot be reached", hintReachable
	var cause error
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		what, hint, cause = "the server's certificate is not signed by a trusted authority", hintCA, e
	} else if e, ok := errors.AsType[x509.HostnameError](err); ok {
		what, hint, cause = "the server's certificate is for another host name", "use the host name in the certificate", e
	} else if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		what, hint, cause = "the server's certificate is not valid", "renew it, or correct this machine's clock", e
	} else if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(err.Error(), "HTTP response to HTTPS client") {
		what, hint = "the server does not speak TLS", "is it a server for development? Then use http on this machine: vault:http://127.0.0.1:8200/..."
	} else if e, ok := errors.AsType[tls.AlertError](err); ok {
		what, hint, cause = "the server aborted the TLS handshake", "does it ask for a client certificate? That is not supported", e
	} else if e, ok := errors.AsType[*net.OpError](err); ok {
		cause = e
	} else if e, ok := errors.AsType[*net.DNSError](err); ok {
		cause = e
	} else {
		what = "the server closed the connection, or its response is not HTTP"
	}
	if cause != nil {
		return &keystore.Error{Err: fmt.Errorf("%w: %s: %w", keystore.ErrUnavailable, what, cause), Hint: hint}
	}
	return &keystore.Error{Err: fmt.Errorf("%w: %s", keystore.ErrUnavailable, what), Hint: hint}
}

// refused maps the server's errors by status and by the words that it is known to use. Its
// text is not repeated.
func (c *call) refused(response *http.Response, body []byte) error {
	var answer struct {
		Errors []string `json:"errors"`
	}
	_ = json.Unmarshal(body, &answer) // a proxy's page has none
	said := strings.ToLower(strings.Join(answer.Errors, "\n"))
	kind, hint := keystore.ErrUnavailable, hintAddress
	var what string
	switch status := response.StatusCode; {
	case status == http.StatusBadRequest && strings.Contains(said, "check-and-set"):
		return errConflict
	case status == http.StatusServiceUnavailable && strings.Contains(said, "sealed"):
		kind, what, hint = keystore.ErrLocked, "the server is sealed", "ask the holders of the unseal keys to run: bao operator unseal"
	case strings.Contains(said, "not yet initialized") || status == http.StatusNotImplemented:
		what, hint = "the server is not initialised", "bao operator init"
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		kind, what = keystore.ErrDenied, "the token is invalid, has expired or lacks a permission"
		hint = fmt.Sprintf("check it with bao token lookup; it needs create, read, update on %s/data/%s* and delete, list on %s/metadata/%s*",
			c.mount, c.folder, c.mount, c.folder)
	case status == http.StatusTooManyRequests:
		what, hint = "the server limits the rate of requests", "wait a moment and run the command again"
	case status == http.StatusRequestEntityTooLarge || strings.Contains(said, "too large"):
		kind, what, hint = keystore.ErrTooLarge, "the server refuses a secret of this size", "choose another store: export BTCPAYCTL_KEYSTORE=file"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return c.noEngine()
	case status/100 == 3:
		what, hint = "the server redirects to another one, which does not get the token", "name the other server, such as the active node of a cluster"
	case status == http.StatusNoContent || status == http.StatusOK:
		return c.noEngine()
	case status == http.StatusBadRequest:
		what, hint = "the server refused the request as malformed", hintAddress
	case status >= 500:
		what, hint = "the server failed", "wait a moment and run the command again; its log says why"
	default:
		what = "the server responded with an unexpected status"
	}
	return &keystore.Error{Err: fmt.Errorf("%w: %s (HTTP %d)", kind, what, response.StatusCode), Hint: hint}
}

func (c *call) noEngine() error {
	return &keystore.Error{Err: fmt.Errorf("%w: there is no KV engine of version 2 at %s", keystore.ErrUnavailable, c.mount),
		Hint: fmt.Sprintf("name the right mount, or make one: bao secrets enable -path=%s kv-v2", c.mount)}
}

func nonsense(what string) error {
	return &keystore.Error{Err: fmt.Errorf("%w: the server's response to %s is not one of this API", keystore.ErrUnavailable, what), Hint: hintAddress}
}

// mustBeKV2 asks which engine is mounted, because version 1 of the engine would accept a
// write and store it wrongly. A token that may not ask skips the check.
func (c *call) mustBeKV2() error {
	status, body, err := c.send(http.MethodGet, "/v1/sys/internal/ui/mounts/"+c.mount, nil,
		http.StatusOK, http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest)
	if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			Type    string            `json:"type"`
			Options map[string]string `json:"options"`
		} `json:"data"`
	}
	if status == http.StatusOK && json.Unmarshal(body, &answer) == nil && answer.Data.Type != "" &&
		(answer.Data.Type != "kv" || answer.Data.Options["version"] != "2") {
		return c.noEngine()
	}
	return nil
}
