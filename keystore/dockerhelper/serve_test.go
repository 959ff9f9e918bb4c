package dockerhelper_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/dockerhelper"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/passstore"
)

// patience is how long anything may take on a busy machine.
const patience = 2 * time.Minute

// As another process, this test binary is a credential helper itself.
func TestMain(m *testing.M) {
	if dir := os.Getenv("DOCKERHELPER_TEST_DIR"); dir != "" {
		if newServer(dir).Serve(context.Background(), os.Args[1], os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	leaks.Main(m)
}

func newServer(dir string) dockerhelper.Server {
	store, err := keystore.Open("file", keystore.Options{Dir: dir, Timeout: patience, IdentityFile: filepath.Join(dir, "id", "identity")})
	if err != nil {
		panic(err)
	}
	memory, err := keystore.Open("memory", keystore.Options{})
	if err != nil {
		panic(err)
	}
	return dockerhelper.Server{Keystore: "file", Index: keystore.OpenIndex(dir), Open: func(spec string) (keystore.Store, error) {
		switch spec {
		case "file":
			return store, nil
		case "memory":
			return memory, nil
		}
		return nil, errors.New("there is no keystore " + spec)
	}}
}

func storeOf(t *testing.T, s dockerhelper.Server) keystore.Store {
	t.Helper()
	store, err := s.Open(s.Keystore)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// serve is one call, as a program would be run: what is printed, and the exit
// status.
func serve(t *testing.T, s dockerhelper.Server, action, in string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	if s.Serve(t.Context(), action, strings.NewReader(in), &out) != nil {
		return out.String(), 1
	}
	return out.String(), 0
}

func want(t *testing.T, s dockerhelper.Server, action, in, out string, code int) {
	t.Helper()
	if got, c := serve(t, s, action, in); got != out || c != code {
		t.Errorf("%s %.100q: %q, %d; want %q, %d", action, in, got, c, out, code)
	}
}

const notFound = "credentials not found in native keychain\n"

func TestServe(t *testing.T) {
	s := newServer(t.TempDir())
	want(t, s, "get", "https://one.example/v1/", notFound, 1)
	want(t, s, "list", "", "{}\n", 0)
	want(t, s, "erase", "https://one.example/v1/", "", 0)
	want(t, s, "store", `{"ServerURL":"https://one.example/v1/","Username":"alice","Secret":"p\u0000<&>\"ä\n"}`+"\n", "", 0)
	want(t, s, "store", ` {"Secret":"","Username":"<token>","ServerURL":"two.example"} `, "", 0)
	want(t, s, "get", "https://one.example/v1/\n", `{"ServerURL":"https://one.example/v1/","Username":"alice","Secret":"p\u0000\u003c\u0026\u003e\"ä\n"}`+"\n", 0)
	want(t, s, "get", "two.example", `{"ServerURL":"two.example","Username":"\u003ctoken\u003e","Secret":""}`+"\n", 0)
	want(t, s, "get", "https://one.example/v1", notFound, 1) // another URL is another server
	want(t, s, "list", "ignored", `{"https://one.example/v1/":"alice","two.example":"\u003ctoken\u003e"}`+"\n", 0)
	want(t, s, "store", `{"ServerURL":"two.example","Username":"bob","Secret":"2"}`, "", 0)
	want(t, s, "get", "two.example", `{"ServerURL":"two.example","Username":"bob","Secret":"2"}`+"\n", 0)
	want(t, s, "erase", "two.example\n", "", 0)
	want(t, s, "get", "two.example", notFound, 1)
	want(t, s, "list", "", `{"https://one.example/v1/":"alice"}`+"\n", 0)
	want(t, s, "get", "", "no credentials server URL\n", 1)
	want(t, s, "get", " \n", "no credentials server URL\n", 1)
	want(t, s, "erase", "", "no credentials server URL\n", 1)
	want(t, s, "store", `{"Username":"a","Secret":"b"}`, "no credentials server URL\n", 1)
	want(t, s, "store", `{"ServerURL":"x","Secret":"b"}`, "no credentials username\n", 1)
	want(t, s, "version", "", "Unknown credential action `version`\n", 1)
}

// Keys of shops are in the same store, and are not what this protocol is for.
func TestShopKeysStayIn(t *testing.T) {
	s := newServer(t.TempDir())
	for _, name := range []string{"bitid/TfExample", "apikey/0123456789abcdef", "docker/0000"} {
		if err := storeOf(t, s).Put(t.Context(), name, []byte(`{"ServerURL":"`+name+`","Username":"x","Secret":"y"}`)); err != nil {
			t.Fatal(err)
		}
		if err := s.Index.Add(t.Context(), keystore.Entry{Name: name, Keystore: "file", Server: name}); err != nil {
			t.Fatal(err)
		}
		want(t, s, "get", name, notFound, 1)
		want(t, s, "erase", name, "", 0)
		if _, err := storeOf(t, s).Get(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	want(t, s, "list", "", "{}\n", 0)
}

// A credential stays in the store that the index names, whatever a later call
// would choose for a new one.
func TestStaysWhereItIs(t *testing.T) {
	s := newServer(t.TempDir())
	s.Keystore = "memory"
	want(t, s, "store", `{"ServerURL":"one","Username":"a","Secret":"1"}`, "", 0)
	s.Keystore = "file"
	want(t, s, "store", `{"ServerURL":"two","Username":"b","Secret":"2"}`, "", 0)
	want(t, s, "get", "one", `{"ServerURL":"one","Username":"a","Secret":"1"}`+"\n", 0)
	want(t, s, "store", `{"ServerURL":"one","Username":"a","Secret":"3"}`, "", 0)
	want(t, s, "list", "", `{"one":"a","two":"b"}`+"\n", 0)
	entries, err := s.Index.List(t.Context())
	if err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		if wanted := map[string]string{"one": "memory", "two": "file"}[entry.Server]; entry.Keystore != wanted {
			t.Errorf("%s is in %s", entry.Server, entry.Keystore)
		}
		store, err := s.Open(entry.Keystore)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := store.Get(t.Context(), entry.Name)
		if err != nil {
			t.Fatal(entry.Name, err)
		}
		if server, err := dockerhelper.ServerURL(entry.Name, secret); err != nil || server != entry.Server {
			t.Error(entry.Name, server, err)
		}
		for _, wrong := range []string{"", "{}", `{"ServerURL":"three","Username":"a","Secret":"1"}`} {
			if _, err := dockerhelper.ServerURL(entry.Name, []byte(wrong)); !errors.Is(err, keystore.ErrDamaged) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	}
	want(t, s, "erase", "one", "", 0)
	want(t, s, "list", "", `{"two":"b"}`+"\n", 0)
	s.Keystore = "nowhere"
	want(t, s, "get", "three", "there is no keystore nowhere\n", 1)
}

func TestBadInputRequest(t *testing.T) {
	s := newServer(t.TempDir())
	const canary = "canary-of-the-test-7f3a"
	for _, in := range []string{
		"", "x", "null", "[]", "5", `"text"`, "{", "{}x", `{"ServerURL"}`, `{"ServerURL":1,"Username":"a","Secret":"b"}`,
		`{"ServerURL":null,"Username":"a","Secret":"b"}`, `{"ServerURL":["x"],"Username":"a","Secret":"b"}`,
		`{"ServerURL":"x","ServerURL":"y","Username":"a","Secret":"` + canary + `"}`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + `","Secret":"b"}`,
		`{"serverurl":"x","Username":"a","Secret":"` + canary + `"}`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + `","More":1}`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + `"`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + `"}{}`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + `"}]`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + `\ud800"}`,
		"{\"ServerURL\":\"x\",\"Username\":\"a\",\"Secret\":\"" + canary + "\xff\"}",
		`{"ServerURL":"x\u001b[2J","Username":"a","Secret":"` + canary + `"}`,
		`{"ServerURL":"x","Username":"a","Secret":"` + canary + strings.Repeat("x", 64<<10) + `"}`,
	} {
		out, code := serve(t, s, "store", in)
		if code != 1 || strings.Count(out, "\n") != 1 || len(out) < 5 || keystoretest.Holds(out, canary) || strings.Contains(out, "\x1b") {
			t.Errorf("%.80q: %q, %d", in, out, code)
		}
	}
	for _, in := range []string{"\xff", "a\x00b", "a\nb", strings.Repeat("u", 64<<10+1)} {
		if out, code := serve(t, s, "get", in); code != 1 || out == notFound {
			t.Errorf("%.80q: %q, %d", in, out, code)
		}
	}
	var out bytes.Buffer
	broken := errors.New("broken")
	if err := s.Serve(t.Context(), "store", iotest.ErrReader(broken), &out); !errors.Is(err, broken) {
		t.Error(err)
	}
	want(t, s, "list", "", "{}\n", 0)
}

// A swapped or foreign content is not handed out.
func TestBadInputDamaged(t *testing.T) {
	dir := t.TempDir()
	s := newServer(dir)
	want(t, s, "store", `{"ServerURL":"one","Username":"a","Secret":"1"}`, "", 0)
	entries, err := s.Index.List(t.Context())
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	for _, content := range []string{"junk", `{"ServerURL":"two","Username":"a","Secret":"2"}`} {
		if err := storeOf(t, s).Put(t.Context(), entries[0].Name, []byte(content)); err != nil {
			t.Fatal(err)
		}
		for _, action := range []string{"get", "list"} {
			if out, code := serve(t, s, action, "one"); code != 1 || !strings.Contains(out, "damaged") {
				t.Errorf("%s: %q, %d", action, out, code)
			}
		}
	}
	want(t, s, "erase", "one", "", 0)
	want(t, s, "list", "", "{}\n", 0)
}

// The store that package keystore keeps behind a helper may be this one.
func TestHelperOfOurOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts hundreds of processes")
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A helper gets no variable of ours, so a script hands the folder over.
	helper := filepath.Join(dir, "docker-credential-btcpayctl")
	script := "#!/bin/sh\nGORACE=atexit_sleep_ms=0 DOCKERHELPER_TEST_DIR='" + dir + "/data' exec '" + self + "' \"$1\"\n"
	// No child of another test may hold the script open while it is executed.
	syscall.ForkLock.RLock()
	err = os.WriteFile(helper, []byte(script), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	keystoretest.Conform(t, keystoretest.Backend{Name: "helper", Max: 48000, Open: func() keystore.Store {
		store, err := keystore.Open("helper:"+helper, keystore.Options{Timeout: patience})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}})
}

// What docker's own helper prints for the same requests, byte for byte.
func TestLikeDockers(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it makes a gpg key")
	}
	pass, env := passstore.Start(t, "")
	for name, value := range env {
		t.Setenv(name, value)
	}
	s := newServer(t.TempDir())
	for _, request := range [][2]string{
		{"list", ""},
		{"store", `{"ServerURL":"https://one.example/v1/","Username":"alice","Secret":"a<b>&\"ä"}`},
		{"get", "https://one.example/v1/"}, {"get", "https://one.example/v1/\n"}, {"list", ""},
		{"store", `{"ServerURL":"https://one.example/v1/","Username":"alice","Secret":"second"}`}, {"get", "https://one.example/v1/"},
		{"store", `{"ServerURL":"","Username":"a","Secret":"b"}`}, {"store", `{"ServerURL":"x","Username":"","Secret":"b"}`},
		{"get", ""}, {"erase", ""}, {"frobnicate", ""}, {"erase", "https://one.example/v1/"}, {"list", ""},
	} {
		cmd := exec.CommandContext(t.Context(), pass, request[0])
		cmd.Stdin = strings.NewReader(request[1])
		theirs, _ := cmd.Output()
		ours, code := serve(t, s, request[0], request[1])
		if ours != string(theirs) || code != cmd.ProcessState.ExitCode() {
			t.Errorf("%s %q: %q, %d; docker's prints %q, %d", request[0], request[1], ours, code, theirs, cmd.ProcessState.ExitCode())
		}
	}
}
