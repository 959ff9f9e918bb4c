package bitpay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"sync"

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
	bare      bool // there is no credential at all
}

// New makes a client. The credential is an [*Identity], a [LegacyKey], an
// [Anonymous], or nil for none, which is enough for [RateService.Public] and
// [Client.ApproveURL]. Nothing is sent yet.
func New(server string, credential client.Credential, options ...client.Option) (*Client, error) {
	c := &Client{bare: credential == nil}
	switch credential := credential.(type) {
	case *Identity:
		if credential == nil {
			return nil, ErrNoIdentity
		}
		c.identity = credential
	case LegacyKey:
		if credential.key.IsZero() {
			return nil, ErrLegacyKey
		}
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

// call sends a request, makes the errors of this API typed, and takes the answer out
// of its envelope. An answer without data is refused: its zero values would pass for an
// invoice without a price, or for a key that is not paired.
func call[T any](ctx context.Context, c *Client, r client.Request) (T, *client.Response, error) {
	var envelope struct {
		Data *T `json:"data"`
	}
	response, err := c.http.Decode(ctx, r, &envelope)
	switch {
	case err != nil:
		return *new(T), nil, c.explain(ctx, r, err)
	case envelope.Data == nil:
		return *new(T), nil, r.Unusable(response.Status, errNoData)
	}
	return *envelope.Data, response, nil
}

var errNoData = errors.New(`it has no "data"`)

// storeQuery names the store of a client without a key.
func (c *Client) storeQuery() url.Values {
	query := url.Values{}
	if c.anonymous != nil {
		query.Set("storeId", c.anonymous.StoreID)
	}
	return query
}

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`) })

// checkID refuses what no server hands out before it enters a path or a query.
func checkID(what, id string) error {
	if !idPattern().MatchString(id) {
		return &RequestError{Member: what, Reason: fmt.Sprintf("%.80q has to be 1 to 64 letters, digits, - or _", id)}
	}
	return nil
}
