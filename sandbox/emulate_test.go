package sandbox_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// notEmulated names exchanges of recordings 74 that an emulated release answers otherwise, with the reason. They make
// the world; what the consent pages do is judged.
var notEmulated = map[string]string{
	"authorize-store-picker: set-up: create the first administrator": "the time is of the one run that was recorded, and an older user has fewer members",
	"authorize-store-picker: set-up: create the user owner":          "as before",
	"authorize-store-picker: set-up: create the store shopA":         "an older store has other members and defaults",
	"authorize-store-picker: set-up: create the store shopB":         "as before",
	"authorize-store-picker: human: open the login page":             "the older page has two forms",
}

// TestReplayEmulated plays the consent of old servers against the sandbox as one, as it was recorded and with other
// names.
func TestReplayEmulated(t *testing.T) {
	recordings, err := replay.LoadAll("testdata/recordings/2.0/*.json")
	if err != nil || len(recordings) != 2 {
		t.Fatal(len(recordings), err)
	}
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for _, recorded := range recordings {
		varied, err := recorded.Vary(random)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]*replay.Recording{"recorded": recorded, "varied": varied} {
			t.Run(recorded.Server.Version+" "+name, func(t *testing.T) {
				server := start(t, sandbox.Options{Empty: true, Emulate: "2.0"})
				report, err := r.Play(t.Context(), server.URL, replay.Options{Skip: notEmulated})
				report.Print(t.Output())
				if err != nil || report.Alike < report.Exchanges || len(report.Skipped) != len(notEmulated) {
					t.Errorf("%d of %d alike, %d skipped, %v", report.Alike, report.Exchanges, len(report.Skipped), err)
				}
			})
		}
	}
	// The same against the newest: it has no chooser to press.
	server := start(t, sandbox.Options{Empty: true})
	if report, err := recordings[0].Play(t.Context(), server.URL, replay.Options{Skip: notEmulated}); err == nil && report.Alike == report.Exchanges {
		t.Error("the newest release has the old consent pages")
	}
}

func start(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(t.Context(), "127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func TestEmulateUnknown(t *testing.T) {
	for _, release := range []string{"2", "2.0.8", "2.3", "1.13", "v2.0", " 2.0", "latest", strings.Repeat("9", 1000)} {
		_, err := sandbox.New(sandbox.Options{Emulate: release})
		if err == nil || len(err.Error()) > 200 || !strings.Contains(err.Error(), `"2.0"`) {
			t.Errorf("%.20q: %v", release, err)
		}
	}
	if got := sandbox.Releases(); len(got) != 2 || got[0] != "2.0" || got[1] != "2.4" {
		t.Error(got)
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
			server := start(t, sandbox.Options{Emulate: c.emulate})
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
