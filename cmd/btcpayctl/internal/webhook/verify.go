package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// An eventRecord is an event as commands print it.
type eventRecord struct {
	Type string `json:"type"`
	// Time is when the event happened, by the server's clock.
	Time               *time.Time `json:"time"`
	StoreID            string     `json:"storeId"`
	InvoiceID          string     `json:"invoiceId"`
	OrderID            string     `json:"orderId"`
	WebhookID          string     `json:"webhookId"`
	DeliveryID         string     `json:"deliveryId"`
	OriginalDeliveryID string     `json:"originalDeliveryId"`
	IsRedelivery       bool       `json:"isRedelivery"`
	IsTest             bool       `json:"isTest"`
}

func eventRecordOf(e webhook.Event) eventRecord {
	return eventRecord{
		Type: string(e.Type), Time: new(e.Timestamp), StoreID: e.StoreID, InvoiceID: e.InvoiceID, OrderID: e.Invoice.OrderID(), WebhookID: e.WebhookID,
		DeliveryID: e.DeliveryID, OriginalDeliveryID: e.OriginalDeliveryID, IsRedelivery: e.IsRedelivery, IsTest: e.IsTest(),
	}
}

// verifiedRecord is an event whose signature is valid.
type verifiedRecord struct {
	Valid bool `json:"valid"` // always true: a failure prints no record
	// Secret is which of the given secrets it was, from 1 on.
	Secret int `json:"secret"`
	eventRecord
}

var verifiedView = output.View[verifiedRecord]{
	Columns: []output.Column[verifiedRecord]{
		{Title: "VALID", Value: func(r verifiedRecord) string { return cli.YesNo(r.Valid) }},
		{Title: "SECRET", Value: func(r verifiedRecord) string { return fmt.Sprint(r.Secret) }},
		{Title: "TYPE", Value: func(r verifiedRecord) string { return cli.Dash(r.Type) }},
		{Title: "INVOICE", Fit: output.FitMiddle, Value: func(r verifiedRecord) string { return cli.Dash(r.InvoiceID) }},
		{Title: "ORDER", Fit: output.FitWords, Value: func(r verifiedRecord) string { return cli.Dash(r.OrderID) }},
		{Title: "DELIVERY", Fit: output.FitMiddle, Value: func(r verifiedRecord) string { return cli.Dash(r.DeliveryID) }},
	},
	Name: func(r verifiedRecord) string { return r.Type },
}

type verifyCommand struct {
	app       *app.App
	signature string
	secrets   []string
}

func newVerify(a *app.App) *cobra.Command {
	c := &verifyCommand{app: a}
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Verify the signature of a delivery",
		Long: `Verify the signature of a delivery over the bytes of FILE or standard input, which must
be the body exactly as it arrived. --signature is the value of its header BTCPay-Sig.

The secret comes from --secret-file, which may be repeated while a secret is replaced,
or from BTCPAYCTL_WEBHOOK_SECRET. No server is asked. The exit code is 0 if the
signature is valid and 10 if not.`,
		Example: `  btcpayctl webhook verify body.json --signature "$signature" --secret-file webhook.secret`,
		Args:    cli.Arguments(0, 1),
		RunE:    c.run,
	}
	cmd.Flags().StringVar(&c.signature, "signature", "", "`value` of the header "+webhook.SignatureHeader+", such as sha256=…")
	cmd.Flags().StringArrayVar(&c.secrets, "secret-file", nil, "`file` with the secret; - is standard input; may be repeated")
	cli.Shows(cmd, verifiedView)
	return cmd
}

func (c *verifyCommand) run(cmd *cobra.Command, args []string) error {
	p, err := cli.Printer(c.app, cmd)
	if err != nil {
		return err
	}
	if c.signature == "" {
		return &output.Error{Code: output.Usage, What: "no signature is given", Next: "--signature \"$signature\", with the value of the header " + webhook.SignatureHeader}
	}
	if slices.Contains(c.secrets, "-") && (len(args) == 0 || args[0] == "-") {
		return &output.Error{Code: output.Usage, What: "standard input cannot be both the body and the secret", Next: "give a file for one of them"}
	}
	secrets, err := c.readSecrets()
	if err != nil {
		return err
	}
	body, err := c.body(args)
	if err != nil {
		return err
	}
	which, err := verifyBody(secrets, c.signature, body)
	if err != nil {
		return err
	}
	r := verifiedRecord{Valid: true, Secret: which}
	event, err := webhook.Parse(body)
	if err != nil {
		fmt.Fprintln(c.app.Err, "Note: the signature is valid, but the body is not an event:", output.VisibleLine(err.Error()))
	} else {
		r.eventRecord = eventRecordOf(event)
	}
	fmt.Fprintln(c.app.Err, "The signature is valid.")
	return output.One(p, verifiedView, r)
}

func (c *verifyCommand) readSecrets() ([]webhook.Secret, error) {
	var all []webhook.Secret
	for _, file := range c.secrets {
		secret, err := readSecret(c.app, file)
		if err != nil {
			return nil, err
		}
		all = append(all, secret.sign)
	}
	if len(all) > 0 {
		return all, nil
	}
	secret, set, err := environmentSecret(c.app)
	if err != nil || set {
		return []webhook.Secret{secret.sign}, err
	}
	return nil, &output.Error{Code: output.Usage, What: "no secret is given", Next: "--secret-file webhook.secret, or export " + app.WebhookSecretVariable + "=SECRET"}
}

func (c *verifyCommand) body(args []string) ([]byte, error) {
	source, shown := c.app.In, "standard input"
	if len(args) == 1 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, &output.Error{Code: output.BadInput, What: "the body cannot be read", Why: err.Error(), Next: "check the name of the file", Err: err}
		}
		defer file.Close()
		source, shown = file, args[0]
	}
	body, err := io.ReadAll(io.LimitReader(source, webhook.MaxBody+1))
	if err == nil && len(body) > webhook.MaxBody {
		err = fmt.Errorf("it has more than %d bytes", webhook.MaxBody)
	}
	if err != nil {
		return nil, &output.Error{Code: output.BadInput, What: "the body cannot be read from " + shown, Why: err.Error(), Next: "btcpayctl webhook verify --help", Err: err}
	}
	return body, nil
}

// verifyBody returns which of the secrets signed a body, from 1 on.
func verifyBody(secrets []webhook.Secret, signature string, body []byte) (int, error) {
	var err error
	for i, secret := range secrets {
		if err = webhook.VerifySignature([]webhook.Secret{secret}, signature, body); err == nil {
			return i + 1, nil
		}
	}
	e := &output.Error{Code: output.WrongSignature, What: err.Error(), Err: err,
		Next: "check that this is the body as it arrived, byte for byte, and the secret of the webhook that delivered it"}
	switch bare := strings.TrimSpace(signature); {
	case len(body) == 0:
		e.Why = "The body is empty."
	case isMalformed(secrets, signature, body):
		e.Next = "give the whole value of the header, as it arrived: sha256= and 64 digits"
		if value, found := strings.CutPrefix(bare, webhook.SignatureHeader+":"); found && !isMalformed(secrets, strings.TrimSpace(value), body) {
			e.Next = "--signature " + app.ShellWord(strings.TrimSpace(value))
		}
	default:
		e.Why = changedBody(secrets, signature, body)
	}
	return 0, e
}

// isMalformed reports whether a signature cannot belong to any body.
func isMalformed(secrets []webhook.Secret, signature string, body []byte) bool {
	err := webhook.VerifySignature(secrets, signature, body)
	return err != nil && errors.Is(err, webhook.ErrSignature) && strings.Contains(err.Error(), "is not sha256=")
}

// changedBody says what editors and shells did to a body, if the signature fits without it.
func changedBody(secrets []webhook.Secret, signature string, body []byte) string {
	for _, was := range []struct {
		body []byte
		what string
	}{
		{bytes.TrimSuffix(body, []byte("\n")), "a line break was added at the end"},
		{bytes.TrimSuffix(body, []byte("\r\n")), "a line break was added at the end"},
		{append(slices.Clone(body), '\n'), "the line break at the end was removed"},
		{bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), "its line ends were changed to those of Windows"},
		{bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")), "its line ends were changed from those of Windows"},
		{bytes.TrimPrefix(body, []byte("\ufeff")), "a byte order mark was added"},
	} {
		if webhook.VerifySignature(secrets, signature, was.body) == nil {
			return "The body was changed after it arrived: " + was.what + "."
		}
	}
	return ""
}
