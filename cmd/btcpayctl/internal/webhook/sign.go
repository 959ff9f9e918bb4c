package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A signer makes the headers of what is posted to a receiver.
type signer struct {
	secretText
	// standard is the key of Standard Webhooks, nil for the server's own signature.
	standard []byte
}

// headers returns the headers for the body of a delivery.
func (s signer) headers(delivery string, body []byte, now time.Time) (http.Header, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	if s.standard == nil {
		signature, err := webhook.Sign(s.sign, body)
		h.Set(webhook.SignatureHeader, signature)
		return h, err
	}
	// The lower-case names are those of the specification; the receiver's server ignores case.
	stamp := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, s.standard)
	fmt.Fprintf(mac, "%s.%s.", delivery, stamp)
	mac.Write(body)
	h.Set("Webhook-Id", delivery)
	h.Set("Webhook-Timestamp", stamp)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return h, nil
}

// Standard Webhooks: a secret is this prefix and 24 to 64 random bytes in base64.
const (
	standardPrefix = "whsec_"
	standardLeast  = 24
	standardMost   = 64
)

// newStandardSecret generates a secret of Standard Webhooks.
func newStandardSecret() string {
	key := make([]byte, standardLeast)
	rand.Read(key)
	return standardPrefix + base64.StdEncoding.EncodeToString(key)
}

// parseStandard reads a secret of Standard Webhooks.
func parseStandard(a *app.App, text, shown string) (signer, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, standardPrefix))
	if err == nil && (len(key) < standardLeast || len(key) > standardMost) {
		err = fmt.Errorf("it has %d bytes, and has to have %d to %d", len(key), standardLeast, standardMost)
	}
	if err != nil || !strings.HasPrefix(text, standardPrefix) {
		e := &output.Error{Code: output.BadInput, What: shown + " has no secret of Standard Webhooks", Why: "It has to be " + standardPrefix + " and 24 to 64 bytes in base64. Nothing was sent.",
			Next: "another --secret-file, which btcpayctl creates if it does not exist", Err: err}
		return signer{}, e
	}
	a.Conceal(client.NewSecret(text))
	// The server signs with a secret that no one needs.
	unused, err := randomSecret(a)
	return signer{unused, key}, err
}

// parseSigner reads a secret in the form that the command signs in.
func (c *forwardCommand) parseSigner(text, shown string) (signer, error) {
	if c.as == asStandard {
		return parseStandard(c.app, text, shown)
	}
	secret, err := newSecretText(c.app, text, shown)
	return signer{secret, nil}, err
}

// signer reads the secret for the receiver, and creates its file if there is none.
func (c *forwardCommand) signer(f *forwarder, id string) (signer, error) {
	f.secretFile = c.secretFile
	if c.secretFile == "" {
		f.secretFile = f.state + map[string]string{asBTCPay: operations.ForwardSecret, asStandard: operations.ForwardStandardSecret}[c.as]
	}
	dir, err := durable.Create(filepath.Dir(f.state))
	if err != nil {
		return signer{}, err
	}
	defer dir.Close()
	data, err := c.app.ReadSecretFile(f.secretFile)
	switch {
	case err == nil:
		defer clear(data)
		return c.parseSigner(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), f.secretFile)
	case !errors.Is(err, fs.ErrNotExist) || f.secretFile == "-":
		return signer{}, &output.Error{Code: output.BadInput, What: "the secret cannot be read from " + f.secretFile, Why: err.Error() + ". Nothing was sent.", Next: "check the name of the file", Err: err}
	}
	text := rand.Text()
	if c.as == asStandard {
		text = newStandardSecret()
	}
	if err := durable.WriteNamed(f.secretFile, []byte(text+"\n"), true); err != nil {
		return signer{}, cli.CannotWrite("the secret", f.secretFile, err)
	}
	fmt.Fprintf(c.app.Err, "A new secret is in %s, readable only by you. The receiver needs it.\n", output.VisibleLine(f.secretFile))
	return c.parseSigner(text, f.secretFile)
}

// busyForward explains that another process forwards to the same address.
func busyForward(to string, err error) error {
	if busy, ok := errors.AsType[*ledger.BusyError](err); ok {
		what := "another process forwards these events to " + to + " already"
		if busy.Process > 0 {
			what += fmt.Sprintf(" (process %d)", busy.Process)
		}
		return &output.Error{Code: output.Failed, What: what, Why: "Nothing was sent.", Next: "end that process, or forward to another address", Err: err}
	}
	return err
}

// isUnknown reports whether an error leaves open what the server did.
func isUnknown(err error) bool {
	e := cli.Explain(context.Background(), err)
	return e.Code == output.UnknownOutcome || e.Code.BySignal() || client.FateUnknown(err)
}
