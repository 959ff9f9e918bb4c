package bitpay

import (
	"net/http"
	"net/url"

	"github.com/btcpayctl/btcpayctl/client"
)

// Client calls the BitPay-compatible API of one BTCPay Server for one store: the store of
// its credential.
type Client struct {
	Invoices *InvoiceService
	Rates    *RateService

	http *client.Client
	// At most one of the two is set, depending on the kind of credential.
	identity  bitID
	anonymous *Anonymous
	legacy    bool // the credential is a LegacyKey
	bare      bool // there is no credential
}

// New makes a client. The credential is an [*Identity], a [*RemoteIdentity], a
// [LegacyKey], an [Anonymous], or nil for none. No credential is needed for
// [RateService.Public] and [Client.ApproveURL]. New sends nothing to the server. To use
// many credentials on one server, see [From].
func New(server string, credential Credential, options ...client.Option) (*Client, error) {
	if credential = plain(credential); credential != nil {
		if err := credential.check(); err != nil {
			return nil, err
		}
	}
	connection, err := client.New(server, options...)
	if err != nil {
		return nil, err
	}
	return From(connection, credential), nil
}

// From makes a client of this API on an existing connection. Any number of clients, of
// both APIs and each with its own credential, can share a connection; they open no further
// ones. The client does not use the credential of the connection itself. If its credential
// is unusable, such as a nil [*Identity], each call returns the error that [New] would
// have returned.
//
//	conn, err := client.New("https://btcpay.example.com")
//	...
//	till := bitpay.From(conn, identity)
//	shop := greenfield.From(conn, key)
func From(connection *client.Client, credential Credential) *Client {
	credential = plain(credential)
	c := &Client{bare: credential == nil}
	var own client.Credential
	var secrets []client.Secret
	if credential != nil {
		own, secrets = credential.sealed(c)
	}
	c.http = connection.As(own, secrets...)
	c.Invoices, c.Rates = &InvoiceService{c}, &RateService{c}
	return c
}

// Address returns the server's address, with its path prefix and without a trailing
// slash.
func (c *Client) Address() string { return c.http.Server() }

// WithoutCredential returns an [http.Client] for what this package does not do, such as
// package doorbell. See [client.Client.WithoutCredential].
func (c *Client) WithoutCredential() *http.Client { return c.http.WithoutCredential() }

// CloseIdleConnections closes the connections that are kept open for later requests.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// needCredential returns [ErrNoCredential] if the client has none.
func (c *Client) needCredential() error {
	if c.bare {
		return ErrNoCredential
	}
	return nil
}

// storeQuery names the store if the client has no key.
func (c *Client) storeQuery() url.Values {
	query := url.Values{}
	if c.anonymous != nil {
		query.Set("storeId", string(c.anonymous.StoreID))
	}
	return query
}
