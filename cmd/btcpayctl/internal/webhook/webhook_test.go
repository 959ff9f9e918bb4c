package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// patience ends a test that hangs.
const patience = 2 * time.Minute

// A shop is a sandbox and a user with a key of its store.
type shop struct {
	*sandbox.Server
	env map[string]string
	dir string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := sandbox.New(t)
	return &shop{s, map[string]string{
		"BTCPAYCTL_SERVER": s.URL, "BTCPAYCTL_API_KEY": s.Seed.APIKey, "BTCPAYCTL_STORE": s.Seed.StoreID, "BTCPAYCTL_NO_INPUT": "1",
		"BTCPAYCTL_TIMEOUT": "2m", "XDG_DATA_HOME": t.TempDir(),
	}, t.TempDir()}
}

// A result is what a line printed.
type result struct {
	out, err string
	failure  *output.Error
}

// command makes the command of a line.
func (s *shop) command(t *testing.T, stdin string, args ...string) (*cobra.Command, *app.App) {
	t.Helper()
	a, _, _ := apptest.New(t, s.env)
	a.In = strings.NewReader(stdin)
	root := &cobra.Command{Use: "btcpayctl", SilenceErrors: true, SilenceUsage: true}
	cli.AddOutputFlags(root.PersistentFlags(), a)
	root.AddGroup(&cobra.Group{ID: "other"})
	root.AddCommand(New(a))
	root.SetArgs(append([]string{"webhook"}, args...))
	return root, a
}

func (s *shop) run(t *testing.T, args ...string) result {
	t.Helper()
	return s.runWith(t, "", args...)
}

func (s *shop) runWith(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	root, a := s.command(t, stdin, args...)
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	err := root.ExecuteContext(ctx)
	r := result{out: a.Out.(*bytes.Buffer).String(), err: a.Err.(*bytes.Buffer).String()}
	if err != nil {
		r.failure = cli.Explain(ctx, err)
	}
	return r
}

func (s *shop) ok(t *testing.T, args ...string) string {
	t.Helper()
	r := s.run(t, args...)
	if r.failure != nil {
		t.Fatalf("%q: %+v\n%s", args, r.failure, r.err)
	}
	return strings.TrimSpace(r.out)
}

// refused runs a line that has to fail with a code, and with texts in what it reports.
func (s *shop) refused(t *testing.T, code output.Code, texts []string, args ...string) {
	t.Helper()
	checkRefused(t, s.run(t, args...), code, texts, args)
}

func checkRefused(t *testing.T, r result, code output.Code, texts []string, args []string) {
	t.Helper()
	if r.failure == nil || r.failure.Code != code {
		t.Errorf("%q: %+v, want %s\n%s", args, r.failure, code, r.out)
		return
	}
	report := fmt.Sprint(r.failure.What, "\n", r.failure.Why, "\n", r.failure.Next)
	for _, text := range texts {
		if !strings.Contains(report, text) {
			t.Errorf("%q does not report %q:\n%s", args, text, report)
		}
	}
}

func (s *shop) path(name string) string { return filepath.Join(s.dir, name) }

func (s *shop) client(t *testing.T) *greenfield.Client {
	t.Helper()
	key, err := greenfield.ParsePastedKey(s.Seed.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := greenfield.New(s.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// invoice creates an invoice without an amount to pay.
func (s *shop) invoice(t *testing.T, order string) greenfield.InvoiceID {
	t.Helper()
	request := greenfield.InvoiceRequest{Currency: "USD"}
	request.Metadata = greenfield.Metadata{"orderId": []byte(`"` + order + `"`)}
	made, err := s.client(t).Invoices.Create(t.Context(), greenfield.StoreID(s.Seed.StoreID), request)
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// A receiver counts what arrives, and responds as it is asked to.
type receiver struct {
	*httptest.Server
	arrived chan delivered
	status  chan int
	// decide, if it is set, chooses the status of a response.
	decide func(delivered) int
}

type delivered struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{arrived: make(chan delivered, 1000), status: make(chan int, 1000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(req.Body)
		select {
		case status := <-r.status:
			w.WriteHeader(status)
		default:
		}
		d := delivered{req.Header, body.Bytes()}
		if r.decide != nil {
			w.WriteHeader(r.decide(d))
		}
		r.arrived <- d
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) next(t *testing.T) delivered {
	t.Helper()
	select {
	case d := <-r.arrived:
		return d
	case <-time.After(patience):
		t.Fatal("nothing arrived")
	}
	return delivered{}
}

// The life of a webhook: nothing is lost by a change, and what the server would accept and
// not do is refused.
func TestLife(t *testing.T) {
	t.Parallel()
	s, to := newShop(t), newReceiver(t)
	secretFile := s.path("hook.secret")
	id := s.ok(t, "create", "--url", to.URL+"/hook", "--event", "InvoiceCreated", "--event", "InvoiceInvalid", "--output-file", secretFile, "-o", "name")
	text, err := os.ReadFile(secretFile)
	if err != nil || len(text) < 20 {
		t.Fatal(err)
	}
	s.refused(t, output.Failed, []string{id, "each event twice", "--duplicate"}, "create", "--url", to.URL+"/hook", "--secret-file", secretFile)
	s.refused(t, output.BadInput, []string{secretFile}, "create", "--url", to.URL+"/other", "--output-file", secretFile)
	if got := s.ok(t, "update", id, "--no-redelivery", "-o", "json", "--jq", ".automaticRedelivery, .enabled, .events[1]"); got != "false\ntrue\nInvoiceInvalid" {
		t.Errorf("after the update: %q", got)
	}
	s.invoice(t, "A-1")
	first := to.next(t)
	delivery := ""
	for delivery == "" { // until the server has read the response
		delivery = s.ok(t, "deliveries", id, "--limit", "1", "-o", "name")
	}
	if got := s.ok(t, "deliveries", id, "--events", "--columns", "id,status,http,type", "--no-header"); got != delivery+"  success  200  InvoiceCreated" {
		t.Errorf("the deliveries are %q", got)
	}
	body := s.ok(t, "deliveries", id, "--body", delivery)
	if body != string(first.body) {
		t.Errorf("the body is %s, and %s arrived", body, first.body)
	}
	if err := os.WriteFile(s.path("body.json"), first.body, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := s.ok(t, "verify", s.path("body.json"), "--signature", first.header.Get(webhook.SignatureHeader), "--secret-file", secretFile, "-o", "json", "--jq", ".type, .orderId, .secret"); got != "InvoiceCreated\nA-1\n1" {
		t.Errorf("verified: %q", got)
	}
	replayed := s.ok(t, "replay", id, delivery, "-o", "json", "--jq", ".[].status, .[].replays, .[].httpStatus")
	if replayed != "success\n"+delivery+"\n200" || !bytes.Contains(to.next(t).body, []byte(`"isRedelivery": true`)) {
		t.Errorf("replayed: %q", replayed)
	}
	to.status <- 503
	s.refused(t, output.DeliveryFailed, []string{to.URL, "503"}, "replay", id, delivery)
	to.next(t)
	if got := s.ok(t, "deliveries", id, "--failed", "--columns", "status,http", "--no-header"); got != "refused  503" {
		t.Errorf("failed: %q", got)
	}
	s.refused(t, output.NotFound, []string{"no delivery " + id}, "replay", id, id)
	s.ok(t, "update", id, "--event", "InvoiceSettled")
	s.refused(t, output.Refused, []string{"InvoiceCreated", "--event InvoiceSettled --event InvoiceCreated"}, "replay", id, delivery)
	s.ok(t, "update", id, "--disable", "--all-events")
	s.refused(t, output.Refused, []string{"is disabled", "webhook update " + id + " --enable"}, "replay", id, delivery)

	s.ok(t, "rotate-secret", id, "--output-file", s.path("new.secret"))
	s.ok(t, "update", id, "--enable")
	s.invoice(t, "A-2")
	second := to.next(t)
	if err := os.WriteFile(s.path("body.json"), second.body, 0o600); err != nil {
		t.Fatal(err)
	}
	signature := second.header.Get(webhook.SignatureHeader)
	s.refused(t, output.WrongSignature, nil, "verify", s.path("body.json"), "--signature", signature, "--secret-file", secretFile)
	if got := s.ok(t, "verify", s.path("body.json"), "--signature", signature, "--secret-file", secretFile, "--secret-file", s.path("new.secret"), "--jq", ".secret"); got != "2" {
		t.Errorf("it is secret %s", got)
	}
	s.ok(t, "delete", id, "--yes")
	for _, line := range [][]string{{"show", id}, {"deliveries", id}, {"delete", id, "--yes"}, {"update", id, "--disable"}, {"rotate-secret", id, "--secret-file", secretFile}, {"replay", id, delivery}, {"show", "QvKaGcfACNbRiBjPAMkQ7Q"}} {
		s.refused(t, output.NotFound, []string{"webhook"}, line...)
	}
	if got := s.ok(t, "list", "-o", "json"); got != "[]" {
		t.Errorf("left: %s", got)
	}
}

// What the server would take and never use is refused, and nothing is sent or written.
func TestCreateRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	good := []string{"create", "--url", "https://shop.example.com/hook", "--output-file", s.path("never")}
	if err := os.WriteFile(s.path("short"), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		texts []string
		args  []string
	}{
		{[]string{"does not begin with http"}, []string{"--url", "javascript:alert(1)"}},
		{[]string{"does not begin with http"}, []string{"--url", "ftp://shop.example.com/hook"}},
		{[]string{"does not begin with http"}, []string{"--url", "/hook"}},
		{[]string{"user name"}, []string{"--url", "https://me:secret@shop.example.com/hook"}},
		{[]string{"blank"}, []string{"--url", "https://shop.example.com/a b"}},
		{[]string{"is called InvoiceSettled", "--event InvoiceSettled"}, []string{"--event", "invoicesettled"}},
		{[]string{"is called InvoiceSettled"}, []string{"--event", "INVOICESETTLED", "--allow-unknown"}},
		{[]string{"--event InvoiceSettled", "--allow-unknown"}, []string{"--event", "invoice_settled"}},
		{[]string{"--event InvoiceExpired"}, []string{"--event", "InvoiceExpierd"}},
		{[]string{"one of: "}, []string{"--event", "Everything is fine"}},
		{[]string{"exclude each other"}, []string{"--reveal", "--yes"}},
	} {
		args := append(append([]string{}, good...), test.args...)
		s.refused(t, output.Usage, append(test.texts, "Nothing was sent"), args...)
	}
	s.refused(t, output.BadInput, []string{"fewer than 8 bytes"}, "create", "--url", "https://shop.example.com/hook", "--secret-file", s.path("short"))
	s.refused(t, output.Usage, []string{"no secret is given", "--output-file"}, "create", "--url", "https://shop.example.com/hook")
	s.refused(t, output.Usage, []string{"may be logged"}, "create", "--url", "https://shop.example.com/hook", "--reveal")
	s.refused(t, output.Usage, []string{"no URL"}, "create", "--output-file", s.path("never"))
	s.refused(t, output.Usage, []string{"nothing to change"}, "update", "QvKaGcfACNbRiBjPAMkQ7Q")
	s.refused(t, output.Usage, []string{"at least 1"}, "deliveries", "QvKaGcfACNbRiBjPAMkQ7Q", "--limit", "0")
	if got := s.ok(t, "list", "-o", "json"); got != "[]" {
		t.Errorf("made: %s", got)
	}
	if _, err := os.Lstat(s.path("never")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a secret was written")
	}
	s.env["BTCPAYCTL_WEBHOOK_SECRET"] = "from the environment"
	s.ok(t, "create", "--url", "https://shop.example.com/hook", "--event", "PluginEvent", "--allow-unknown")
}

// A response that is lost leaves one webhook, with the secret that was written.
func TestCreateLostResponse(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := "/api/v1/stores/{storeId}/webhooks"
	fault, err := s.Fault(sandbox.Fault{Method: "POST", Path: path, Executed: true, Drop: true})
	if err != nil {
		t.Fatal(err)
	}
	id := s.ok(t, "create", "--url", "https://shop.example.com/hook", "--output-file", s.path("secret"), "-o", "name")
	if got := s.ok(t, "list", "-o", "name"); got != id || id == "" {
		t.Errorf("made %s, and there is %q", id, got)
	}
	fault.Remove()
	// One that was not created is not found.
	if _, err := s.Fault(sandbox.Fault{Method: "POST", Path: path, Drop: true}); err != nil {
		t.Fatal(err)
	}
	s.refused(t, output.UnknownOutcome, []string{"may have been created", s.path("other")}, "create", "--url", "https://shop.example.com/other", "--output-file", s.path("other"))
	// One that was refused leaves no secret behind.
	if _, err := s.Fault(sandbox.Fault{Method: "POST", Path: path, Status: 422, Body: `[{"path":"Url","message":"Invalid Url"}]`, Header: http.Header{"Content-Type": {"application/json"}}}); err != nil {
		t.Fatal(err)
	}
	s.refused(t, output.Invalid, nil, "create", "--url", "https://shop.example.com/third", "--output-file", s.path("third"))
	if _, err := os.Lstat(s.path("third")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the secret of no webhook is there")
	}
}

// A body that was changed on its way is explained as far as that can be seen.
func TestVerify(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	secret, err := webhook.NewSecret("a secret of the test")
	if err != nil {
		t.Fatal(err)
	}
	body := "{\n  \"type\": \"x\"\n}"
	signature, err := webhook.Sign(secret, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	s.env["BTCPAYCTL_WEBHOOK_SECRET"] = "a secret of the test"
	for _, test := range []struct{ body, signature, text string }{
		{body, signature, ""},
		{body + "\n", signature, "a line break was added"},
		{strings.ReplaceAll(body, "\n", "\r\n"), signature, "line ends"},
		{"\ufeff" + body, signature, "byte order mark"},
		{"", signature, "body is empty"},
		{body, strings.ToUpper(signature), "whole value"},
		{body, strings.TrimPrefix(signature, "sha256="), "whole value"},
		{body, "BTCPay-Sig: " + signature, "--signature " + signature},
		{strings.ReplaceAll(body, "x", "y"), signature, "byte for byte"},
	} {
		r := s.runWith(t, test.body, "verify", "--signature", test.signature)
		if test.text == "" {
			if r.failure != nil || !strings.Contains(r.err, "not an event") {
				t.Errorf("%+v %s", r.failure, r.err)
			}
			continue
		}
		checkRefused(t, r, output.WrongSignature, []string{test.text}, []string{test.body, test.signature})
	}
	s.refused(t, output.Usage, []string{"both"}, "verify", "--signature", signature, "--secret-file", "-")
	s.refused(t, output.Usage, []string{"no signature"}, "verify")
	delete(s.env, "BTCPAYCTL_WEBHOOK_SECRET")
	s.refused(t, output.Usage, []string{"no secret"}, "verify", "--signature", signature)
}
