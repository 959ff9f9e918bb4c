package authorize

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// Request is what a server's consent page asks the user for. All fields are
// optional. A key without permissions can only prove who its owner is.
//
// The grant may differ from the request: see [Request.Warnings] before, and
// [Prove] afterwards.
type Request struct {
	// Permissions are requested in this order.
	Permissions []greenfield.Permission
	// ApplicationName is shown to the user, who may change it. It becomes the key's
	// label.
	ApplicationName string
	// Redirect is the address to which the browser posts the key, usually
	// [Listener.URL]. If it is empty, the server shows the key, and the user
	// copies it.
	Redirect string
	// ApplicationIdentifier lets the server offer an existing key again. It does so if
	// the same user gets a request with exactly the same Redirect and with permissions
	// that the key has.
	ApplicationIdentifier string
	// Strict is true on the server if nil: the user grants everything or nothing. If
	// false, the user may add permissions, and the server leaves out what the user's role
	// does not allow. The user cannot remove other requested permissions.
	Strict *bool
	// SelectiveStores lets the user pick exactly one store for the store permissions that
	// name none. If false, they apply to every store of the user, and the server ignores
	// a store that a permission names. Servers before 2.3.6 let the user pick a store
	// even if every permission names one, and then create a useless key: see
	// [NamesStores].
	SelectiveStores bool

	// StoreID is the store that the user has to pick if SelectiveStores is set:
	// [Request.Compare] expects it. If it is empty, the user may pick any store. It is not
	// sent. See [Request.PickStore].
	StoreID greenfield.StoreID
	// AllowUnknown accepts policies that BTCPay Server 2.4.1 itself does not have, such
	// as those of plugins. A server that does not know them drops them.
	AllowUnknown bool
	// Known is the server's own list, from [greenfield.PermissionService.List]. If it is set, it
	// decides which policies are unknown.
	Known []greenfield.PermissionInfo
}

// URL returns the address of the consent page for a request. It first calls
// [Request.Validate]. It uses only the client's server and sends nothing, so the client
// needs no credential.
func URL(c *greenfield.Client, r Request) (string, error) { return r.page(c.Address()) }

// URL is like the function [URL], but needs no client. It takes a server's address as
// [greenfield.New] does.
func (r Request) URL(server string, options ...client.Option) (string, error) {
	c, err := greenfield.New(server, nil, options...)
	if err != nil {
		return "", err
	}
	return URL(c, r)
}

func (r Request) page(server string) (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	page := server + "/api-keys/authorize"
	if query := r.query(); query != "" {
		page += "?" + query
	}
	return page, nil
}

// query writes the parameters in a fixed order, so that the same request always has the
// same address. It leaves out parameters that have their default value.
func (r Request) query() string {
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

// asked returns the requested permissions in the server's form, without duplicates.
func (r Request) asked() []greenfield.Permission {
	var list []greenfield.Permission
	seen := map[greenfield.Permission]bool{}
	for _, given := range r.Permissions {
		p, err := greenfield.ParsePermission(string(given))
		if err == nil && !seen[p] {
			seen[p] = true
			list = append(list, p)
		}
	}
	return list
}

// escapeParameter does not escape colons and slashes, which a query may contain, so that
// a redirect stays readable.
func escapeParameter(value string) string {
	return plainAgain.Replace(url.QueryEscape(value))
}

var plainAgain = strings.NewReplacer("+", "%20", "%3A", ":", "%2F", "/")
