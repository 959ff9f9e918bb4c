package greenfield

import "github.com/btcpayctl/btcpayctl/client"

// Client talks to the Greenfield API of one BTCPay Server. It may be used by
// several goroutines.
type Client struct {
	APIKeys     *APIKeyService
	Invoices    *InvoiceService
	Permissions *PermissionService
	Server      *ServerService
	Stores      *StoreService
	Users       *UserService

	http *client.Client
	// key is the credential where it is an API key, else zero.
	key APIKey
	// basic is set where the credential is an account's password.
	basic bool
}

// New makes a client. The credential is an [APIKey], a [Basic], or nil for
// none, with which only [ServerService.Health] and [Client.AuthorizeURL] are of
// use. Nothing is sent yet. For many credentials on one server, see [From].
func New(server string, credential Credential, options ...client.Option) (*Client, error) {
	connection, err := client.New(server, options...)
	if err != nil {
		return nil, err
	}
	return From(connection, credential), nil
}

// From makes a client of this API on a connection, which any number of clients may share,
// of both APIs and with as many credentials: they have no further connections. A
// credential that the connection itself has is not used.
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
	c.Server, c.Stores, c.Users = &ServerService{c}, &StoreService{c}, &UserService{c}
	return c
}

// Address returns the server's address with its path prefix and without a
// trailing slash.
func (c *Client) Address() string { return c.http.Server() }

// CloseIdleConnections closes connections that are kept for the next request.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }
