package greenfield

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/btcpayctl/btcpayctl/client"
)

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

// call sends a request, makes the errors of this API typed, and returns the answer where
// the checks accept it.
func call[T any](ctx context.Context, c *Client, r client.Request, checks ...func(T) error) (T, error) {
	answer, _, err := callSized(ctx, c, r, checks...)
	if err != nil {
		return *new(T), err
	}
	return answer, nil
}

// callSized is call that also tells the size of the answer in bytes. It returns an answer
// that a check refused together with the error.
func callSized[T any](ctx context.Context, c *Client, r client.Request, checks ...func(T) error) (T, int, error) {
	var answer T
	var into any = &answer
	if _, ok := into.(*client.Nothing); ok {
		into = nil
	}
	response, err := c.http.Decode(ctx, r, into)
	if err != nil {
		return *new(T), 0, explain(r, err)
	}
	for _, check := range checks {
		if why := check(answer); why != nil {
			return answer, len(response.Body), response.Unusable(why)
		}
	}
	return answer, len(response.Body), nil
}

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`) })

// checkID refuses what no server hands out before it enters a path.
func checkID(what, id string) error {
	if !idPattern().MatchString(id) {
		return &RequestError{Member: what, Reason: fmt.Sprintf("%.80q has to be 1 to 64 letters, digits, - or _", id)}
	}
	return nil
}
