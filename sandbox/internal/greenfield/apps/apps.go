package apps

import (
	"net/http"
	"strings"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// appData is what all apps have.
type appData struct {
	ID       string `json:"id"`
	AppType  string `json:"appType"`
	AppName  string `json:"appName"`
	StoreID  string `json:"storeId"`
	Archived bool   `json:"archived"`
	Created  int64  `json:"created"`
}

func show(a *world.App) appData {
	return appData{a.ID, a.Type, a.Name, a.StoreID, a.Archived, a.Created.Unix()}
}

// find returns the app that the path names, of a type unless it is "". If it returns nil, it answered 404. One that was
// removed a moment ago passes authorization.
func find(w http.ResponseWriter, r *serve.Request, typ string) *world.App {
	a := r.State.Apps[r.PathValue("appId")]
	if a == nil || typ != "" && a.Type != typ {
		serve.WriteAPIError(w, http.StatusNotFound, "app-not-found", "The app with specified ID was not found")
		return nil
	}
	return a
}

func listAll(w http.ResponseWriter, r *serve.Request) { writeList(w, r, "") }
func list(w http.ResponseWriter, r *serve.Request)    { writeList(w, r, r.Store().ID) }

// writeList answers the archived ones too.
func writeList(w http.ResponseWriter, r *serve.Request, storeID string) {
	all := []appData{}
	for _, a := range r.State.AppsOf(r.User, storeID) {
		all = append(all, show(a))
	}
	aspnet.WriteJSON(w, http.StatusOK, all)
}

func read(w http.ResponseWriter, r *serve.Request) {
	if a := find(w, r, ""); a != nil {
		aspnet.WriteJSON(w, http.StatusOK, show(a))
	}
}

func remove(w http.ResponseWriter, r *serve.Request) {
	if a := find(w, r, ""); a != nil {
		r.State.RemoveApp(a)
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}

// base is what the requests of all apps have.
type base struct {
	name     string
	archived *bool
}

func readBase(m *aspnet.Model) base {
	for _, name := range []string{"id", "appType", "storeId"} { // read, and then ignored
		m.Text(name)
	}
	m.Timestamp("created")
	return base{aspnet.Or(m.Text("appName"), ""), m.Bool("archived")}
}

func (b base) check() []aspnet.FieldError {
	switch n := len(utf16.Encode([]rune(b.name))); {
	case n == 0:
		return []aspnet.FieldError{{Path: "AppName", Message: "App name is missing"}}
	case n > 50:
		return []aspnet.FieldError{{Path: "AppName", Message: "App name can only be between 1 and 50 characters"}}
	}
	return nil
}

func knownCurrency(code string) bool {
	_, known := money.Lookup(strings.ToUpper(code))
	return known
}

// storable reports whether the server's database takes the texts.
func storable(texts ...*string) bool {
	for _, text := range texts {
		if text != nil && !world.Storable(*text) {
			return false
		}
	}
	return true
}

func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	return new(strings.TrimSpace(*text))
}
