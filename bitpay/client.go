package bitpay

import (
	"context"
	"fmt"
	"net/url"
	"regexp"

	"github.com/btcpayctl/btcpayctl/client"
)

// Client talks to the BitPay-compatible API of one BTCPay Server for one
// store: that of its credential.
type Client struct {
	Invoices *InvoiceService
	Rates    *RateService

	http *client.Client
	// At most one of the two is set, by the kind of credential.
	identity  *Identity
	anonymous *Anonymous
}

// New makes a client. The credential is an [*Identity], a [LegacyKey], an
// [Anonymous], or nil for none. Nothing is sent yet.
func New(server string, credential client.Credential, options ...client.Option) (*Client, error) {
	c := &Client{}
	switch credential := credential.(type) {
	case *Identity:
		c.identity = credential
	case Anonymous:
		if err := checkID("store id", credential.StoreID); err != nil {
			return nil, err
		}
		c.anonymous = &credential
	}
	connection, err := client.New(server, options...)
	if err != nil {
		return nil, err
	}
	if c.http, err = connection.With(client.WithCredential(credential)); err != nil {
		return nil, err
	}
	c.Invoices, c.Rates = &InvoiceService{c}, &RateService{c}
	return c, nil
}

// CloseIdleConnections closes connections that are kept for the next request.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// call sends a request and makes the errors of this API typed.
func call[T any](ctx context.Context, c *Client, r client.Request) (T, error) {
	answer, err := client.Call[T](ctx, c.http, r)
	if err != nil {
		err = c.explain(ctx, err)
	}
	return answer, err
}

// envelope is what most answers of this API come in.
type envelope[T any] struct {
	Data T `json:"data"`
}

// storeQuery names the store of a client without a key.
func (c *Client) storeQuery() url.Values {
	query := url.Values{}
	if c.anonymous != nil {
		query.Set("storeId", c.anonymous.StoreID)
	}
	return query
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// checkID refuses what no server hands out before it enters a path or a query.
func checkID(what, id string) error {
	if !idPattern.MatchString(id) {
		return &RequestError{Member: what, Reason: fmt.Sprintf("%.80q has to be 1 to 64 letters, digits, - or _", id)}
	}
	return nil
}
