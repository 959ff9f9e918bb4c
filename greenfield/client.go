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
// use. Nothing is sent yet.
func New(server string, credential client.Credential, options ...client.Option) (*Client, error) {
	connection, err := client.New(server, options...)
	if err != nil {
		return nil, err
	}
	return newClient(connection, credential)
}

func newClient(connection *client.Client, credential client.Credential) (*Client, error) {
	c := &Client{}
	options := []client.Option{client.WithCredential(credential)}
	switch credential := credential.(type) {
	case APIKey:
		c.key = credential
		options = append(options, client.WithSecrets(credential.secret))
	case Basic:
		c.basic = true
		options = append(options, client.WithSecrets(credential.password))
	}
	var err error
	if c.http, err = connection.With(options...); err != nil {
		return nil, err
	}
	c.APIKeys, c.Invoices, c.Permissions = &APIKeyService{c}, &InvoiceService{c}, &PermissionService{c}
	c.Server, c.Stores, c.Users = &ServerService{c}, &StoreService{c}, &UserService{c}
	return c, nil
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
