package wallets

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type objectData struct {
	Data  json.RawMessage `json:"data"`
	Links []linkData      `json:"links"`
	Type  string          `json:"type"`
	ID    string          `json:"id"`
}

type linkData struct {
	LinkData   json.RawMessage `json:"linkData"`
	ObjectData json.RawMessage `json:"objectData"`
	Type       string          `json:"type"`
	ID         string          `json:"id"`
}

func showObject(v *world.WalletView, o *world.WalletObject, withNeighbours bool) objectData {
	data := objectData{Data: o.Data, Links: []linkData{}, Type: o.Type, ID: o.ID}
	for _, other := range v.Neighbours(o.ObjectID) {
		link := linkData{LinkData: other.Link, Type: other.Type, ID: other.ID}
		if withNeighbours {
			link.ObjectData = other.Data
		}
		data.Links = append(data.Links, link)
	}
	return data
}

// withNeighbours reports whether the data of linked objects is wanted, which is so unless the query says no. If it returns
// false, it answered.
func withNeighbours(w http.ResponseWriter, r *serve.Request) (include, ok bool) {
	q := &aspnet.Query{Request: r.Request}
	include = q.Bool("includeNeighbourData") || aspnet.QueryValue(r.Request, "includeNeighbourData") == ""
	return include, !q.Refuse(w)
}

// listObjects answers the objects of all types, of one, or those of one type that the query names.
func listObjects(w http.ResponseWriter, r *serve.Request) {
	include, ok := withNeighbours(w, r)
	if !ok {
		return
	}
	typ, ids := aspnet.QueryValue(r.Request, "type"), aspnet.QueryValues(r.Request, "ids")
	if typ == "" && ids != nil {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "ids", Message: "If ids is specified, type should be specified"})
		return
	}
	if !available(w, r) {
		return
	}
	v := r.State.WalletView(r.Store().ID)
	list := []objectData{}
	if ids == nil {
		for _, o := range v.Objects(typ) {
			list = append(list, showObject(v, o, include))
		}
	}
	at := map[string]int{}
	for _, id := range ids {
		o := v.Object(world.ObjectID{Type: typ, ID: id})
		if o == nil {
			continue
		}
		data := showObject(v, o, include)
		if i, again := at[id]; again { // named twice, the server joins the links twice
			list[i].Links = append(list[i].Links, data.Links...)
			continue
		}
		at[id] = len(list)
		list = append(list, data)
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

func namedObject(r *serve.Request) world.ObjectID {
	return world.ObjectID{Type: r.PathValue("objectType"), ID: r.PathValue("objectId")}
}

func writeNoObject(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "wallet-object-not-found", "This wallet object's can't be found")
}

func readObject(w http.ResponseWriter, r *serve.Request) {
	include, ok := withNeighbours(w, r)
	if !ok || !available(w, r) {
		return
	}
	writeObject(w, r, namedObject(r), include)
}

func writeObject(w http.ResponseWriter, r *serve.Request, id world.ObjectID, include bool) {
	v := r.State.WalletView(r.Store().ID)
	o := v.Object(id)
	if o == nil {
		writeNoObject(w)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, showObject(v, o, include))
}

func removeObject(w http.ResponseWriter, r *serve.Request) {
	switch {
	case !available(w, r):
	case !r.State.RemoveWalletObject(r.Store().ID, namedObject(r)):
		writeNoObject(w)
	default:
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}

// bindObject reads the type, the id and the data of an object or a link. If it returns false, it answered.
func bindObject(w http.ResponseWriter, r *serve.Request, typ string) (id world.ObjectID, data json.RawMessage, ok bool) {
	var name, key *string
	var free *aspnet.Node
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+typ, true, func(m *aspnet.Model) {
		name, key, free = m.Text("type"), m.Text("id"), m.Free("data")
	}) || !available(w, r) {
		return id, nil, false
	}
	var bad []aspnet.FieldError
	if name == nil {
		bad = append(bad, aspnet.FieldError{Path: "Type", Message: "Type is required"})
	}
	if key == nil {
		bad = append(bad, aspnet.FieldError{Path: "Id", Message: "Id is required"})
	}
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return id, nil, false
	}
	id = world.ObjectID{Type: *name, ID: *key}
	if free != nil {
		data = world.StoredJSON(free.Raw)
	}
	if strings.Contains(id.Type+id.ID, "\x00") || world.HasNull(data) { // the database does not take it
		aspnet.WriteCrash(w)
		return id, nil, false
	}
	return id, data, true
}

func setObject(w http.ResponseWriter, r *serve.Request) {
	id, data, ok := bindObject(w, r, "AddOnChainWalletObjectRequest")
	if !ok {
		return
	}
	r.State.SetWalletObject(r.Store().ID, &world.WalletObject{ObjectID: id, Data: data})
	writeObject(w, r, id, true)
}

func setLink(w http.ResponseWriter, r *serve.Request) {
	id, data, ok := bindObject(w, r, "AddOnChainWalletObjectLinkRequest")
	switch {
	case !ok:
	case !r.State.LinkWalletObjects(r.Store().ID, namedObject(r), id, data):
		writeNoObject(w)
	default:
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}

func removeLink(w http.ResponseWriter, r *serve.Request) {
	other := world.ObjectID{Type: r.PathValue("linkType"), ID: r.PathValue("linkId")}
	switch {
	case !available(w, r):
	case !r.State.UnlinkWalletObjects(r.Store().ID, namedObject(r), other):
		writeNoObject(w)
	default:
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}
