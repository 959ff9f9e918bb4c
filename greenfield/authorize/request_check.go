package authorize

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const maxName = 200 // bytes; longer names break the page's layout

// Validate refuses what the server would silently drop, so that the user would see
// another request: a malformed or unknown permission, a redirect that is not absolute, an
// identifier without a redirect. It returns a [*client.RequestError] for the first such
// field.
func (r Request) Validate() error {
	for _, check := range []func() error{r.checkPermissions, r.checkStore, r.checkNames, r.checkRedirect} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (r Request) checkPermissions() error {
	for _, given := range r.Permissions {
		p, err := greenfield.ParsePermission(string(given))
		switch {
		case err != nil:
			return client.Refuse("permissions", err.Error()+", and the server would leave it out")
		case p.Scope() != "" && !client.IsID(p.Scope()):
			return client.Refuse("permissions", fmt.Sprintf("%.80q is no store's id", p.Scope()))
		case p.Scope() != "" && p.IsUnrestricted():
			return client.Refuse("permissions", fmt.Sprintf("%s is no limit: such a key makes keys that are unrestricted for everything. "+
				"Ask for btcpay.store.canmodifystoresettings:%s, which is all of one store, or for unrestricted", p, p.Scope()))
		case p.Scope() != "" && p.Kind() != greenfield.StorePermission:
			return client.Refuse("permissions", fmt.Sprintf("%s is not about a store, so it can be for none: ask for %s", p, p.Policy()))
		case !r.knows(p):
			return client.Refuse("permissions", fmt.Sprintf("%s is unknown%s, and the server would leave it out; "+
				"a plugin's permission has to be allowed on purpose", p.Policy(), r.suggestion(p)))
		}
	}
	return nil
}

func (r Request) checkStore() error {
	switch {
	case r.StoreID == "":
		return nil
	case !client.IsID(string(r.StoreID)):
		return client.Refuse("storeId", fmt.Sprintf("%.80q is no store's id", r.StoreID))
	case !r.SelectiveStores:
		return client.Refuse("storeId", "it is for SelectiveStores, with which the person picks a store")
	}
	return nil
}

func (r Request) knows(p greenfield.Permission) bool {
	if r.AllowUnknown {
		return true
	}
	if len(r.Known) == 0 {
		return p.Known()
	}
	return slices.ContainsFunc(r.Known, func(info greenfield.PermissionInfo) bool { return info.Name == p.Policy() })
}

// suggestion returns a hint with the known policy that is most similar to p, or "" if
// none is similar.
func (r Request) suggestion(p greenfield.Permission) string {
	names := greenfield.AllPermissions()
	for _, info := range r.Known {
		names = append(names, info.Name)
	}
	ending := func(p greenfield.Permission) string { return string(p)[strings.LastIndexByte(string(p), '.')+1:] }
	best, least := greenfield.Permission(""), 3
	for _, name := range names {
		if !r.knows(name) {
			continue
		}
		if ending(name) == ending(p.Policy()) {
			best = name
			break
		}
		if d := distance(string(name), string(p.Policy())); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (is %s meant?)", best)
}

// distance counts the bytes to change, insert or delete.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}

func (r Request) checkNames() error {
	for _, named := range []struct{ member, text string }{
		{"applicationName", r.ApplicationName}, {"applicationIdentifier", r.ApplicationIdentifier},
	} {
		switch {
		case len(named.text) > maxName:
			return client.Refuse(named.member, fmt.Sprintf("it has %d bytes, %d are allowed", len(named.text), maxName))
		case !utf8.ValidString(named.text) || strings.ContainsFunc(named.text, misleading):
			return client.Refuse(named.member, "it holds characters that cannot be shown, or that turn the direction of the text")
		case named.text != "" && strings.TrimSpace(named.text) == "":
			return client.Refuse(named.member, "it holds nothing but blanks")
		}
	}
	if r.ApplicationIdentifier != "" && r.Redirect == "" {
		return client.Refuse("applicationIdentifier", "it counts only together with a redirect")
	}
	return nil
}

func misleading(c rune) bool {
	return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
}

func (r Request) checkRedirect() error {
	if r.Redirect == "" {
		return nil
	}
	refuse := func(why string) error {
		return client.Refuse("redirect", fmt.Sprintf("%.200q %s", withoutQuery(r.Redirect), why))
	}
	u, err := url.Parse(r.Redirect)
	switch {
	case err != nil || !utf8.ValidString(r.Redirect) || strings.ContainsFunc(r.Redirect, misleading):
		return refuse("is no address")
	case u.Scheme == "":
		return refuse("is not absolute, and the server would take it for none: begin it with http:// or https://")
	case slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about"}, u.Scheme):
		return refuse("would run or open something in the browser instead of sending the key")
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() == "":
		return refuse("names no host")
	case u.User != nil:
		return refuse("holds a user name or a password, which browsers drop or warn about")
	case u.Fragment != "" || strings.HasSuffix(r.Redirect, "#"):
		return refuse("has a fragment, which is not sent: leave out what follows the #")
	}
	return nil
}

// withoutQuery removes the query, the user name and the password from an address, since
// they may be secret.
func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	if scheme, rest, found := strings.Cut(address, "://"); found {
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			rest = rest[i+1:]
		}
		return scheme + "://" + rest
	}
	return address
}
