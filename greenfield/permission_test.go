package greenfield_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// serverPermissions is what a real server answers to GET /misc/permissions.
func serverPermissions(t testing.TB, version string) []greenfield.PermissionInfo {
	t.Helper()
	for _, r := range recordings(t, version+"/10-*.json") {
		for _, s := range r.Steps {
			if s.Request.Path == "/misc/permissions" && s.Response.Status == 200 {
				var list []greenfield.PermissionInfo
				if err := json.Unmarshal(s.Response.JSON, &list); err != nil {
					t.Fatal(err)
				}
				return list
			}
		}
	}
	t.Fatal("there is no list of permissions in the recording of", version)
	return nil
}

func TestPermissionsAreTheServers(t *testing.T) {
	list := serverPermissions(t, "2.4.1")
	if len(list) != 46 || len(greenfield.AllPermissions()) != len(list) {
		t.Fatalf("the server has %d, the package %d", len(list), len(greenfield.AllPermissions()))
	}
	for _, info := range list {
		if !info.Name.Known() || info.Name.Title() == "" {
			t.Errorf("%s is unknown or has no title", info.Name)
		}
		slices.Sort(info.Included)
		if diff := cmp.Diff(info.Included, append([]greenfield.Permission{}, info.Name.Included()...)); diff != "" {
			t.Errorf("%s includes something else (-server +package):\n%s", info.Name, diff)
		}
	}
}

// TestOlderServersKnowNoMore shows that what the package says of a permission
// holds on older servers, but for those which they do not have.
func TestOlderServersKnowNoMore(t *testing.T) {
	// Custodian accounts were given up after 1.13, and a lightning permission
	// was included in fewer others up to 2.0.8.
	for _, version := range []string{"1.13.5", "2.0.8", "2.3.9"} {
		for _, info := range serverPermissions(t, version) {
			if strings.Contains(string(info.Name), "custodian") {
				continue
			}
			if !info.Name.Known() {
				t.Errorf("%s of %s is unknown", info.Name, version)
			}
			for _, included := range info.Included {
				if !strings.Contains(string(included), "custodian") && !info.Name.Covers(included) {
					t.Errorf("%s: %s does not cover %s", version, info.Name, included)
				}
			}
		}
	}
}

func TestParsePermission(t *testing.T) {
	for given, want := range map[string]greenfield.Permission{
		"unrestricted":                            greenfield.Unrestricted,
		" BTCPAY.Store.CanViewInvoices ":          greenfield.CanViewInvoices,
		"btcpay.store.canviewinvoices:No Such":    "btcpay.store.canviewinvoices:No Such",
		" btcpay.store.canviewinvoices :a:b ":     "btcpay.store.canviewinvoices:a:b ",
		"btcpay.plugin.store.x1":                  "btcpay.plugin.store.x1",
		"btcpay.nothing":                          "btcpay.nothing",
		"UNRESTRICTED:store":                      "unrestricted:store",
		"btcpay.store.webhooks.canmodifywebhooks": greenfield.CanModifyWebhooks,
	} {
		if got, err := greenfield.ParsePermission(given); err != nil || got != want {
			t.Errorf("%q became %q, %v, want %q", given, got, err, want)
		}
	}
	for _, bad := range []string{
		"", " ", ":", "hello", "canviewinvoices", "btcpay", "btcpay.", "btcpay..x", ".btcpay.x", "btcpay.x.", "btcpay.x y",
		"btcpay.store.canviewinvoices:", "btcpay.store.can-view", "btcpay.store.canviewinvoices;btcpay.x",
		"btcpay.store.canviewinvoice\u017f", "btcpay.\u212aey", "unrestricted.x", "xunrestricted", "btcpay.store\n.x",
	} {
		if got, err := greenfield.ParsePermission(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, got)
		}
	}
}

func TestPermissionKinds(t *testing.T) {
	for p, want := range map[greenfield.Permission]greenfield.PermissionKind{
		greenfield.CanViewInvoices: greenfield.StorePermission, "btcpay.plugin.store.x:ID": greenfield.StorePermission,
		greenfield.CanViewProfile: greenfield.UserPermission, "btcpay.plugin.user.x": greenfield.UserPermission,
		greenfield.CanViewUsers: greenfield.ServerPermission, "btcpay.plugin.server.x": greenfield.ServerPermission,
		greenfield.Unrestricted: greenfield.OtherPermission, greenfield.CanImpersonate: greenfield.OtherPermission, "btcpay.plugin.x": greenfield.OtherPermission,
	} {
		if p.Kind() != want {
			t.Errorf("%s is %s, want %s", p, p.Kind(), want)
		}
	}
	if got := greenfield.CanViewInvoices.ForStore("S"); got != "btcpay.store.canviewinvoices:S" || got.Scope() != "S" || got.Policy() != greenfield.CanViewInvoices {
		t.Error(got)
	}
	if got := greenfield.CanViewProfile.ForStore("S"); got != greenfield.CanViewProfile {
		t.Error(got)
	}
	if got := greenfield.Permission("btcpay.store.canviewinvoices:A").ForStore("B"); got.Scope() != "B" {
		t.Error(got)
	}
}

func TestCovers(t *testing.T) {
	const view, modify = greenfield.CanViewInvoices, greenfield.CanModifyStoreSettings
	for _, c := range []struct {
		held, asked greenfield.Permission
		want        bool
	}{
		{view, view, true}, {view, view + ":A", true}, {view + ":A", view, false}, {view + ":A", view + ":A", true}, {view + ":A", view + ":B", false},
		{modify, view, true}, {modify + ":A", view + ":A", true}, {modify + ":A", view, false}, {view, modify, false},
		{greenfield.Unrestricted, "btcpay.plugin.store.anything:X", true}, {greenfield.Unrestricted, greenfield.Unrestricted, true},
		{modify, greenfield.Unrestricted, false}, {modify, greenfield.CanViewProfile, false},
		{greenfield.CanModifyProfile + ":x", greenfield.CanViewProfile, true}, // a scope without a store counts for nothing
		{greenfield.CanCreateInvoice, view, false}, {greenfield.CanModifyInvoices, view, true},
		{"btcpay.plugin.store.a", "btcpay.plugin.store.a:S", true}, {"btcpay.plugin.store.a", "btcpay.plugin.store.b", false},
	} {
		if got := c.held.Covers(c.asked); got != c.want {
			t.Errorf("%s covers %s: %v", c.held, c.asked, got)
		}
	}
}

func anyPermission(t *rapid.T, label string) greenfield.Permission {
	p := rapid.SampledFrom(greenfield.AllPermissions()).Draw(t, label)
	return p.ForStore(greenfield.StoreID(rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, label+" store")))
}

// TestReduce: the reduced set allows the same, and none of it can be left out.
func TestReduce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var given []greenfield.Permission
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			given = append(given, anyPermission(t, "p"))
		}
		least := greenfield.Reduce(given)
		for _, p := range given {
			if !greenfield.Covered(least, p) {
				t.Fatalf("%v became %v, without %s", given, least, p)
			}
		}
		for i, p := range least {
			rest := slices.Delete(slices.Clone(least), i, i+1)
			if greenfield.Covered(rest, p) {
				t.Fatalf("%v became %v, where %s is superfluous", given, least, p)
			}
		}
	})
	got := greenfield.Reduce([]greenfield.Permission{greenfield.CanViewInvoices, greenfield.CanModifyInvoices, greenfield.CanModifyInvoices, greenfield.CanViewProfile})
	if diff := cmp.Diff([]greenfield.Permission{greenfield.CanModifyInvoices, greenfield.CanViewProfile}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCoversIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyPermission(t, "a"), anyPermission(t, "b"), anyPermission(t, "c")
		if !a.Covers(a) {
			t.Fatal(a, "does not cover itself")
		}
		if a.Covers(b) && b.Covers(c) && !a.Covers(c) {
			t.Fatal(a, "covers", b, "covers", c, "but not the first the last")
		}
	})
}

func FuzzParsePermission(f *testing.F) {
	for _, seed := range []string{"unrestricted", " BTCPAY.X:y", "btcpay.store.canviewinvoices:", "btcpay.\u212a", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := greenfield.ParsePermission(text)
		if err != nil {
			return
		}
		again, err := greenfield.ParsePermission(string(p))
		if err != nil || again != p {
			t.Fatalf("%q became %q, and that %q, %v", text, p, again, err)
		}
		if !p.Covers(p) || p.Policy().Scope() != "" {
			t.Fatalf("%q is odd", p)
		}
	})
}

type permissions = []greenfield.Permission
