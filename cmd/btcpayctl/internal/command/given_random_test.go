package command

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A randomWorld is two servers, three profiles with keys of their own for two
// stores, and keys that only the environment has.
type randomWorld struct {
	home          string
	servers       []*recordingServer
	stores        []string // of the first server
	profiles      map[string]profile.Profile
	apiKeys       map[string]string // the profile's key
	identities    map[string]string // the profile's public key
	envKey        string
	envKeyFile    string
	envPublic     string
	envKeyBad     string
	onlyStoreOf   map[string]string // of a key that is for one store
	current       string
	random        *rand.Rand
	linesWithNext int
}

func newRandomWorld(t *testing.T, seed uint64) *randomWorld {
	t.Helper()
	w := &randomWorld{home: newHome(t), apiKeys: map[string]string{}, identities: map[string]string{}, onlyStoreOf: map[string]string{}, current: "own",
		servers: []*recordingServer{newRecordingServer(t), newRecordingServer(t)}, random: rand.New(rand.NewPCG(seed, 14))}
	first := w.servers[0]
	env := map[string]string{"BTCPAYCTL_API_KEY": first.Seed.APIKey, "BTCPAYCTL_SERVER": first.URL, "BTCPAYCTL_NO_INPUT": "1"}
	w.stores = []string{first.Seed.StoreID, secondStore(t, first)}
	must := func(env map[string]string, line string) *given {
		t.Helper()
		g := (&given{home: w.home, env: env}).run(t, strings.Fields(line)...)
		if g.code != 0 && g.code != 8 {
			t.Fatalf("%s: exit %d, %s", line, g.code, g.stderr)
		}
		return g
	}
	owner := human.New(first.URL)
	defer owner.Close()
	if err := owner.LogIn(t.Context(), first.Seed.Email, first.Seed.Password); err != nil {
		t.Fatal(err)
	}
	for name, store := range map[string]string{"own": w.stores[0], "bit": w.stores[1]} {
		g := must(nil, "pair client --wait 0 --profile "+name+" --server "+first.URL)
		page := regexp.MustCompile(`http\S+api-access-request\S+`).FindString(g.stderr)
		if _, err := owner.Approve(t.Context(), page, store); err != nil {
			t.Fatal(err)
		}
		must(nil, "pair status --profile "+name)
		w.identities[name] = strings.TrimSpace(must(nil, "key show --jq .publicKey --profile "+name).stdout)
	}
	must(nil, "profile set own --store "+w.stores[0])
	must(env, "apikey create --permission unrestricted --save-as own")
	must(env, "apikey create --for invoice,store --store "+w.stores[1]+" --save-as api")
	must(nil, "profile use own")
	w.envKey = strings.TrimSpace(must(env, "apikey create --permission unrestricted --reveal --yes -o name").stdout)
	id := bitpay.Generate()
	w.envPublic, w.envKeyFile, w.envKeyBad = id.PublicKey(), filepath.Join(w.home, "env.key"), filepath.Join(w.home, "bad.key")
	for path, text := range map[string]string{w.envKeyFile: id.Hex().Reveal() + "\r\n", w.envKeyBad: "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := profile.Open(filepath.Join(w.home, ".config", "btcpayctl"), w.home).Read()
	if err != nil {
		t.Fatal(err)
	}
	w.profiles = config.Profiles
	for _, s := range w.servers {
		s.took()
	}
	// Which key is whose is learnt from what is sent for each profile.
	for name, p := range w.profiles {
		if p.APIKeyID == "" {
			continue
		}
		must(nil, "apikey current --profile "+name)
		sent := first.took()
		w.apiKeys[name] = strings.TrimPrefix(sent[0].header.Get("Authorization"), "token ")
	}
	w.onlyStoreOf[w.apiKeys["api"]] = w.stores[1]
	return w
}

func secondStore(t *testing.T, server *recordingServer) string {
	t.Helper()
	key, err := greenfield.NewAPIKey(client.NewSecret(server.Seed.APIKey))
	if err != nil {
		t.Fatal(err)
	}
	c, err := greenfield.New(server.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	store, err := c.Stores.Create(t.Context(), greenfield.StoreRequest{Name: "second"})
	if err != nil {
		t.Fatal(err)
	}
	return store.ID
}

// A randomLine is a command line, its environment, and what they mean by the
// rules of the documentation.
type randomLine struct {
	args  []string
	env   map[string]string
	stdin string

	profile, server, store string // flags, empty where not given
	allStores, unrestricted,
	anyAmount, allowZero,
	empty bool // a flag is given and empty
	amount, currency string // exact, empty where not given
	api              string
}

func (w *randomWorld) pick(values ...string) string { return values[w.random.IntN(len(values))] }

// line makes one up. A value of "" is not given, and "EMPTY" is given and empty.
func (w *randomWorld) line() randomLine {
	l := randomLine{env: map[string]string{"BTCPAYCTL_NO_INPUT": "1"}}
	flag := func(name, value string) string {
		if value == "" || value == "EMPTY" && w.random.IntN(5) > 0 {
			return ""
		}
		if value == "EMPTY" {
			value, l.empty = w.pick("", " "), true
		}
		l.args = append(l.args, "--"+name, value)
		return strings.TrimSpace(value)
	}
	command := w.pick("invoice create", "invoice create", "invoice create", "invoice list", "invoice get QvKaGcfACNbRiBjPAMkQ7Q", "invoice wait QvKaGcfACNbRiBjPAMkQ7Q --wait 0",
		"rate get BTC_USD", "apikey create --reveal --yes", "apikey create --reveal --yes", "store show", "store list", "pair status", "authorize --print-url", "apikey current", "doctor", "invoice resume")
	l.args = strings.Fields(command)
	switch {
	case command == "invoice create" && w.random.IntN(3) == 0:
		l.amount, l.currency = w.pick("5", "0", "-1", "null", "any", "0e5", "12.50", ""), w.pick("USD", "EUR", "", "null")
		object := map[string]json.RawMessage{}
		name := w.pick("price", "amount")
		text := func(value string) json.RawMessage {
			if value == "null" || value != "any" && strings.Trim(value, "0123456789.-e") == "" && w.random.IntN(2) == 0 {
				return json.RawMessage(value)
			}
			return json.RawMessage(fmt.Sprintf("%q", value))
		}
		if l.amount != "" {
			object[name] = text(l.amount)
		}
		if l.currency != "" {
			object["currency"] = text(l.currency)
		}
		body, _ := json.Marshal(object)
		l.stdin, l.anyAmount = string(body), l.amount == "any"
		l.args = append(l.args, "--from", "-")
	case command == "invoice create":
		l.amount, l.currency = flag("amount", w.pick("5", "12.50", "0", "0.00", "-1", "EMPTY", "", "x")), flag("currency", w.pick("USD", "EUR", "EMPTY", ""))
		flag("order-id", w.pick("", "", "A-1", "EMPTY"))
		if l.anyAmount = w.random.IntN(4) == 0; l.anyAmount {
			l.args = append(l.args, "--any-amount")
		}
	case strings.HasPrefix(command, "apikey create"), strings.HasPrefix(command, "authorize"):
		permission := w.pick("btcpay.store.canviewinvoices", "btcpay.store.canviewinvoices:"+w.stores[0], "unrestricted", "btcpay.user.canviewprofile", "EMPTY")
		flag("permission", permission)
		l.unrestricted = permission == "unrestricted"
		if strings.Contains(permission, ":") {
			l.store = w.stores[0]
		}
		if l.allStores = w.random.IntN(4) == 0; l.allStores {
			l.args = append(l.args, "--all-stores")
		}
	}
	if l.allowZero = command == "invoice create" && w.random.IntN(3) == 0; l.allowZero {
		l.args = append(l.args, "--allow-zero")
	}
	if strings.HasPrefix(command, "invoice") {
		l.api = flag("api", w.pick("", "", "bitpay", "greenfield", "EMPTY"))
	}
	l.profile = flag("profile", w.pick("", "", "own", "bit", "api", "EMPTY"))
	l.server = flag("server", w.pick("", "", "", w.servers[0].URL, w.servers[0].URL, w.servers[1].URL, "EMPTY"))
	if store := flag("store", w.pick("", "", w.stores[0], w.stores[1], "EMPTY")); store != "" {
		l.store = store
	}
	setEnv := func(name string, values ...string) {
		if value := w.pick(values...); value == "EMPTY" {
			if w.random.IntN(5) == 0 {
				l.env[name] = w.pick("", "  ")
			}
		} else if value != "" {
			l.env[name] = value
		}
	}
	setEnv("BTCPAYCTL_PROFILE", "", "", "", "own", "bit", "api", "EMPTY")
	setEnv("BTCPAYCTL_SERVER", "", "", w.servers[0].URL, w.servers[0].URL, w.servers[1].URL, "EMPTY")
	setEnv("BTCPAY_SERVER", "", "", "", w.servers[0].URL, "EMPTY")
	setEnv("BTCPAYCTL_STORE", "", "", "", w.stores[0], w.stores[1], "EMPTY")
	setEnv("BTCPAY_STORE", "", "", "", w.stores[0], "EMPTY")
	setEnv("BTCPAYCTL_API_KEY", "", "", "", "", w.envKey, w.envKey, w.envKey+"\r\n", w.envKey[:39], "EMPTY")
	setEnv("BTCPAYCTL_PRIVATE_KEY_FILE", "", "", "", "", "", w.envKeyFile, w.envKeyBad, "EMPTY")
	return l
}

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
	switch {
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
	case identity != "" && p.store != "" && !p.identityIsEnvs && p.ownStore != p.store:
		return "it is signed by a key of which nobody knows that it serves the store that was named"
	case identity != "" && p.store != "" && p.identityIsEnvs:
		return "it is signed by the environment's key, of which nobody knows the store"
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

var storePath = regexp.MustCompile(`/stores/([^/]+)`)

func storeIn(r sentRequest) string {
	if found := storePath.FindStringSubmatch(r.path); found != nil {
		return found[1]
	}
	query, _ := url.ParseQuery(r.query)
	return query.Get("storeId")
}

func (l randomLine) wrongInvoice(r sentRequest) string {
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

// TestRandomLines makes up command lines and environments. No request carries a
// store, a credential, an amount or a currency that was not given or pinned, and
// each hint that is printed can be pasted.
func TestRandomLines(t *testing.T) {
	n := 2000
	if os.Getenv("BTCPAYCTL_TORTURE") != "" {
		n = 10000
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := newRandomWorld(t, seed)
	requests, bad, ran := 0, 0, map[int]int{}
	kinds := map[string]int{}
	for range n {
		l := w.line()
		g := (&given{home: w.home, env: l.env, stdin: l.stdin}).run(t, l.args...)
		ran[g.code]++
		for _, server := range w.servers {
			var minted []string
			for _, r := range server.took() {
				requests++
				kinds[r.method+" "+storePath.ReplaceAllString(r.path, "/stores/ID")]++
				if what := w.wrong(l, server.URL, r, minted); what != "" {
					if bad++; bad < 10 {
						t.Errorf("%q with %q and input %s: %s %s?%s %s: %s", l.args, l.env, l.stdin, r.method, r.path, r.query, r.body, what)
					}
				}
				if strings.HasSuffix(r.path, "/api-keys") {
					var made struct{ APIKey string }
					json.Unmarshal([]byte(r.answer), &made)
					minted = append(minted, made.APIKey)
				}
			}
		}
		if l.args[0] == "authorize" && g.code == 0 {
			if what := l.wrongPage(g.stdout, firstOf(w.pinned(l).store, w.pinned(l).ownStore)); what != "" {
				bad++
				t.Errorf("%q with %q: %s", l.args, l.env, what)
			}
		}
		w.checkHints(t, l.args, g.stderr)
	}
	t.Attr("figure", fmt.Sprintf("requests that carry what was not given or pinned, of %d random lines | %d | = 0", n, bad))
	t.Logf("%d requests, exit codes %v, %d hints, %v", requests, ran, w.linesWithNext, kinds)
	if requests < n/5 || ran[0] < n/20 || w.linesWithNext < n/20 {
		t.Errorf("only %d requests, %d lines that went through, %d hints", requests, ran[0], w.linesWithNext)
	}
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
