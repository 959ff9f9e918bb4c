package sandbox

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// scope is the store a request is about, as far as its address tells one.
type scope struct {
	storeID string
	named   bool // the address names a store, or what belongs to one
	valid   bool // what it names is there, all of it in one store
}

// scopeOf finds the store behind the ids of an address. An id that nobody knows, or that belongs elsewhere, is refused
// as a missing permission since 2.4 (recording 17-permission-scopes). A storeId in the query counts as one in the path.
func scopeOf(st *world.State, r *http.Request) scope {
	sc := scope{valid: true}
	meet := func(storeID string, known bool) {
		if !known || sc.named && sc.storeID != storeID {
			sc.valid = false
		}
		sc.storeID, sc.named = storeID, true
	}
	storeID := r.PathValue("storeId")
	if storeID == "" {
		storeID = aspnet.QueryValue(r, "storeId")
	}
	if storeID != "" {
		meet(storeID, st.Stores[storeID] != nil)
	}
	for name, owner := range owners {
		if id := r.PathValue(name); id != "" {
			of, known := owner(st, id)
			meet(of, known)
		}
	}
	return sc
}

// storeScope is the scope of a request up to 2.3.9: what the address names below its store is looked for later.
func storeScope(st *world.State, r *http.Request) scope {
	storeID := r.PathValue("storeId")
	if storeID == "" {
		storeID = aspnet.QueryValue(r, "storeId")
	}
	return scope{storeID: storeID, named: storeID != "", valid: st.Stores[storeID] != nil}
}

// notFound is the error of what an address names below a store and is not there.
type notFound struct{ code, message string }

var notFounds = map[string]notFound{
	"invoiceId":        {"invoice-not-found", "The invoice was not found"},
	"pullPaymentId":    {"pullpayment-not-found", "The pull payment was not found"},
	"paymentRequestId": {"payment-request-not-found", "The payment request was not found"},
	"payoutId":         {"payout-not-found", "The payout was not found"},
	"appId":            {"app-not-found", "The app with specified ID was not found"},
}

// missingIn gives the error of what an address names and its store does not have, as up to 2.3.9; nil: it has all.
func missingIn(st *world.State, r *http.Request) *notFound {
	for name, owner := range owners {
		id := r.PathValue(name)
		if id == "" {
			continue
		}
		if storeID, known := owner(st, id); !known || r.PathValue("storeId") != "" && r.PathValue("storeId") != storeID {
			return new(notFounds[name])
		}
	}
	return nil
}

// owners find the store of what an address may name by its id. Apps and payouts cannot be made here, so none is known.
var owners = map[string]func(st *world.State, id string) (storeID string, known bool){
	"invoiceId": func(st *world.State, id string) (string, bool) {
		inv := st.Invoices[id]
		if inv == nil {
			return "", false
		}
		return inv.StoreID, true
	},
	"pullPaymentId": func(st *world.State, id string) (string, bool) {
		p := st.PullPayments[id]
		if p == nil {
			return "", false
		}
		return p.StoreID, true
	},
	"paymentRequestId": func(st *world.State, id string) (string, bool) {
		p := st.PaymentRequests[id]
		if p == nil {
			return "", false
		}
		return p.StoreID, true
	},
	"appId":    func(*world.State, string) (string, bool) { return "", false },
	"payoutId": func(*world.State, string) (string, bool) { return "", false },
}

// permits tells whether a Greenfield caller may use a route: by the rights of the key, within those of its user. After
// Basic the user's alone count.
func permits(st *world.State, c *caller, route *route, sc scope) bool {
	if !world.IsStorePermission(route.permission) {
		return may(st, c, route.permission, "")
	}
	switch {
	case sc.named:
		return sc.valid && may(st, c, route.permission, sc.storeID)
	case c.key == nil:
		return true
	case route.unscoped:
		return c.key.Grants(route.permission, "")
	}
	return c.key.GrantsAnywhere(route.permission)
}

// may tells whether the caller has a permission, on one store where it is a store's.
func may(st *world.State, c *caller, permission, storeID string) bool {
	return st.UserMay(c.user, permission, storeID) && (c.key == nil || c.key.Grants(permission, storeID))
}
