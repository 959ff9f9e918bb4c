package root

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A selection is how a line says that it means the second shop, whichever key it has.
type selection struct {
	name  string
	home  string
	env   map[string]string
	flags []string
	// isKeys tells whether a request carries the key of the first shop.
	isKeys func(sentRequest) bool
}

// selections are the ways to select the second shop beside a key of the first.
func (w *storeWorld) selections() (all []selection) {
	isKeys := func(sentRequest) bool { return false }
	add := func(name string, env map[string]string, home string, flags ...string) {
		env = maps.Clone(env)
		if env == nil {
			env = map[string]string{}
		}
		all = append(all, selection{name, home, env, flags, isKeys})
	}
	// byName adds the three ways of naming a store.
	byName := func(name string, env map[string]string, home func() string) {
		add(name+", by flag", env, home(), "--store", w.second)
		for _, variable := range []string{"BTCPAYCTL_STORE", "BTCPAY_STORE"} {
			add(name+", by "+variable, env, home())
			all[len(all)-1].env[variable] = w.second
		}
	}
	signedBy := func(k *storeKey) func(sentRequest) bool {
		return func(r sentRequest) bool { return r.header.Get("X-Identity") == k.PublicKey() }
	}
	key := w.approved(w.first)
	isKeys = signedBy(key)
	seen := func(store string) func() string {
		return func() string {
			home := w.home(key, store)
			w.in(home, nil, -1, "pair", "status") // which shows the store
			return home
		}
	}
	byName("a profile without a store, not looked at", nil, func() string { return w.home(key, "") })
	byName("a profile without a store, proven", nil, seen(""))
	byName("a profile of the first shop", nil, seen(w.first))
	byName("a profile of the second shop", nil, func() string { return w.home(key, w.second) })
	add("the profile says it, not looked at", nil, w.home(key, w.second))
	add("the profile says it, proven otherwise", nil, seen(w.second)())

	// The profile knows of the second shop by a token that was revoked since.
	moved := w.approved(w.second)
	stale := func(store string) string {
		home := w.home(moved, store)
		w.in(home, nil, 0, "pair", "status")
		return home
	}
	staleOwn, staleNone := stale(w.second), stale("")
	w.approve(moved, w.first, w.second)
	isKeys = signedBy(moved)
	add("the profile says it, and a token that is revoked served it", nil, staleOwn)
	byName("a token that is revoked served it", nil, func() string { return staleNone })

	isKeys = signedBy(key)
	env := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_PRIVATE_KEY_FILE": key.file}
	byName("a key of the environment", env, func() string { return newHome(w.t) })
	byName("a key of the environment that a profile believes to be the second shop's", env, func() string { return w.home(key, w.second) })
	isKeys = func(r sentRequest) bool { return strings.HasPrefix(r.header.Get("Authorization"), "Basic ") }
	legacy := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": w.legacyKey(w.first)}
	byName("a legacy key", legacy, func() string { return newHome(w.t) })
	return all
}

// TestOtherStore runs every command that talks to a server with a key of the first shop
// and a selection of the second. Nothing is created in either, and nothing of the first
// is shown as the second's.
func TestOtherStore(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it runs every command with every way to name a store")
	}
	w := newStoreWorld(t)
	ofFirst := w.invoiceIn(w.first, "ORDER-OF-FIRST")
	w.invoiceIn(w.second, "ORDER-OF-SECOND")
	used, runs := map[string]int{}, 0
	commands := serverCommands(t)
	for _, s := range w.selections() {
		config := filepath.Join(s.home, ".config", "btcpayctl", "config.toml")
		known, _ := os.ReadFile(config)
		for _, command := range commands {
			if known != nil {
				// Each command begins with what was known at first.
				if err := os.WriteFile(config, known, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			line := slices.Concat(strings.Fields(command), serverLines[command])
			for i := range line {
				if line[i] == "QvKaGcfACNbRiBjPAMkQ7Q" {
					line[i] = ofFirst
				}
			}
			if at := slices.Index(line, "--"); at >= 0 {
				line = slices.Insert(line, at, s.flags...)
			} else {
				line = append(line, s.flags...)
			}
			w.took()
			g := w.in(s.home, s.env, -1, line...)
			sent := w.took()
			runs++
			signed := slices.ContainsFunc(sent, s.isKeys)
			if signed {
				used[command]++
			}
			text := s.name + ": " + strings.Join(line, " ")
			if n := creations(sent); n > 0 {
				t.Errorf("%s: %d invoices were asked for, exit %d\n%s%s", text, n, g.code, g.stdout, g.stderr)
			}
			// Those two say what does not fit.
			tells := (command == "doctor" || command == "profile show") && strings.Contains(g.stdout, w.second)
			if strings.Contains(g.stdout, ofFirst) && !tells || strings.Contains(g.stdout, "ORDER-OF-FIRST") || strings.Contains(g.stdout, "50000") {
				t.Errorf("%s: it shows what is the first shop's\n%s", text, g.stdout)
			}
			if signed && g.code == 0 {
				t.Errorf("%s: exit 0\n%s%s", text, g.stdout, g.stderr)
			}
			if signed && !(strings.Contains(g.stderr, w.first) && strings.Contains(g.stderr, w.second)) {
				t.Errorf("%s: exit %d, and it does not name both stores\n%s", text, g.code, g.stderr)
			}
		}
	}
	if orders := w.orders(w.first); orders["ORDER-OF-FIRST"] != 1 || len(orders) != 1 {
		t.Errorf("the first shop has %v", orders)
	}
	if orders := w.orders(w.second); orders["ORDER-OF-SECOND"] != 1 || len(orders) != 1 {
		t.Errorf("the second shop has %v", orders)
	}
	for _, command := range []string{"invoice create", "invoice get", "invoice list", "invoice open", "invoice wait", "pair client", "pair server", "pair status", "doctor"} {
		if used[command] == 0 {
			t.Errorf("%s never used a BitId key", command)
		}
	}
	t.Logf("%d runs, and a BitId key was used by %v", runs, used)
}
