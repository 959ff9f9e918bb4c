package sandbox

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func (w *testbed) invoicePath(id string) string {
	return "/api/v1/stores/" + w.s.Seed().StoreID + "/invoices/" + id
}

func (w *testbed) makeInvoice() string {
	w.t.Helper()
	_, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices", `{"amount":"5","currency":"USD"}`)
	return member(w.t, answer, "id")
}

// invoiceStatus is empty if there is no such invoice.
func (w *testbed) invoiceStatus(id string) string {
	w.t.Helper()
	response, answer := w.greenfield("GET", w.invoicePath(id), "")
	if response.StatusCode != http.StatusOK {
		return ""
	}
	return member(w.t, answer, "status")
}

func TestReset(t *testing.T) {
	for _, file := range []string{"", "state.json"} {
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		o := Options{Now: func() time.Time { return now }}
		if file != "" {
			o.StateFile = filepath.Join(t.TempDir(), file)
		}
		w := newTestbed(t, o)
		seed := w.s.Seed()
		for range 2 {
			id := w.makeInvoice()
			w.makeHook(`{"url":"http://127.0.0.1:1/"}`)
			if response, answer := w.greenfield("DELETE", "/api/v1/api-keys/"+seed.APIKey, ""); response.StatusCode != http.StatusOK {
				t.Fatal(response.StatusCode, answer)
			}
			w.control("clock", `{"advance":"24h"}`)
			w.control("effect", `{"node":"away"}`)
			w.control("fault", `{"kind":"status","value":"500","times":-1}`)
			if got := w.control("reset", `{}`); got["apiKey"] != seed.APIKey || got["password"] != seed.Password {
				t.Errorf("it answers %v", got)
			}
			if status := w.invoiceStatus(id); status != "" {
				t.Errorf("the invoice is still there: %s", status)
			}
			if response, answer := w.greenfield("GET", w.webhooks(), ""); response.StatusCode != http.StatusOK || answer != "[]" {
				t.Errorf("webhooks: %d %s", response.StatusCode, answer)
			}
			if got := w.s.Seed(); got != seed || !w.s.Now().Equal(now) || len(w.s.Faults()) != 0 || w.s.state.Height != 0 {
				t.Errorf("seed %v, now %v, faults %v, height %d", got == seed, w.s.Now(), w.s.Faults(), w.s.state.Height)
			}
		}
		if file != "" {
			if lost := w.s.Lost(); lost != "" {
				t.Error(lost)
			}
			again := afterKill(t, o.StateFile)
			if again.Seed() != seed || len(again.state.Invoices) != 0 {
				t.Errorf("after a kill there are %d invoices", len(again.state.Invoices))
			}
			// The start is known also to a later process.
			if err := again.Reset(); err != nil || again.Seed() != seed {
				t.Errorf("%v, another seed: %v", err, again.Seed() != seed)
			}
		}
	}
}

// afterKill is what a process would have that starts after a kill of the one that uses the state file.
func afterKill(t *testing.T, file string) *Sandbox {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy.json")
	for _, suffix := range []string{"", ".log"} {
		text, err := os.ReadFile(file + suffix)
		if err == nil {
			err = os.WriteFile(copied+suffix, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewHandler(Options{StateFile: copied})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestResetOfEmpty(t *testing.T) {
	w := newTestbed(t, Options{Empty: true})
	for range 2 {
		for _, want := range []int{201, 401} {
			if response, answer := w.call("POST", "/api/v1/users", `{"email":"a@example.com","password":"a password","isAdministrator":true}`); response.StatusCode != want {
				t.Errorf("%d instead of %d: %s", response.StatusCode, want, answer)
			}
		}
		if got := w.control("reset", ``); len(got) != 0 {
			t.Errorf("it answers %v", got)
		}
	}
}

// A state file of an earlier version does not have the start.
func TestResetOfOldState(t *testing.T) {
	w := newTestbed(t, Options{})
	w.s.world.Lock()
	w.s.state.Start = nil
	w.s.world.Unlock()
	before, id := w.s.Seed(), w.makeInvoice()
	w.control("reset", `{}`)
	if after := w.s.Seed(); after.APIKey == "" || after.APIKey == before.APIKey || w.invoiceStatus(id) != "" {
		t.Errorf("the key is %q", after.APIKey)
	}
	after := w.s.Seed()
	id = w.makeInvoice()
	w.control("reset", `{}`)
	if w.s.Seed() != after || w.invoiceStatus(id) != "" {
		t.Error("the second reset goes elsewhere")
	}
}

func TestSnapshot(t *testing.T) {
	for _, file := range []string{"", "state.json"} {
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		o := Options{Now: func() time.Time { return now }}
		if file != "" {
			o.StateFile = filepath.Join(t.TempDir(), file)
		}
		w := newTestbed(t, o)
		id, h := w.makeInvoice(), w.makeHook(`{"url":"http://127.0.0.1:1/","authorizedEvents":{"everything":false,"specificEvents":[]}}`)
		w.control("clock", `{"advance":"5m"}`)
		at := w.s.Now()
		if saved := w.control("snapshot/save", `{"name":"open"}`); saved["name"] != "open" || saved["bytes"].(float64) < 1000 {
			t.Error(saved)
		}
		for _, later := range []string{"Expired", "Settled"} {
			now = now.Add(time.Hour) // real time passes
			w.control("clock", `{"advance":"1m"}`)
			if status := w.invoiceStatus(id); status != later {
				t.Errorf("it is %s", status)
			}
			other := w.makeInvoice()
			w.greenfield("DELETE", h.path, "")
			w.control("snapshot/restore", `{"name":"open"}`)
			if status := w.invoiceStatus(id); status != "New" || w.invoiceStatus(other) != "" || !w.s.Now().Equal(at) {
				t.Errorf("it is %s, the later one %q, and %v", status, w.invoiceStatus(other), w.s.Now())
			}
			if response, _ := w.greenfield("GET", h.path, ""); response.StatusCode != http.StatusOK {
				t.Errorf("the webhook: %d", response.StatusCode)
			}
			// What is restored lives on: by time, by payments and by blocks.
			w.control("clock", `{"advance":"9m59s"}`)
			if status := w.invoiceStatus(id); status != "New" {
				t.Errorf("it is %s", status)
			}
			if _, err := w.s.Pay(id, Payment{}); err != nil || w.invoiceStatus(id) != "Processing" {
				t.Errorf("%v, it is %s", err, w.invoiceStatus(id))
			}
			if err := w.s.Mine(1); err != nil || w.invoiceStatus(id) != "Settled" {
				t.Errorf("%v, it is %s", err, w.invoiceStatus(id))
			}
			if file != "" {
				if lost := w.s.Lost(); lost != "" {
					t.Error(lost)
				}
				if again := afterKill(t, o.StateFile); again.state.Invoices[id].Status != "Settled" || len(again.state.Invoices) != 1 {
					t.Errorf("after a kill: %+v", again.state.Invoices)
				}
			}
		}
		w.control("snapshot/save", `{"name":"paid.1"}`)
		w.control("snapshot/save", `{"name":"open"}`) // replaced
		if list := w.list("snapshot/list", `{}`); len(list) != 2 || list[0]["name"] != "open" || list[1]["name"] != "paid.1" || list[0]["at"] != w.s.Now().Format(time.RFC3339Nano) {
			t.Error(list)
		}
		w.control("snapshot/remove", `{"name":"paid.1"}`)
		w.control("reset", `{}`)
		w.control("snapshot/restore", `{"name":"open"}`)
		if status := w.invoiceStatus(id); status != "Settled" {
			t.Errorf("it is %q", status)
		}
		for _, ask := range []string{`{"name":"paid.1"}`, `{"name":"Open"}`, `{"name":""}`, `{}`, `{"name":"../state"}`, `{"name":".x"}`, `{"name":"` + strings.Repeat("x", 65) + `"}`, `{"name":1}`} {
			for _, action := range []string{"restore", "remove"} {
				if response, answer := w.call("POST", "/_sandbox/snapshot/"+action, ask); response.StatusCode != http.StatusBadRequest {
					t.Errorf("%s %s: %d %s", action, ask, response.StatusCode, answer)
				}
			}
		}
		if file == "" {
			continue
		}
		if err := os.WriteFile(o.StateFile+".snapshots/torn.json", []byte(`{"At":"2026-11-30T12:00:00Z","State":{"Version":1,"Users":{"x":nu`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.StateFile+".snapshots/wrong.json", []byte(`{"At":"2026-11-30T12:00:00Z","State":{"Version":1,"Users":{"x":null}}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"torn", "wrong"} {
			if _, err := w.s.RestoreSnapshot(name); err == nil || !strings.Contains(err.Error(), "damaged") || w.invoiceStatus(id) != "Settled" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := w.s.Snapshots(); err != nil || len(list) != 3 {
			t.Error(list, err)
		}
	}
}

// A delivery that is under way when the state is replaced does not count, and those behind it are not made.
func TestRestoreUnderWay(t *testing.T) {
	came, release := make(chan string, 100), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		came <- r.URL.Path
		<-release
	}))
	defer receiver.Close()
	free := sync.OnceFunc(func() { close(release) })
	defer free()
	w := newTestbed(t, Options{})
	before := w.makeHook(`{"url":"` + receiver.URL + `/before"}`)
	w.control("snapshot/save", `{"name":"quiet"}`)
	w.freeInvoice() // several events of one webhook
	notified := w.signed("POST", "/invoices", `{"price":5,"currency":"USD","fullNotifications":true,"notificationURL":"`+receiver.URL+`/ipn"}`)["id"].(string)
	if _, err := w.s.Pay(notified, Payment{}); err != nil {
		t.Fatal(err)
	}
	for seen := map[string]bool{}; len(seen) < 2; {
		seen[<-came] = true // both are under way
	}
	w.control("snapshot/restore", `{"name":"quiet"}`)
	free()
	w.quiet()
	if list := before.deliveries(""); len(list) != 0 {
		t.Errorf("deliveries that do not count: %v", list)
	}
	w.s.world.Lock()
	waiting := len(w.s.state.Deliveries)
	w.s.world.Unlock()
	if len(came) != 0 || waiting != 0 {
		t.Errorf("%d more were made, and %d wait", len(came), waiting)
	}
	// The same webhook works on.
	w.freeInvoice()
	if path := <-came; path != "/before" {
		t.Error(path)
	}
	eventually(t, "the delivery is in the list", func() bool { return len(before.deliveries("")) > 0 })
}

// TestRestoreUnderLoad has requests race with restores.
func TestRestoreUnderLoad(t *testing.T) {
	w := newTestbed(t, Options{})
	id := w.makeInvoice()
	w.control("snapshot/save", `{"name":"x"}`)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 20 {
				r := httptest.NewRequest("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices", strings.NewReader(`{"amount":"5","currency":"USD"}`))
				r.Header.Set("Authorization", "token "+w.s.Seed().APIKey)
				r.Header.Set("Content-Type", "application/json")
				recorder := httptest.NewRecorder()
				if w.s.ServeHTTP(recorder, r); recorder.Code != http.StatusOK {
					t.Errorf("%d %s", recorder.Code, recorder.Body)
				}
			}
		})
	}
	for range 10 {
		if _, err := w.s.RestoreSnapshot("x"); err != nil {
			t.Error(err)
		}
	}
	workers.Wait()
	w.control("snapshot/restore", `{"name":"x"}`)
	if n := len(w.s.state.Invoices); n != 1 || w.invoiceStatus(id) != "New" {
		t.Errorf("%d invoices", n)
	}
}
