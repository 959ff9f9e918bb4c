package misc

import (
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/language"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// permissionData is a permission with all permissions that it includes.
type permissionData struct {
	Name     string   `json:"name"`
	Included []string `json:"included"`
}

func listPermissions(w http.ResponseWriter, r *serve.Request) {
	all := slices.Sorted(slices.Values(r.Release.Permissions))
	list := make([]permissionData, len(all))
	for i, held := range all {
		list[i] = permissionData{held, []string{}}
		for _, asked := range all {
			if asked != held && world.Includes(held, asked) && r.Release.ListsInclusion(held, asked) {
				list[i].Included = append(list[i].Included, asked)
			}
		}
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

func listLanguages(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, language.All)
}

func listRateSources(w http.ResponseWriter, _ *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, money.Exchanges)
}
