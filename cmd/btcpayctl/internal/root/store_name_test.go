package root

import (
	"maps"
	"strings"
	"testing"
)

// TestStoreNames: an API key looks up the store that --store names. A name is never guessed,
// and other credentials take ids only.
func TestStoreNames(t *testing.T) {
	w := newStoreWorld(t)
	twin, other := w.shop("Twin"), w.shop("Twin")
	books := w.shop("Books & Co")
	home := newHome(t)
	admin := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": w.Seed.APIKey}
	run := func(env map[string]string, line ...string) *given {
		t.Helper()
		return (&given{home: home, env: env}).run(t, line...)
	}
	minted := run(admin, "apikey", "create", "--store", "Books & Co", "--for", "invoice create,invoice get", "--reveal", "--yes", "-o", "json")
	if minted.code != 0 || !strings.Contains(minted.stdout, ":"+books+`"`) {
		t.Fatalf("a key of a named store: exit %d, %s%s", minted.code, minted.stdout, minted.stderr)
	}
	key := run(admin, "apikey", "create", "--store", books, "--for", "invoice create,invoice get", "--reveal", "--yes", "-o", "name")
	limited := map[string]string{"BTCPAYCTL_SERVER": w.URL, "BTCPAYCTL_API_KEY": strings.TrimSpace(key.stdout)}
	named := map[string]string{"BTCPAYCTL_STORE": "Books & Co"}
	maps.Copy(named, admin)
	for _, c := range []struct {
		name string
		env  map[string]string
		line []string
		code int
		want string // in the output
	}{
		{"exact name", admin, []string{"store", "show", "--store", "Books & Co", "-o", "name"}, 0, books},
		{"as an argument", admin, []string{"store", "show", "Books & Co", "-o", "name"}, 0, books},
		{"of the environment", named, []string{"store", "show", "-o", "name"}, 0, books},
		{"hostile name", admin, []string{"store", "show", "--store", "Second \u202e\"shop\"", "-o", "name"}, 0, w.second},
		{"id", admin, []string{"store", "show", "--store", books, "-o", "name"}, 0, books},
		{"invoice", admin, []string{"invoice", "create", "--amount", "5", "--currency", "USD", "--store", "Books & Co", "-o", "json", "--jq", ".status"}, 0, "new"},
		{"other case", admin, []string{"store", "show", "--store", "books & co"}, 6, `the key sees no store called "books & co"`},
		{"part of it", admin, []string{"store", "show", "--store", "Books &"}, 6, "the key sees no store called"},
		{"blank", admin, []string{"store", "show", "--store", " "}, 2, "--store is given and empty"},
		{"two of the name", admin, []string{"store", "show", "--store", "Twin"}, 2, "--store names 2 stores"},
		{"their ids", admin, []string{"store", "show", "--store", "Twin"}, 2, twin},
		{"both", admin, []string{"store", "show", "--store", "Twin"}, 2, other},
		{"one word, no such name", admin, []string{"invoice", "list", "--store", "Nowhere"}, 5, "or there is no such store"},
		{"not allowed to look", limited, []string{"invoice", "create", "--amount", "5", "--currency", "USD", "--store", "Books & Co"}, 5, "may not look up the store called"},
		{"dry run", admin, []string{"invoice", "list", "--store", "Books & Co", "--dry-run"}, 2, "--dry-run does not ask"},
		{"without a key", map[string]string{"BTCPAYCTL_SERVER": w.URL}, []string{"rate", "get", "BTC_USD", "--store", "Books & Co"}, 2, "is not the id of a store"},
		{"pair", nil, []string{"pair", "client", "--server", w.URL, "--profile", "x", "--store", "Books & Co", "--wait", "0"}, 2, "is not the id of a store"},
		{"authorize", nil, []string{"authorize", "--server", w.URL, "--store", "Books & Co", "--for", "invoice list", "--print-url"}, 2, "is not the id of a store"},
		{"profile", nil, []string{"profile", "set", "x", "--store", "Books & Co"}, 2, "A profile stores the id"},
	} {
		g := run(c.env, c.line...)
		if g.code != c.code || !strings.Contains(g.stdout+g.stderr, c.want) {
			t.Errorf("%s: exit %d, %s%s", c.name, g.code, g.stdout, g.stderr)
		}
		if g.code != 0 && g.stdout != "" {
			t.Errorf("%s: it prints %q", c.name, g.stdout)
		}
	}
}
