package serve

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The reasons below have more detail than the server's response. They are only for the log of requests.

// explainBitpay notes why a caller of the BitPay API may not use a route.
func (r *Request) explainBitpay(w *Response, permission string) {
	identity, signature := r.Header.Get("X-Identity"), r.Header.Get("X-Signature")
	switch {
	case r.wrong != "":
		w.note.Caller = requestlog.Caller{Kind: requestlog.BitID, Name: bitid.SignerOf(identity), Refused: true}
		w.explain("%s", r.wrong)
	case r.failed != "":
		r.explainAuthorization(w)
	case r.BitID:
		w.explain("the key %s is not paired with a store%s", r.SIN, waitingFor(r.State, r.SIN))
	case r.Named && (identity != "") != (signature != ""):
		w.explain("the request has only one of X-Identity and X-Signature")
	case r.Named && r.StoreID == "":
		if id, named := aspnet.LookupQuery(r.Request, "storeId"); named {
			w.explain("the request has no credential, and there is no store %.60q", id)
			return
		}
		w.explain("the request has no credential, and no storeId")
	case permission == CreateInvoice:
		w.explain("the request has no credential, and the store %s does not let everyone create invoices", r.StoreID)
	}
}

// waitingFor says whether a pairing code of a key waits for approval.
func waitingFor(st *world.State, sin string) string {
	for _, p := range st.Pairings {
		if p.SIN == sin {
			return "; a pairing code of it waits for approval"
		}
	}
	return ""
}

// explainAuthorization notes why an Authorization header does not count on the BitPay API.
func (r *Request) explainAuthorization(w *Response) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "token", "bearer":
		w.note.Caller = requestlog.Caller{Kind: requestlog.APIKey, Secret: strings.TrimSpace(credential), Refused: true}
		w.explain("the BitPay API takes BitId or a legacy key, not an API key of the Greenfield API")
	case "basic":
		w.note.Caller = requestlog.Caller{Kind: requestlog.LegacyKey, Secret: r.legacyKey(), Refused: true}
		w.explain("no store has this legacy key. It is sent as Basic, in Base64 and without a colon")
	default:
		w.explain("the Authorization header is not Basic with a legacy key")
	}
}

// explainGreenfield notes why a caller of the Greenfield API is not authenticated.
func (r *Request) explainGreenfield(w *Response, refusal string) {
	header := r.Header.Get("Authorization")
	scheme, credential, _ := strings.Cut(header, " ")
	credential = strings.TrimSpace(credential)
	switch strings.ToLower(scheme) {
	case "":
		switch {
		case header != "":
			w.explain("the Authorization header begins with a blank")
		case r.Header.Get("X-Identity") != "":
			w.explain("the request has no Authorization header: the Greenfield API takes an API key, not BitId")
		default:
			w.explain("the request has no Authorization header")
		}
	case "token", "bearer":
		r.explainKey(w, credential, refusal)
	case "basic":
		email := ""
		if plain, err := base64.StdEncoding.DecodeString(credential); err == nil {
			email, _, _ = strings.Cut(string(plain), ":")
		}
		if r.State.FindUser(email) == nil {
			email = "" // it may be a key
		}
		w.note.Caller = requestlog.Caller{Kind: requestlog.Basic, Name: email, Refused: r.User == nil}
		switch {
		case r.User != nil:
			w.explain("only an API key can use this address, not Basic")
		case refusal == "Failed":
			w.explain("the password is wrong")
		case refusal == "LockedOut":
			w.explain("the account is locked after too many wrong passwords")
		default:
			w.explain("%s", refusal)
		}
	default:
		w.explain("the Authorization header is neither token KEY, Bearer KEY nor Basic")
	}
}

func (r *Request) explainKey(w *Response, credential, refusal string) {
	w.note.Caller = requestlog.Caller{Kind: requestlog.APIKey, Secret: credential, Refused: true}
	key := r.State.APIKeys[credential]
	if key != nil {
		w.note.Name = key.Label
	}
	switch {
	case credential == "":
		w.explain("the Authorization header has no key")
	case refusal == accountDisabled || key != nil && r.State.Users[key.UserID].Locked(r.World.Now()):
		w.explain("the account of the key is disabled")
	case key != nil:
		w.explain("release %s does not take the key in this form: send \"token KEY\", with one blank", r.Release.Version)
	default:
		w.explain("the key is unknown: it was revoked, or is of another server")
	}
}

// explainForbidden notes why a caller of the Greenfield API lacks a permission.
func (r *Request) explainForbidden(w *Response, route *Route, sc scope) {
	p := route.Permission
	switch ofStore := world.IsStorePermission(p); {
	case ofStore && sc.named && !sc.valid:
		w.explain("%s", r.whyNoStore(p))
	case r.Key != nil && !ofStore && !r.Key.Grants(p, ""), r.Key != nil && ofStore && !r.Key.GrantsAnywhere(p):
		where := ""
		if sc.named {
			where = " for store " + sc.storeID
		}
		w.explain("the key has no %s%s", p, where)
	case !ofStore:
		w.explain("the account %s is no administrator, and %s is for administrators", r.User.Email, p)
	case !sc.named:
		w.explain("the key has %s only for some stores, and this request needs it for all", p)
	case r.Key != nil && !r.Key.Grants(p, sc.storeID):
		w.explain("the key has no %s for store %s, only for another store", p, sc.storeID)
	default:
		store := r.State.Stores[sc.storeID]
		if store == nil {
			w.explain("there is no store %.60q", sc.storeID)
			return
		}
		role := store.RoleOf(r.User)
		if role == nil {
			w.explain("the account %s does not belong to store %s", r.User.Email, sc.storeID)
			return
		}
		w.explain("the account %s is %s in store %s, and that role has no %s", r.User.Email, role.ID, sc.storeID, p)
	}
}

// whyNoStore says which id of the address is unknown, or of another store.
func (r *Request) whyNoStore(permission string) string {
	found := r.namedStore()
	if found != "" && r.State.Stores[found] == nil {
		return fmt.Sprintf("there is no store %.60q", found)
	}
	for i := range belongings {
		b := &belongings[i]
		id := r.PathValue(b.name)
		if id == "" {
			continue
		}
		what := strings.TrimSuffix(b.name, "Id")
		storeID, known := b.storeOf(r.State, id)
		switch {
		case !known:
			return fmt.Sprintf("there is no %s %.60q", what, id)
		case found != "" && storeID != found:
			return fmt.Sprintf("the %s %.60q is not of store %s", what, id, found)
		}
		found = storeID
	}
	return "the caller has no " + permission
}

// explainNoRoute notes why an address is not found.
func (w *Response) explainNoRoute(r *http.Request, path string, allowed []string) {
	switch {
	case len(allowed) > 0:
		w.explain("this address does not take %.20s, only %s", r.Method, strings.Join(allowed, ", "))
	case !strings.EqualFold(strings.TrimSuffix(path, "/"), "/invoices"):
		w.explain("there is no such address")
	case (r.Header.Get("X-Identity") != "") != (r.Header.Get("X-Signature") != ""):
		w.explain("the request has only one of X-Identity and X-Signature")
	case r.Method == http.MethodPost && !SendsJSON(r):
		w.explain("invoices are posted with the Content-Type application/json")
	default:
		w.explain("the request has no credential: BitId, a legacy key or a storeId")
	}
}

// outsideRoot says that a path is outside the root path.
func (s *Server) outsideRoot(r *http.Request) string {
	return fmt.Sprintf("the address is outside of the sandbox's root path: http://%s%s/…", r.Host, s.rootPath)
}
