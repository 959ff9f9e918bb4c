package notifications

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// kind is something that a user may switch off.
type kind struct{ identifier, name string }

// kinds returns what a release lists.
func kinds(rel release.Release) []kind {
	plugins := kind{"pluginupdate", "Plugin update"}
	list := []kind{{"newversion", "New version"}, {"newuserrequiresapproval", "New user requires approval"}}
	if rel.NotifiesInvitations() {
		list = append(list, kind{"inviteaccepted", "User accepted invitation"})
	}
	if !rel.ListsPluginUpdatesLast() {
		list = append(list, plugins)
	}
	list = append(list, kind{invoiceType, "All invoice updates"})
	for _, e := range invoiceEvents {
		list = append(list, kind{invoiceType + "_invoice_" + string(e.event), "Invoice " + e.text})
	}
	list = append(list, kind{payoutType, "Payouts"}, kind{"external-payout-transaction", "External payout approval"})
	if rel.ListsPluginUpdatesLast() {
		list = append(list, plugins)
	}
	return list
}

type settingsData struct {
	Notifications []settingData `json:"notifications"`
}

type settingData struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
	Enabled    bool   `json:"enabled"`
}

func readSettings(w http.ResponseWriter, r *serve.Request) {
	off := r.User.NoNotifications
	data := settingsData{}
	for _, k := range kinds(r.Release) {
		disabled := slices.Contains(off, world.AllNotifications) || slices.ContainsFunc(off, func(id string) bool { return strings.EqualFold(id, k.identifier) })
		data.Notifications = append(data.Notifications, settingData{k.identifier, k.name, !disabled})
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// updateSettings replaces what is switched off. Names that the server does not know are left out. It crashes without a list
// (recording 27-notifications).
func updateSettings(w http.ResponseWriter, r *serve.Request) {
	var disabled []*string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdateNotificationSettingsRequest", true, func(m *aspnet.Model) {
		m.SetTextList("disabled", &disabled)
	}) {
		return
	}
	if disabled == nil {
		aspnet.WriteCrash(w)
		return
	}
	named := func(identifier string) bool {
		return slices.ContainsFunc(disabled, func(id *string) bool { return id != nil && *id == identifier })
	}
	r.User.NoNotifications = nil
	if named(world.AllNotifications) {
		r.User.NoNotifications = []string{world.AllNotifications}
	} else {
		for _, k := range kinds(r.Release) {
			if named(k.identifier) {
				r.User.NoNotifications = append(r.User.NoNotifications, k.identifier)
			}
		}
	}
	readSettings(w, r)
}
