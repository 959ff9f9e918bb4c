package misc

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// describe answers an OpenAPI document of the sandbox's routes: paths, methods and permissions. The real server's also has
// prose and schemas.
func describe(w http.ResponseWriter, r *serve.Request) {
	if r.Method == http.MethodHead {
		w.Header()["Content-Type"] = aspnet.JSONUTF8
		w.WriteHeader(http.StatusOK)
		return
	}
	type security map[string][]string
	type operation struct {
		Security  []security     `json:"security"`
		Responses map[string]any `json:"responses"`
	}
	paths := map[string]map[string]operation{}
	for _, route := range r.Routes() {
		if route.Realm != serve.GreenfieldRealm {
			continue
		}
		o := operation{Security: []security{}, Responses: map[string]any{"200": map[string]string{"description": "OK"}}}
		if route.Permission != serve.Open {
			wanted := []string{}
			if route.Permission != serve.Anyone && route.Permission != serve.AnyKey {
				wanted = append(wanted, route.Permission)
			}
			o.Security = append(o.Security, security{"API_Key": wanted})
			if route.Permission != serve.AnyKey {
				o.Security = append(o.Security, security{"Basic": {}})
			}
		}
		if paths[route.Path] == nil {
			paths[route.Path] = map[string]operation{}
		}
		paths[route.Path][strings.ToLower(route.Method)] = o
	}
	aspnet.WriteJSON(w, http.StatusOK, map[string]any{
		"openapi": "3.0.0",
		"info":    map[string]string{"title": "BTCPay Greenfield API", "version": "v1"},
		"paths":   paths,
	})
}
