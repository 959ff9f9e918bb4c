package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

func TestEmulatedVersion(t *testing.T) {
	for emulate, want := range map[string]string{
		"": sandbox.Version, "1.13": "1.13.5", "1.13.7": "1.13.7", "2.0": "2.0.8", "2.0.8": "2.0.8", "2.0.0": "2.0.0", "2.2": "2.2.0", "2.3": "2.3.9", "2.3.5": "2.3.5",
		"2.3.10": "2.3.10", "2.4": "2.4.1", "2.4.1": "2.4.1", "2.4.2": "2.4.2", "2.4.5": "2.4.5", "2.5": "2.5.0", "newer": "2.4.5",
	} {
		if got, err := sandbox.EmulatedVersion(emulate); got != want || err != nil {
			t.Errorf("%q: %q, %v, not %q", emulate, got, err, want)
		}
	}
	for _, emulate := range []string{"2", "1.12", "1.12.5", "1.14", "1", "0.9", "3.0", "v2.0", " 2.0", "2.0 ", "2.0.8.1", "2.-1", "2.0.8-rc1", "2.+1", "latest", "Newer", "2.٣", strings.Repeat("9", 1000)} {
		_, err := sandbox.NewHandler(sandbox.Options{Emulate: emulate})
		if err == nil || len(err.Error()) > 200 || !strings.Contains(err.Error(), "2.0.8") {
			t.Errorf("%.20q: %v", emulate, err)
		}
	}
}

// TestEmulatedPicker has a person pick each store, for what names one and what names none.
func TestEmulatedPicker(t *testing.T) {
	for _, c := range []struct {
		emulate, permissions string
		picks                bool // the page asks for a store
		want                 string
	}{
		{"2.0", "permissions=btcpay.store.canviewinvoices:A&", true, "btcpay.store.canviewinvoices:A:B"},
		{"2.0", "permissions=btcpay.store.canviewinvoices&permissions=btcpay.user.canviewprofile&", true, "btcpay.store.canviewinvoices:B, btcpay.user.canviewprofile"},
		{"2.0", "permissions=btcpay.user.canviewprofile&", false, "btcpay.user.canviewprofile"},
		{"2.0", "permissions=btcpay.store.canmanagewallets&permissions=btcpay.user.canviewprofile&", false, "btcpay.user.canviewprofile"},
		{"2.4", "permissions=btcpay.store.canviewinvoices:A&", false, "btcpay.store.canviewinvoices:A"},
		{"", "permissions=btcpay.store.canviewinvoices&", true, "btcpay.store.canviewinvoices:B"},
	} {
		t.Run(c.emulate+" "+c.permissions, func(t *testing.T) {
			server := sandbox.New(t, sandbox.Options{Emulate: c.emulate})
			person := human.New(server.URL)
			defer person.Close()
			if err := person.LogIn(t.Context(), server.Seed.Email, server.Seed.Password); err != nil {
				t.Fatal(err)
			}
			page, err := person.Open(t.Context(), "/api-keys/authorize?"+c.permissions+"selectiveStores=true")
			if err != nil {
				t.Fatal(err)
			}
			if picks := page.Form("SelectStores") != nil; picks != c.picks {
				t.Fatalf("the page asks for a store: %t", picks)
			}
			if c.picks {
				if _, err := person.Press(t.Context(), "SelectStores", "StoreId", server.Seed.StoreID); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := person.Press(t.Context(), "Authorize"); err != nil {
				t.Fatal(err)
			}
			key := person.At().Query().Get("key")
			var info struct{ Permissions []string }
			ask(t, server.URL+"/api/v1/api-keys/current", "token "+key, &info)
			got := strings.ReplaceAll(strings.Join(info.Permissions, ", "), server.Seed.StoreID, "B")
			if got != c.want {
				t.Errorf("the key may %s, not %s", got, c.want)
			}
			var about struct{ Version string }
			ask(t, server.URL+"/api/v1/server/info", "token "+key, &about)
			if old := about.Version != sandbox.Version; old != (c.emulate == "2.0") {
				t.Errorf("it says that it is %s", about.Version)
			}
		})
	}
}

func ask(t *testing.T, address, authorization string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Fatal(address, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
