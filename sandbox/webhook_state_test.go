package sandbox

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// killed returns a state file as a kill would leave it: the files are copied while the sandbox runs.
func (w *testbed) killed(file string) string {
	w.t.Helper()
	if err := w.s.world.Commit(); err != nil {
		w.t.Fatal(err)
	}
	copied := filepath.Join(w.t.TempDir(), "state.json")
	for _, end := range []string{"", ".log"} {
		data, err := os.ReadFile(file + end)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(copied+end, data, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return copied
}

// reopened is a testbed of the state file with the same origin for its paths.
func reopened(t *testing.T, file string) *testbed {
	w := newTestbed(t, Options{StateFile: file})
	if w.s.Seed().APIKey == "" {
		t.Fatal("the file has no seed")
	}
	return w
}

// TestWebhooksKept stops a sandbox, by Close and as a kill would, while deliveries wait: the next one has the webhooks
// with their secrets, the list, what was sent, and makes the deliveries that wait.
func TestWebhooksKept(t *testing.T) {
	s := newShop(t)
	file := filepath.Join(t.TempDir(), "state.json")
	first, err := NewHandler(Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(first)
	w := &testbed{t: t, s: first, origin: server.URL}
	good := w.makeHook(created(s.URL + "/200"))
	bad := w.makeHook(created(s.URL + "/500"))
	gone := w.makeHook(`{"url":"` + s.URL + `/404"}`)
	w.greenfield("PUT", good.path, `{"url":"`+s.URL+`/200","secret":"another secret","automaticRedelivery":false,"authorizedEvents":{"specificEvents":[null,"x"]}}`)
	w.freeInvoice()
	w.quiet()
	w.freeInvoice() // waits behind the one that failed
	w.quiet()
	w.greenfield("DELETE", gone.path, "")
	s.take()
	_, shown := w.greenfield("GET", w.webhooks(), "")
	_, list := w.greenfield("GET", good.path+"/deliveries", "")
	_, failed := w.greenfield("GET", bad.path+"/deliveries", "")
	newest := good.path + "/deliveries/" + good.deliveries("")[0].ID
	_, sent := w.greenfield("GET", newest+"/request", "")
	copied := w.killed(file)
	server.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"closed": file, "killed": copied} {
		t.Run(name, func(t *testing.T) {
			again := reopened(t, file)
			for path, want := range map[string]string{
				again.webhooks():          shown,
				good.path + "/deliveries": list,
				bad.path + "/deliveries":  failed,
				newest + "/request":       sent,
			} {
				if _, got := again.greenfield("GET", path, ""); got != want {
					t.Errorf("%s\n%s\nwant %s", path, got, want)
				}
			}
			if response, _ := again.greenfield("GET", gone.path, ""); response.StatusCode != 403 || len(again.s.state.WebhookDeliveries) != 6+1+1 {
				t.Errorf("the removed one: %d, and there are %d deliveries", response.StatusCode, len(again.s.state.WebhookDeliveries))
			}
			if strings.Contains(mustJSON(t, again.s.state.WebhookDeliveries), gone.id) {
				t.Error("deliveries of the removed one are kept")
			}
			s.take()
			again.control("clock", `{"advance":"10s"}`)
			again.quiet()
			if came := s.take(); len(came) != 1 || !came[0].Event.IsRedelivery || !came[0].signedWith(bad.secret) {
				t.Errorf("%+v", came)
			}
			again.greenfield("POST", newest+"/redeliver", "")
			again.quiet()
			if came := s.take(); len(came) != 1 || !came[0].signedWith("another secret") {
				t.Errorf("%+v", came)
			}
			bad := &hook{again, bad.id, "", bad.path}
			again.greenfield("PUT", bad.path, created(s.URL+"/200"))
			again.control("clock", `{"advance":"1m"}`)
			again.quiet()
			if came := s.take(); len(came) != 2 || came[0].Path != "/200" || came[1].Path != "/500" {
				t.Errorf("the next try and what waited behind it: %+v", came)
			}
			if list := bad.deliveries(""); len(list) != 4 {
				t.Errorf("%+v", list)
			}
		})
	}
}
