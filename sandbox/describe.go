package sandbox

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// describeAPI answers an OpenAPI document of what the sandbox takes: paths, methods, and the permission each wants. The
// real server's has prose and schemas besides.
func (s *Sandbox) describeAPI(w http.ResponseWriter, r *http.Request, _ *caller) {
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
	for _, r := range s.routes.all() {
		if r.realm != greenfieldRealm {
			continue
		}
		o := operation{Security: []security{}, Responses: map[string]any{"200": map[string]string{"description": "OK"}}}
		if r.permission != open {
			wanted := []string{}
			if r.permission != anyone && r.permission != anyKey {
				wanted = append(wanted, r.permission)
			}
			o.Security = append(o.Security, security{"API_Key": wanted})
			if r.permission != anyKey {
				o.Security = append(o.Security, security{"Basic": {}})
			}
		}
		if paths[r.path] == nil {
			paths[r.path] = map[string]operation{}
		}
		paths[r.path][strings.ToLower(r.method)] = o
	}
	aspnet.WriteJSON(w, http.StatusOK, map[string]any{
		"openapi": "3.0.0",
		"info":    map[string]string{"title": "BTCPay Greenfield API", "version": "v1"},
		"paths":   paths,
	})
}
