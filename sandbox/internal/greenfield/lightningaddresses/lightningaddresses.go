// Package lightningaddresses is the area of the names at which stores would receive Lightning payments.
package lightningaddresses

import (
	"encoding/json"
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	const all, one = "/lightning-addresses", "/lightning-addresses/{username}"
	return []serve.Route{
		greenfield.InStore("GET", all, world.ViewStoreSettings, list),
		greenfield.InStore("GET", one, world.ViewStoreSettings, read),
		greenfield.InStore("POST", one, world.ModifyStoreSettings, set),
		greenfield.InStore("DELETE", one, world.ModifyStoreSettings, remove),
	}
}

type addressData struct {
	Username        string          `json:"username"`
	CurrencyCode    *string         `json:"currencyCode"`
	Min             *money.Number   `json:"min"`
	Max             *money.Number   `json:"max"`
	InvoiceMetadata json.RawMessage `json:"invoiceMetadata"`
}

func show(a *world.LightningAddress) addressData {
	return addressData{a.Username, a.CurrencyCode, number(a.Min), number(a.Max), a.Metadata}
}

func number(d *money.Decimal) *money.Number {
	if d == nil {
		return nil
	}
	return new(d.Number())
}

func list(w http.ResponseWriter, r *serve.Request) {
	shown := []addressData{}
	for _, a := range r.State.LightningAddressesOf(r.Store().ID) {
		shown = append(shown, show(a))
	}
	aspnet.WriteJSON(w, http.StatusOK, shown)
}

func writeNotFound(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "lightning-address-not-found", "The lightning address was not present.")
}

func read(w http.ResponseWriter, r *serve.Request) {
	a := r.State.FindLightningAddress(r.PathValue("username"))
	if a == nil || a.StoreID != r.Store().ID {
		writeNotFound(w)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, show(a))
}

// set makes an address or replaces what it has. A name belongs to one store of the server.
func set(w http.ResponseWriter, r *serve.Request) {
	made := world.LightningAddress{Username: r.PathValue("username"), StoreID: r.Store().ID}
	if !aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"LightningAddressData", "data", func(m *aspnet.Model) {
		m.Text("username") // that of the path counts
		made.CurrencyCode, made.Min, made.Max = m.Text("currencyCode"), m.Decimal("min"), m.Decimal("max")
		if free := m.Free("invoiceMetadata"); free != nil {
			made.Metadata = world.FreeJSON(free.Raw)
		}
	}) {
		return
	}
	if made.Min != nil && made.Min.Sign() <= 0 {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Min", Message: "Minimum must be greater than 0 if provided."})
		return
	}
	a := r.State.SetLightningAddress(made)
	if a == nil {
		serve.WriteAPIError(w, http.StatusBadRequest, "username-already-used", "The username is already in use by another store.")
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, show(a))
}

// remove answers the same if no store has the name.
func remove(w http.ResponseWriter, r *serve.Request) {
	if a := r.State.FindLightningAddress(r.PathValue("username")); a != nil {
		if a.StoreID != r.Store().ID {
			writeNotFound(w)
			return
		}
		r.State.RemoveLightningAddress(a)
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}
