package sandbox

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

var routes = []serve.Route{
	// What the server knows of itself, for programs and people.
	{Method: "GET", Path: "/misc/permissions", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: listPermissions},
	{Method: "GET", Path: "/misc/lang", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: listLanguages},
	{Method: "GET", Path: "/misc/rate-sources", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: listRateSources},
	{Method: "GET", Path: "/swagger/v1/swagger.json", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: describeAPI},
	{Method: "HEAD", Path: "/swagger/v1/swagger.json", Realm: serve.EitherRealm, Permission: serve.Anyone, Handler: describeAPI},
}
