package serve

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// scope is the store that a request is about, as far as its address says.
type scope struct {
	storeID string
	named   bool // the address names a store, or something that belongs to one
	valid   bool // what it names exists, all of it in one store
}

// scope finds the store behind the ids of the address. An id that is unknown, or belongs to another store, is refused as a
// missing permission since 2.4 (recording 17-permission-scopes). A storeId in the query counts as one in the path.
func (r *Request) scope() scope {
	sc := scope{valid: true}
	add := func(storeID string, known bool) {
		if !known || sc.named && sc.storeID != storeID {
			sc.valid = false
		}
		sc.storeID, sc.named = storeID, true
	}
	if storeID := r.namedStore(); storeID != "" {
		add(storeID, r.State.Stores[storeID] != nil)
	}
	for i := range belongings {
		if id := r.PathValue(belongings[i].name); id != "" {
			add(belongings[i].storeOf(r.State, id))
		}
	}
	return sc
}

// storeScope is the scope of a request up to 2.3.9, which looks for what the address names below its store later.
func (r *Request) storeScope() scope {
	storeID := r.namedStore()
	return scope{storeID: storeID, named: storeID != "", valid: r.State.Stores[storeID] != nil}
}

func (r *Request) namedStore() string {
	if storeID := r.PathValue("storeId"); storeID != "" {
		return storeID
	}
	return aspnet.QueryValue(r.Request, "storeId")
}

// belonging is a kind of thing that belongs to a store and that an address may name by its id.
type belonging struct {
	name          string // in the path
	code, message string // of the error for an id that the store does not have
	storeOf       func(st *world.State, id string) (storeID string, known bool)
	late          bool // up to 2.3.9 the handler answers for an id that the store does not have
}

var belongings = [...]belonging{
	{name: "webhookId", storeOf: (*world.State).StoreOfWebhook, late: true},
	{name: "invoiceId", code: "invoice-not-found", message: "The invoice was not found", storeOf: func(st *world.State, id string) (string, bool) {
		inv := st.Invoices[id]
		if inv == nil {
			return "", false
		}
		return inv.StoreID, true
	}},
	{name: "pullPaymentId", code: "pullpayment-not-found", message: "The pull payment was not found", storeOf: func(st *world.State, id string) (string, bool) {
		p := st.PullPayments[id]
		if p == nil {
			return "", false
		}
		return p.StoreID, true
	}},
	{name: "paymentRequestId", code: "payment-request-not-found", message: "The payment request was not found", storeOf: func(st *world.State, id string) (string, bool) {
		p := st.PaymentRequests[id]
		if p == nil {
			return "", false
		}
		return p.StoreID, true
	}},
	{name: "appId", code: "app-not-found", message: "The app with specified ID was not found", storeOf: (*world.State).StoreOfApp},
	{name: "payoutId", code: "payout-not-found", message: "The payout was not found", storeOf: (*world.State).StoreOfPayout},
}

// missing returns what the address names and its store does not have, as up to 2.3.9; nil if the store has all of it.
func (r *Request) missing() *belonging {
	for i := range belongings {
		b := &belongings[i]
		id := r.PathValue(b.name)
		if id == "" || b.late {
			continue
		}
		if storeID, known := b.storeOf(r.State, id); !known || r.PathValue("storeId") != "" && r.PathValue("storeId") != storeID {
			return b
		}
	}
	return nil
}

// permits reports whether a caller of the Greenfield API may use a route: by the rights of the key, within those of its
// user. After Basic only the user's count.
func (r *Request) permits(route *Route, sc scope) bool {
	if !world.IsStorePermission(route.Permission) {
		return r.May(route.Permission, "")
	}
	switch {
	case sc.named:
		return sc.valid && r.May(route.Permission, sc.storeID)
	case r.Key == nil:
		return true
	case route.Unscoped:
		return r.Key.Grants(route.Permission, "")
	}
	return r.Key.GrantsAnywhere(route.Permission)
}

// May reports whether the caller has a permission, on one store if it is a store's permission.
func (r *Request) May(permission, storeID string) bool {
	return r.State.UserMay(r.User, permission, storeID) && (r.Key == nil || r.Key.Grants(permission, storeID))
}
