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

// TestNeeds checks that the table names commands that are there, and
// permissions that cover what it says.
func TestNeeds(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	there := map[string]bool{}
	for cmd := range commands(NewRoot(a)) {
		there[strings.TrimPrefix(cmd.CommandPath(), "btcpayctl ")] = true
	}
	for command, list := range cli.Needs {
		if !there[command] {
			t.Errorf("there is no command %q", command)
		}
		for _, p := range list {
			if !p.Known() {
				t.Errorf("%q needs %q, which no server has", command, p)
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
		f := cli.PermissionFlags{Commands: []string{c.ask}, AllStores: true}
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
