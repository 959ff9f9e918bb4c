package sandbox

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first, err := Start(t.Context(), "127.0.0.1:0", Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	w := &testbed{t: t, s: first.Sandbox, origin: first.URL}
	_, answer := w.call("POST", "/tokens", `{"id":"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}`)
	code := answer[strings.Index(answer, `"pairingCode":"`)+15:][:7]
	w.control("clock", `{"advance":"5m"}`)
	before := first.Sandbox.world.Now()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	if left, _ := filepath.Glob(file + ".*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
	second, err := Start(t.Context(), "127.0.0.1:0", Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if second.Seed != first.Seed {
		t.Error("another account than before")
	}
	if second.Sandbox.state.Pairings[code] == nil {
		t.Error("the pairing code is lost")
	}
	if second.Sandbox.world.Now().Before(before) {
		t.Error("the clock fell back")
	}
}

func TestBadInputStateFile(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"cut": `{"Version":1,"Users":{`, "newer": `{"Version":99}`, "rubbish": "\x00",
		"a user that is none":   `{"Version":1,"Users":{"x":null}}`,
		"a token of no store":   `{"Version":1,"Tokens":{"x":{"ID":"x","StoreID":"y"}}}`,
		"an invoice of nowhere": `{"Version":1,"Invoices":{"x":{"ID":"x"}}}`,
		"a log-in of nobody":    `{"Version":1,"Sessions":{"x":{}}}`,
		"no account key":        `{"Version":1,"Stores":{"x":{"ID":"x","Wallet":{"Scheme":"tpub"}}}}`,
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NewHandler(Options{StateFile: file}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
		if kept, err := os.ReadFile(file); err != nil || string(kept) != content {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := NewHandler(Options{StateFile: dir}); err == nil {
		t.Error("a directory is taken for a state file")
	}
}

func TestStart(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "example.com:80", "127.0.0.1"} {
		if s, err := Start(t.Context(), address, Options{}); err == nil {
			t.Errorf("%q is listened on", address)
			err = s.Close()
			if err != nil {
				t.Error(err)
			}
		}
	}
	s, err := Start(t.Context(), "127.0.0.1:0", Options{RootPath: "shop", Empty: true})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(s.URL, "/shop") || s.Seed != (Seed{}) {
		t.Errorf("URL %s, seed %v", s.URL, s.Seed)
	}
	if _, err := Start(t.Context(), strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/shop"), Options{}); err == nil {
		t.Error("one address is listened on twice")
	}
	if err := errors.Join(s.Close(), s.Sandbox.Close()); err != nil {
		t.Error(err)
	}
}

// TestStateFileCannotBeWritten has a folder that is not there, one that goes away, and a log that can take no more.
func TestStateFileCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	file := filepath.Join(dir, "state.json")
	if _, err := NewHandler(Options{StateFile: file}); err == nil || !strings.Contains(err.Error(), file) {
		t.Error("a folder that is not there:", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := NewHandler(Options{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err == nil {
		t.Error("a state that could not be saved is no error")
	}
	w := &testbed{t: t, s: s}
	if status, answer := w.inProcess("POST", "/api/v1/api-keys", `{"label":"lost"}`); status != http.StatusInternalServerError || !strings.Contains(answer, "state file") {
		t.Errorf("a change that cannot be kept: %d %s", status, answer)
	}
}
