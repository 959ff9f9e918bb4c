package sandbox

import (
	"path/filepath"
	"strings"
	"testing"
)

// story makes one of everything, and returns the ids and secrets that came.
func (w *testbed) story() string {
	w.t.Helper()
	seed := w.s.Seed()
	var all []string
	note := func(method, path, body, name string) string {
		response, answer := w.greenfield(method, path, body)
		if response.StatusCode/100 != 2 {
			w.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer)
		}
		all = append(all, member(w.t, answer, name))
		return all[len(all)-1]
	}
	all = append(all, seed.Password, seed.StoreID, seed.APIKey)
	store := "/api/v1/stores/" + seed.StoreID
	note("POST", "/api/v1/api-keys", `{"label":"x","permissions":["unrestricted"]}`, "apiKey")
	id := note("POST", store+"/invoices", `{"amount":"5","currency":"USD"}`, "id")
	all = append(all, w.control("pay", `{"invoice":"`+id+`"}`)["txid"].(string))
	note("POST", store+"/webhooks", `{"url":"http://127.0.0.1:1/"}`, "id")
	note("POST", "/api/v1/users", `{"email":"b@example.com","password":"a password"}`, "id")
	note("POST", "/api/v1/stores", `{"name":"other"}`, "id")
	_, answer := w.call("POST", "/tokens", `{"id":"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}`)
	all = append(all, answerCode(w.t, answer))
	return strings.Join(all, "\n")
}

// seededBed is a testbed that the caller closes.
func seededBed(t *testing.T, o Options) (*testbed, func()) {
	t.Helper()
	s, err := Start(t.Context(), "127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	return &testbed{t: t, s: s.Sandbox, origin: s.URL}, func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSeed(t *testing.T) {
	told := map[uint64]string{}
	for _, seed := range []uint64{1, 2, 1} {
		w, end := seededBed(t, Options{Seed: seed})
		if s, err := NewHandler(Options{Seed: 3}); err == nil {
			s.Close()
			t.Error("there are two seeds")
		}
		w.control("snapshot/save", `{"name":"begin"}`)
		story := w.story()
		if told[seed] == "" {
			told[seed] = story
		}
		if story != told[seed] {
			t.Errorf("seed %d: two starts differ:\n%s\nand\n%s", seed, told[seed], story)
		}
		// Reads draw from other streams: of pages, and of an invoice on the BitPay API, which has a new token each time.
		w.control("snapshot/restore", `{"name":"begin"}`)
		w.call("GET", "/login", "")
		w.call("GET", "/login", "")
		if again := w.story(); again != story {
			t.Errorf("seed %d: it differs after a restore:\n%s", seed, again)
		}
		w.control("reset", `{}`)
		if again := w.story(); again != story {
			t.Errorf("seed %d: it differs after a reset:\n%s", seed, again)
		}
		end()
	}
	if told[1] == told[2] {
		t.Error("another seed makes the same")
	}
	w, end := seededBed(t, Options{})
	defer end()
	if story := w.story(); story == told[1] || story == told[2] {
		t.Error("without a seed it is the same")
	}
}

// A later start with the same state goes on, and makes nothing again that is there.
func TestSeedKept(t *testing.T) {
	o := Options{Seed: 1, StateFile: filepath.Join(t.TempDir(), "state.json")}
	seen := map[string]bool{}
	for range 3 {
		w, end := seededBed(t, o)
		for range 5 {
			if id := w.makeInvoice(); seen[id] {
				t.Errorf("%s is made twice", id)
			} else {
				seen[id] = true
			}
		}
		w.t = t
		if lost := w.s.Lost(); lost != "" {
			t.Error(lost)
		}
		end()
	}
	if s, err := NewHandler(Options{Seed: 1, StateFile: t.TempDir()}); err == nil {
		s.Close()
		t.Error("a folder is a state file")
	}
	_, end := seededBed(t, Options{Seed: 1}) // one that could not start does not keep the seed
	end()
}
