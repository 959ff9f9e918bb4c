package root

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestWhoAmI asks with each kind of credential, and with none.
func TestWhoAmI(t *testing.T) {
	w := newStoreWorld(t)
	key := w.approved(w.first)
	w.invoiceIn(w.first, "A-1")
	home := w.home(key, "")
	ask := func(env map[string]string, args ...string) (identity, *given) {
		t.Helper()
		g := (&given{home: home, env: env}).run(t, append([]string{"whoami", "-o", "json"}, args...)...)
		var got identity
		if g.code == 0 {
			if err := json.Unmarshal([]byte(g.stdout), &got); err != nil {
				t.Fatal(err, g.stdout)
			}
		}
		return got, g
	}

	got, g := ask(nil)
	if g.code != 0 || got.Kind != "bitid" || got.ID != key.SIN() || got.Profile != "shop" || got.Server != w.URL || len(got.Stores) != 1 || got.Stores[0].ID != w.first || got.Permissions != nil {
		t.Errorf("with a BitId key: exit %d, %+v %s", g.code, got, g.stderr)
	}
	admin := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": w.Seed.APIKey}
	got, g = ask(admin)
	if g.code != 0 || got.Kind != "api-key" || got.Source != "BTCPAYCTL_API_KEY" || got.Profile != "" || !got.AllStores || len(got.Stores) != 2 || got.Account == nil || *got.Account != w.Seed.Email {
		t.Errorf("with an unrestricted key: exit %d, %+v %s", g.code, got, g.stderr)
	}
	limited := (&given{home: home, env: admin}).run(t, "apikey", "create", "--store", w.second, "--for", "invoice list", "--reveal", "--yes", "-o", "name")
	if limited.code != 0 {
		t.Fatal(limited.stderr)
	}
	got, g = ask(map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": strings.TrimSpace(limited.stdout)})
	if g.code != 0 || got.AllStores || len(got.Stores) != 1 || got.Stores[0].ID != w.second || got.Stores[0].Name != nil || got.Account != nil || len(got.Permissions) != 1 {
		t.Errorf("with a limited key: exit %d, %+v %s", g.code, got, g.stderr)
	}
	// A store that a key is not for is refused, by the flag and by the variable; its own is not.
	of := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": strings.TrimSpace(limited.stdout)}
	if _, g = ask(of, "--store", w.first); g.code != 5 || !strings.Contains(g.stderr, w.first) || !strings.Contains(g.stderr, w.second) {
		t.Errorf("a limited key and another store: exit %d, %s", g.code, g.stderr)
	}
	if _, g = ask(of, "--store", w.second); g.code != 0 {
		t.Errorf("a limited key and its store: exit %d, %s", g.code, g.stderr)
	}
	of["BTCPAYCTL_STORE"] = strings.ToLower(w.second)
	if _, g = ask(of); g.code != 5 || !strings.Contains(g.stderr, "BTCPAYCTL_STORE") {
		t.Errorf("a limited key and its store in small letters: exit %d, %s", g.code, g.stderr)
	}
	if _, g = ask(map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": strings.Repeat("0", 40)}); g.code != 4 {
		t.Errorf("with an unknown key: exit %d, %s", g.code, g.stderr)
	}
	home = newHome(t)
	if _, g = ask(nil, "--server", w.URL); g.code != 4 || !strings.Contains(g.stderr, "there is no credential in use") {
		t.Errorf("with none: exit %d, %s", g.code, g.stderr)
	}
	if status := (&given{home: home, env: admin}).run(t, "status", "--columns", "stores,open", "--no-header"); status.code != 0 || !strings.HasPrefix(status.stdout, "all: ") || !strings.HasSuffix(status.stdout, "  0\n") {
		t.Errorf("status: exit %d, %q %s", status.code, status.stdout, status.stderr)
	}
}

type identity struct {
	Server, Profile, Kind, ID, Source string
	Account                           *string
	Stores                            []struct {
		ID   string
		Name *string
	}
	AllStores   bool
	Permissions []string
}
