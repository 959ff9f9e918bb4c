package subscriptions

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// find returns the offering that the path names. If it returns nil, it answered 404.
func find(w http.ResponseWriter, r *serve.Request) *world.Offering {
	o := lookup(r)
	if o == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "offering-not-found", "The offering was not found")
	}
	return o
}

// lookup returns the offering that the path names; nil if the store does not have it.
func lookup(r *serve.Request) *world.Offering {
	o := r.State.Offerings[r.PathValue("offeringId")]
	if o == nil || o.StoreID != r.Store().ID {
		return nil
	}
	return o
}

func list(w http.ResponseWriter, r *serve.Request) {
	all := []world.OfferingView{}
	for _, o := range r.State.OfferingsOf(r.Store().ID) {
		all = append(all, r.State.ShowOffering(o))
	}
	aspnet.WriteJSON(w, http.StatusOK, all)
}

func read(w http.ResponseWriter, r *serve.Request) {
	if o := find(w, r); o != nil {
		aspnet.WriteJSON(w, http.StatusOK, r.State.ShowOffering(o))
	}
}

// offeringRequest is the body of a request for an offering. Its fields are nil if they are missing.
type offeringRequest struct {
	name, successURL *string
	metadata         json.RawMessage
	features         []world.Feature
	hasFeatures      bool
	bad              []aspnet.FieldError // of the features
}

func bindOffering(w http.ResponseWriter, r *serve.Request) (q offeringRequest, ok bool) {
	ok = aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"OfferingModel", "request", func(m *aspnet.Model) {
		q.name, q.successURL, q.metadata = m.Text("appName"), m.Text("successRedirectUrl"), freeObject(m, "metadata")
		items := m.List("features", "System.Collections.Generic.List`1["+aspnet.ModelNames+"FeatureModel]")
		q.hasFeatures = items != nil
		for i, item := range items {
			q.readFeature(i, &aspnet.Model{Node: item, Faults: m.Faults})
		}
	})
	return q, ok
}

func (q *offeringRequest) readFeature(i int, m *aspnet.Model) {
	path := "Features[" + strconv.Itoa(i) + "]"
	switch m.Node.Kind {
	case 'n':
		q.bad = append(q.bad, aspnet.FieldError{Path: path, Message: "Feature is required"})
		return
	case '{':
	default:
		m.NotObject(m.Node, aspnet.ModelNames+"FeatureModel")
		return
	}
	f := world.Feature{ID: aspnet.Or(m.Text("id"), ""), Description: m.Text("description")}
	if strings.TrimSpace(f.ID) == "" {
		q.bad = append(q.bad, aspnet.FieldError{Path: path + ".Id", Message: "Feature id is required"})
	}
	q.features = append(q.features, f)
}

// refuse answers what is wrong with a request, and reports whether it did.
func (q *offeringRequest) refuse(w http.ResponseWriter) bool {
	if q.name == nil {
		q.bad = append(q.bad, aspnet.FieldError{Path: "AppName", Message: "AppName is required"})
	}
	if q.bad != nil {
		aspnet.WriteValidation(w, q.bad...)
		return true
	}
	texts := []*string{q.name, q.successURL}
	for i := range q.features {
		texts = append(texts, &q.features[i].ID, q.features[i].Description)
	}
	return crashes(w, texts, q.metadata)
}

func create(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindOffering(w, r)
	if !ok || q.refuse(w) {
		return
	}
	o := &world.Offering{StoreID: r.Store().ID, SuccessRedirectURL: q.successURL, Metadata: orEmpty(q.metadata)}
	r.World.AddOffering(o, *q.name)
	o.SetFeatures(q.features)
	aspnet.WriteJSON(w, http.StatusOK, r.State.ShowOffering(o))
}

// update keeps what the request leaves out. The body is checked before the offering is looked for.
func update(w http.ResponseWriter, r *serve.Request) {
	q, ok := bindOffering(w, r)
	if !ok || q.refuse(w) {
		return
	}
	o := find(w, r)
	if o == nil {
		return
	}
	r.State.Apps[o.AppID].Name = *q.name
	aspnet.SetText(&o.SuccessRedirectURL, q.successURL)
	if q.metadata != nil {
		o.Metadata = q.metadata
	}
	if q.hasFeatures {
		o.SetFeatures(q.features)
	}
	aspnet.WriteJSON(w, http.StatusOK, r.State.ShowOffering(o))
}

// freeObject reads an object with any fields, as the server's library writes it; nil if it is missing.
func freeObject(m *aspnet.Model, name string) json.RawMessage {
	n := m.Free(name)
	if n == nil {
		return nil
	}
	return world.RewriteObject(n.Raw)
}

func orEmpty(object json.RawMessage) json.RawMessage {
	if object == nil {
		return json.RawMessage("{}")
	}
	return object
}

// crashes answers as the server does if its database does not take a text, and reports whether it did.
func crashes(w http.ResponseWriter, texts []*string, objects ...json.RawMessage) bool {
	bad := false
	for _, text := range texts {
		bad = bad || text != nil && !world.Storable(*text)
	}
	for _, object := range objects {
		bad = bad || strings.Contains(string(object), `\u0000`)
	}
	if bad {
		aspnet.WriteCrash(w)
	}
	return bad
}
