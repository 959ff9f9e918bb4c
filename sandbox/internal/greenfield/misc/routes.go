// Package misc is what the server reports of itself, to programs and to people: permissions, languages, rate sources and the
// description of the API.
package misc

import "github.com/btcpayctl/btcpayctl/sandbox/internal/serve"

// Routes returns the routes of the area.
func Routes() []serve.Route {
	return []serve.Route{
		{Realm: serve.EitherRealm, Permission: serve.Anyone, Method: "GET", Path: "/misc/permissions", Handler: listPermissions},
		{Realm: serve.EitherRealm, Permission: serve.Anyone, Method: "GET", Path: "/misc/lang", Handler: listLanguages},
		{Realm: serve.EitherRealm, Permission: serve.Anyone, Method: "GET", Path: "/misc/rate-sources", Handler: listRateSources},
		{Realm: serve.EitherRealm, Permission: serve.Anyone, Method: "GET", Path: "/swagger/v1/swagger.json", Handler: describe},
		{Realm: serve.EitherRealm, Permission: serve.Anyone, Method: "HEAD", Path: "/swagger/v1/swagger.json", Handler: describe},
	}
}
