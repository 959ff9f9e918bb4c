package root

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// A pinned is what a line and its environment give and pin.
type pinned struct {
	profile                      profile.Profile
	name                         string
	server, store                string // the server that counts; the store that is named explicitly
	ownStore                     string // of the profile, on its own server
	token, identity              string // of the environment, which come before the profile's
	profileToken, profileID      string
	tokenIsGiven, identityIsEnvs bool
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

func (w *randomWorld) pinned(l randomLine) pinned {
	var p pinned
	p.name = firstOf(l.profile, l.env["BTCPAYCTL_PROFILE"], w.current)
	p.profile = w.profiles[p.name]
	p.server = firstOf(l.server, l.env["BTCPAYCTL_SERVER"], l.env["BTCPAY_SERVER"], p.profile.Server)
	p.store = firstOf(l.store, l.env["BTCPAYCTL_STORE"], l.env["BTCPAY_STORE"])
	if p.server == p.profile.Server {
		p.ownStore, p.profileToken, p.profileID = p.profile.Store, w.apiKeys[p.name], w.identities[p.name]
	}
	if l.profile == "" {
		p.token = strings.TrimSpace(l.env["BTCPAYCTL_API_KEY"])
		_, p.tokenIsGiven = l.env["BTCPAYCTL_API_KEY"]
		if _, p.identityIsEnvs = l.env["BTCPAYCTL_PRIVATE_KEY_FILE"]; p.identityIsEnvs {
			p.identity = w.envPublic
		}
	}
	return p
}

// wrong says what a request carries that was neither given nor pinned.
func (w *randomWorld) wrong(l randomLine, address string, r sentRequest, minted []string) string {
	p := w.pinned(l)
	if l.empty {
		return "a flag is given and empty"
	}
	if address != p.server {
		return "it went to another server"
	}
	token, identity := strings.TrimPrefix(r.header.Get("Authorization"), "token "), r.header.Get("X-Identity")
	if r.path == "/tokens" {
		identity = compressed(identity) // the server may know the key by its other form
	}
	switch {
	case identity == nobodysKey && r.header.Get("X-Signature") == nobodysSignature && token == "" && r.method == "GET":
		return "" // how "authorize" tells an old server: it proves nothing of anybody
	case slices.Contains(minted, token):
		return "" // the new key is asked what it may do
	case token != "" && p.tokenIsGiven && token != p.token:
		return "it has another key than the environment gave"
	case token != "" && !p.tokenIsGiven && token != p.profileToken:
		return "it has a key that is not the profile's"
	case identity != "" && p.identityIsEnvs && identity != p.identity:
		return "it is signed by another key than the environment gave"
	case identity != "" && !p.identityIsEnvs && identity != p.profileID:
		return "it is signed by a key that is not the profile's"
	case identity != "" && p.store != "" && w.serves[identity] != p.store && !r.looksForStore():
		return "it is signed by a key that does not serve the store that was named"
	}
	// The store: the one named, else the profile's beside the profile's own key, else
	// that of the key.
	allowed := p.store
	if allowed == "" && (token == "" || token == p.profileToken) {
		allowed = p.ownStore
	}
	if allowed == "" {
		allowed = w.onlyStoreOf[token]
	}
	if store := storeIn(r); store != "" && store != allowed {
		return fmt.Sprintf("it names store %s, and not %q", store, allowed)
	}
	if r.method == "POST" && (strings.HasSuffix(r.path, "/invoices")) {
		return l.wrongInvoice(r)
	}
	if r.method == "POST" && strings.HasSuffix(r.path, "/api-keys") {
		return l.wrongPermissions(r.body, allowed)
	}
	return ""
}

// compressed is the usual form of a public key.
func compressed(identity string) string {
	raw, err := hex.DecodeString(identity)
	if err != nil || len(raw) != 65 {
		return identity
	}
	key, err := btcec.ParsePubKey(raw)
	if err != nil {
		return identity
	}
	return hex.EncodeToString(key.SerializeCompressed())
}

// looksForStore reports whether a request is one by which the store of a key is learnt.
func (r sentRequest) looksForStore() bool {
	return r.method == "GET" && (r.path == "/tokens" || r.path == "/invoices" && r.query == "limit=25&offset=0")
}

var storePath = regexp.MustCompile(`/stores/([^/]+)`)

func storeIn(r sentRequest) string {
	if found := storePath.FindStringSubmatch(r.path); found != nil {
		return found[1]
	}
	query, _ := url.ParseQuery(r.query)
	return query.Get("storeId")
}

func (l randomLine) wrongInvoice(r sentRequest) string {
	if r.body == `{"amount":"ten"}` {
		return "" // greenfield.Permissions.TryCreateInvoice, which the server refuses
	}
	var body map[string]any
	decoder := json.NewDecoder(strings.NewReader(r.body))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return err.Error()
	}
	amount, has := body["price"]
	if !has {
		amount, has = body["amount"]
	}
	if !has && !l.anyAmount {
		return "it has no amount, and none was said to be missing"
	}
	if has {
		sent, err := client.ParseDecimal(fmt.Sprint(amount))
		if err != nil {
			return err.Error()
		}
		var asked client.Decimal
		if err := asked.UnmarshalJSON([]byte(l.amount)); err != nil || sent.Cmp(asked) != 0 {
			return fmt.Sprintf("its amount is %s, and %q was given", sent, l.amount)
		}
		if sent.Sign() < 0 || sent.Sign() == 0 && !l.allowZero {
			return "its amount is " + sent.String()
		}
	}
	if currency, has := body["currency"]; has != (l.currency != "") || has && currency != l.currency {
		return fmt.Sprintf("its currency is %v, and %q was given", currency, l.currency)
	}
	return ""
}

func (l randomLine) wrongPermissions(text, store string) string {
	var body struct{ Permissions []string }
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		return err.Error()
	}
	for _, p := range body.Permissions {
		policy, scope, _ := strings.Cut(p, ":")
		switch {
		case policy == "unrestricted" && !l.unrestricted, strings.HasPrefix(policy, "btcpay.store.") && scope == "" && !l.allStores:
			return "it asks for " + p + ", for every store"
		case scope != "" && scope != store:
			return "it asks for " + p + ", for another store"
		}
	}
	return ""
}

// wrongPage judges the address of a consent page as a request for a key.
func (l randomLine) wrongPage(printed, store string) string {
	page := regexp.MustCompile(`http\S+`).FindString(printed)
	u, err := url.Parse(page)
	if err != nil {
		return err.Error()
	}
	body, _ := json.Marshal(map[string][]string{"Permissions": u.Query()["permissions"]})
	if what := l.wrongPermissions(string(body), store); what != "" {
		return what
	}
	scoped := slices.ContainsFunc(u.Query()["permissions"], func(p string) bool { return strings.Contains(p, ":") })
	if scoped && u.Query().Get("selectiveStores") != "true" {
		return "the page is asked for one store, and would give every one: " + page
	}
	return ""
}

// A well-known public key, and r and s of 1, which is a signature of nothing.
const (
	nobodysKey       = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
	nobodysSignature = "3006020101020101"
)
