package greenfield

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// AuthorizeRequest is what a person is asked on a server's consent page. All
// members may be left out; without permissions the key can only prove whose it
// is.
//
// What is granted may differ from what was asked: see
// [AuthorizeRequest.Warnings] before, and [Client.Prove] afterwards.
type AuthorizeRequest struct {
	// Permissions are asked for in this order.
	Permissions []Permission
	// ApplicationName is shown to the person, who may change it: it becomes the
	// key's label.
	ApplicationName string
	// Redirect is where the browser posts the key, usually
	// [CallbackListener.URL]. Without it the server shows the key, to be copied.
	Redirect string
	// ApplicationIdentifier lets the server offer the same key again when the
	// same person is asked again with exactly the same Redirect and with
	// permissions that the key has.
	ApplicationIdentifier string
	// Strict is true on the server if nil: the person takes all or nothing.
	// With false the person may add permissions, and what the person's role
	// does not allow is left out; nothing else that was asked for can be taken
	// away.
	Strict *bool
	// SelectiveStores lets the person pick exactly one store for the store
	// permissions that name none. Without it they hold for every store of the
	// person, and a store that a permission names is passed over. Servers before
	// 2.3.6 let a store be picked even where every permission names one, and make
	// a useless key of it: see [Client.NamesStores].
	SelectiveStores bool

	// The rest is not sent.

	// StoreID is the store that the person has to pick, where SelectiveStores
	// lets them pick: [AuthorizeRequest.Compare] expects it. Empty leaves the
	// choice to the person. See [AuthorizeRequest.PickStore].
	StoreID StoreID
	// AllowUnknown lets policies through that BTCPay Server 2.4.1 does not have
	// by itself, such as those of plugins. A server without them drops them.
	AllowUnknown bool
	// Known is the server's own list, from [PermissionService.List]. Where it is
	// given, it decides what is unknown.
	Known []PermissionInfo
}

// AuthorizeURL returns the address of the consent page on this client's server,
// after [AuthorizeRequest.Validate]. It needs no credential.
func (c *Client) AuthorizeURL(r AuthorizeRequest) (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	page, err := c.http.URL([]string{"api-keys", "authorize"}, nil)
	if err != nil {
		return "", err
	}
	if query := r.query(); query != "" {
		page += "?" + query
	}
	return page, nil
}

// URL is [Client.AuthorizeURL] without a client, for a server's address as
// [New] takes it.
func (r AuthorizeRequest) URL(server string, options ...client.Option) (string, error) {
	c, err := New(server, nil, options...)
	if err != nil {
		return "", err
	}
	return c.AuthorizeURL(r)
}

// query writes the parameters in a fixed order, so that the same request is the
// same address, and those that have their default not at all.
func (r AuthorizeRequest) query() string {
	var parameters []string
	add := func(name, value string) {
		if value != "" {
			parameters = append(parameters, name+"="+escapeParameter(value))
		}
	}
	for _, p := range r.asked() {
		add("permissions", string(p))
	}
	add("applicationName", r.ApplicationName)
	add("redirect", r.Redirect)
	add("applicationIdentifier", r.ApplicationIdentifier)
	if r.Strict != nil {
		add("strict", strconv.FormatBool(*r.Strict))
	}
	if r.SelectiveStores {
		add("selectiveStores", "true")
	}
	return strings.Join(parameters, "&")
}

// asked are the permissions in the server's form, each once.
func (r AuthorizeRequest) asked() []Permission {
	var list []Permission
	seen := map[Permission]bool{}
	for _, given := range r.Permissions {
		p, err := ParsePermission(string(given))
		if err == nil && !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list
}

// escapeParameter leaves a colon and a slash as they are, which a query may
// hold, so that a redirect stays readable.
func escapeParameter(value string) string {
	return plainAgain.Replace(url.QueryEscape(value))
}

var plainAgain = strings.NewReplacer("+", "%20", "%3A", ":", "%2F", "/")
