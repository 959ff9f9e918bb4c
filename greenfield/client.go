package greenfield

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/client"
)

// Client calls the Greenfield API of one BTCPay Server. Several goroutines may use it at
// the same time.
type Client struct {
	APIKeys     *APIKeyService
	Invoices    *InvoiceService
	Permissions *PermissionService
	Server      *ServerService
	Stores      *StoreService
	Users       *UserService
	Webhooks    *WebhookService

	http *client.Client
	// key is the credential if it is an API key, else zero.
	key APIKey
	// basic is set if the credential is an account's password.
	basic bool
}

// New creates a client. The credential is an [APIKey], a [Basic], or nil for none.
// Without a credential, only [ServerService.Health] and package authorize are useful. New
// sends nothing. For many credentials on one server, see [From].
func New(server string, credential Credential, options ...client.Option) (*Client, error) {
	connection, err := client.New(server, options...)
	if err != nil {
		return nil, err
	}
	return From(connection, credential), nil
}

// From creates a client of this API on a connection. Any number of clients of both APIs,
// each with its own credential, may share one connection; they open no others. A
// credential of the connection itself is not used.
//
//	conn, err := client.New("https://btcpay.example.com")
//	...
//	shop := greenfield.From(conn, key)
//	till := bitpay.From(conn, identity)
func From(connection *client.Client, credential Credential) *Client {
	c := &Client{}
	own, secret := unseal(credential)
	switch own := own.(type) {
	case APIKey:
		c.key = own
	case Basic:
		c.basic = true
	}
	c.http = connection.As(own, secret)
	c.APIKeys, c.Invoices, c.Permissions = &APIKeyService{c}, &InvoiceService{c}, &PermissionService{c}
	c.Server, c.Stores, c.Users, c.Webhooks = &ServerService{c}, &StoreService{c}, &UserService{c}, &WebhookService{c}
	return c
}

// Address returns the server's address, with its path prefix and without a trailing
// slash.
func (c *Client) Address() string { return c.http.Server() }

// CloseIdleConnections closes the connections that are kept open for later requests.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// WithoutCredential returns an [http.Client] for what this package does not do, such as
// package doorbell. See [client.Client.WithoutCredential].
func (c *Client) WithoutCredential() *http.Client { return c.http.WithoutCredential() }
