package root

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
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
	serves        map[string]string // the store of a public key
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
	w := &randomWorld{home: newHome(t), apiKeys: map[string]string{}, identities: map[string]string{}, serves: map[string]string{}, onlyStoreOf: map[string]string{}, current: "own",
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
		w.serves[w.identities[name]] = store
	}
	must(nil, "profile set own --store "+w.stores[0])
	must(env, "apikey create --permission unrestricted --save-as own --beside-pairing")
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
	return string(store.ID)
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

// commandLine makes one up. A value of "" is not given, and "EMPTY" is given and empty.
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

// TestRandomLines makes up command lines and environments. No request carries a
// store, a credential, an amount or a currency that was not given or pinned, and
// each hint that is printed can be pasted.
func TestRandomLines(t *testing.T) {
	if testing.Short() {
		playRandomLines(t, 100)
		return
	}
	playRandomLines(t, 300)
}

func TestTortureRandomLines(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
	playRandomLines(t, 10000)
}

func playRandomLines(t *testing.T, n int) {
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
