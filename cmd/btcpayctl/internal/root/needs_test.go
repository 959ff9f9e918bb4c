package root

import (
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// TestNeeds checks that each command that uses an API key declares what it needs of it, and
// that --for gives the least set.
func TestNeeds(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	// They talk to the server with a BitId key, or with none.
	withoutAPIKey := []string{"authorize", "pair client", "pair server", "pair status", "rate get"}
	for cmd := range cli.Commands(NewRoot(a)) {
		name := strings.TrimPrefix(cmd.CommandPath(), "btcpayctl ")
		needs, declared := cli.NeedsOf(cmd)
		if cli.IsServerCommand(cmd) && declared == slices.Contains(withoutAPIKey, name) {
			t.Errorf("%q declares what it needs of an API key: %t", name, declared)
		}
		for _, p := range needs {
			if !p.Known() {
				t.Errorf("%q needs %q, which no server has", name, p)
			}
		}
	}
	for _, c := range []struct{ ask, want string }{
		{"invoice create,invoice get", "btcpay.store.cancreateinvoice btcpay.store.canviewinvoices"},
		{" btcpayctl  invoice   get , invoice list", "btcpay.store.canviewinvoices"},
		{"invoice", "btcpay.store.cancreateinvoice btcpay.store.canviewinvoices"},
		{"apikey current", ""},
		{"apikey exec,invoice list", "unrestricted"},
	} {
		f := cli.PermissionFlags{Tree: tree(a), Commands: []string{c.ask}, AllStores: true}
		got, err := f.Permissions(app.Value{}, false)
		if err != nil {
			t.Errorf("%q: %v", c.ask, err)
		}
		slices.Sort(got)
		if text := strings.ReplaceAll(cli.PermissionList(got), ", ", " "); text != c.want {
			t.Errorf("%q needs %q, not %q", c.ask, c.want, text)
		}
	}
	f := cli.PermissionFlags{Given: []string{"btcpay.store.canviewinvoices", "btcpay.user.canviewprofile", "btcpay.store.canviewreports:SHOP"}}
	shop := app.Value{Text: "SHOP", Source: "profile"}
	got, err := f.Permissions(shop, false)
	if want := "btcpay.store.canviewinvoices:SHOP, btcpay.user.canviewprofile, btcpay.store.canviewreports:SHOP"; err != nil || cli.PermissionList(got) != want {
		t.Errorf("%v %v", got, err)
	}
	// A store of the line and another one of the profile make no key for both.
	other := app.Value{Text: "OTHER", Source: "profile"}
	if got, err := f.Permissions(other, false); err == nil {
		t.Errorf("%v", got)
	}
	f.AllStores = true
	if got, _ := f.Permissions(shop, false); got[0] != greenfield.CanViewInvoices {
		t.Errorf("--all-stores gives %v", got)
	}
}
