// Package greenfield holds what the areas of the Greenfield API share. Each area is a package below it, with a table of its
// routes.
package greenfield

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Route returns a route of the API. Every method but GET mutates.
func Route(method, path, permission string, h serve.Handler) serve.Route {
	return serve.Route{Method: method, Path: "/api/v1" + path, Realm: serve.GreenfieldRealm, Permission: permission, Mutates: method != "GET", Handler: h}
}

// InStore returns a route whose path is below a store.
func InStore(method, path, permission string, h serve.Handler) serve.Route {
	return Route(method, "/stores/{storeId}"+path, permission, h)
}

// StoreOptional returns a route whose path is below a store, and since 2.4 also exists without the store.
func StoreOptional(method, path, permission string, h serve.Handler) serve.Route {
	r := InStore(method, path, permission, h)
	r.Storeless = true
	return r
}

// Since restricts a route to releases since one.
func Since(major, minor, patch int, r serve.Route) serve.Route {
	return serve.In(func(rel release.Release) bool { return rel.Since(major, minor, patch) }, r)
}

// Listing makes a route answer with an empty list, in older releases, if the permission is missing.
func Listing(r serve.Route) serve.Route {
	r.Lists = true
	return r
}

// Unscoped makes a route need the permission for all stores.
func Unscoped(r serve.Route) serve.Route {
	r.Unscoped = true
	return r
}

// User returns the user that the path names by id or e-mail. If it returns nil, it answered 404.
func User(w http.ResponseWriter, r *serve.Request) *world.User {
	u := r.State.FindUserBy(r.PathValue("idOrEmail"))
	if u == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "user-not-found", "The user was not found")
	}
	return u
}

// PlausibleEmail reports whether the server takes a text as the address of an e-mail.
func PlausibleEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	return found && local != "" && domain != "" && !strings.ContainsAny(text, " \t\r\n<>,;") && !strings.Contains(domain, "@")
}
