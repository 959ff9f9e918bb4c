//go:build linux

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/canary"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A keyringCommand is a command that cannot do without the keyring.
type keyringCommand struct {
	line string // SIN and SERVER stand for those of the scene
	// fails gives the code that it must end with.
	fails func(fakeKeyring) output.Code
	again int // the exit code when the keyring is well again
	// report tells that it prints what it found also where it fails.
	report bool
	inFile bool // the key of the scene is in the keystore file at first
}

func keyringCommands() []keyringCommand {
	puts := func(f fakeKeyring) output.Code { return f.put }
	gets := func(f fakeKeyring) output.Code { return f.get }
	removes := func(f fakeKeyring) output.Code { return f.remove }
	first := func(of ...func(fakeKeyring) output.Code) func(fakeKeyring) output.Code {
		return func(f fakeKeyring) output.Code {
			for _, code := range of {
				if code(f) != fine {
					return code(f)
				}
			}
			return fine
		}
	}
	return []keyringCommand{
		{line: "key generate --profile fresh", fails: puts},
		{line: "key show --profile shop", fails: gets},
		{line: "key delete SIN --yes", fails: removes},

		{line: "pair client --profile shop --wait 0", fails: gets},
		{line: "pair client --profile fresh --server SERVER --wait 0", fails: puts, again: 8},
		{line: "invoice list --profile shop", fails: gets},
		{line: "keystore test --profile shop", fails: first(puts, gets, removes), report: true},
		{line: "keystore move --from keyring --to file", fails: first(gets, removes)},
		{line: "keystore move --from file --to keyring", fails: puts, inFile: true},
	}
}

// TestBadInputFakeKeyrings runs the program with each keyring that misbehaves. It
// ends while the keyring still hangs and with the right code, calls nothing stored
// that is not, and when the keyring is well again the same command does its work.
// It is a sample of the pairs of keyring and command, with each of both in it.
func TestBadInputFakeKeyrings(t *testing.T) {
	t.Parallel()
	fakeKeyringsWithin(t, time.Second)
}

// TestTortureFakeKeyrings is [TestBadInputFakeKeyrings] with the deadline that
// holds where nobody sets one, and every command with every keyring. Only here is
// the time measured: on a busy machine it says nothing.
func TestTortureFakeKeyrings(t *testing.T) {
	torture(t)
	fakeKeyringsWithin(t, 0)
}

func fakeKeyringsWithin(t *testing.T, deadline time.Duration) {
	keyringTemplates := newKeyringTemplates(t)
	var group sync.WaitGroup
	var calls, right, lies atomic.Int64
	var slowest atomic.Int64 // nanoseconds
	// Most wait for a deadline, so more run at once than there are processors, but
	// where time is judged not so many that a process waits for one.
	turns := make(chan struct{}, 10)
	if deadline == 0 {
		turns = make(chan struct{}, 4)
	}
	special, methodical := fakeKeyrings()
	for i, fake := range slices.Concat(special, methodical) {
		commands := keyringCommands()
		// One of the commands that need what the keyring does badly, another for the next.
		var concerned []int
		for j, command := range commands {
			if command.fails(fake) != fine {
				concerned = append(concerned, j)
			}
		}
		sampled := concerned[i%len(concerned)]
		for j, command := range commands {
			code := command.fails(fake)
			if code == fine {
				continue
			}
			if deadline != 0 && j != sampled {
				continue
			}
			turns <- struct{}{}
			group.Go(func() {
				defer func() { <-turns }()
				t.Run(fake.name+"/"+command.line, func(t *testing.T) {
					s := keyringTemplates.scene(t, command.inFile)
					fake.set(s.service)
					calls.Add(1)
					took, lied := s.play(command, fake, code, deadline)
					if !t.Failed() {
						right.Add(1)
					}
					if lied {
						lies.Add(1)
					}
					for old := slowest.Load(); int64(took) > old && !slowest.CompareAndSwap(old, int64(took)); old = slowest.Load() {
					}
				})
			})
		}
	}
	group.Wait()
	worst := time.Duration(slowest.Load()).Round(time.Millisecond)
	if deadline == 0 {
		t.Attr("figure", fmt.Sprintf("right exits, commands with a keyring that misbehaves | %d | = %d", right.Load(), calls.Load()))
		t.Attr("figure", fmt.Sprintf("slowest of them, deadline 3 s | %v | ≤ 3.5s", worst))
		t.Attr("figure", fmt.Sprintf("of them said stored, or named a key that is not there | %d | = 0", lies.Load()))
	}
	t.Logf("%d calls, %d right, %d lies, the slowest took %v", calls.Load(), right.Load(), lies.Load(), worst)
}

// keyringTemplates are homes with a paired key, which are copied for each case.
type keyringTemplates struct {
	world  *world
	sin    string
	values map[string]string // of the keyring
	home   map[bool]string   // by whether the key is in the keystore file
	secret *canary.Searcher  // of the private key
}

func newKeyringTemplates(t *testing.T) *keyringTemplates {
	t.Helper()
	m := &keyringTemplates{world: startWorld(t, sandbox.Options{}), home: map[bool]string{}}
	s := &keyringScene{shell: newShell(t), templates: m}
	s.start(t)
	m.home[false] = s.home
	m.sin = s.run("key", "generate", "--profile", "shop", "-o", "name").ok()
	code, err := m.world.makeCode(t.Context(), m.world.server.Seed.StoreID, "")
	if err != nil {
		t.Fatal(err)
	}
	s.run("pair", "server", "--profile", "shop", "--server", m.world.server.URL, "--code", code, "--interval", "100ms").ok()
	m.values = s.service.Values()
	m.secret = canary.NewSearcher(canary.New("key", keyringSecret(t, m.values["bitid/"+m.sin])))

	moved := &keyringScene{shell: newShell(t), templates: m}
	copyHome(t, s.shell, moved.shell)
	moved.start(t)
	for name, value := range m.values {
		moved.service.Put("btcpayctl", name, value)
	}
	moved.run("keystore", "move", "--from", "keyring", "--to", "file").ok()
	m.home[true] = moved.home
	return m
}

// A keyringScene is a home with a key, and a keyring on a bus of its own.
type keyringScene struct {
	*shell
	templates *keyringTemplates
	service   *secretservice.Service
}

func (s *keyringScene) start(t *testing.T) {
	t.Helper()
	bus := secretservice.StartBus(t)
	s.service = secretservice.Start(t, bus)
	s.env["DBUS_SESSION_BUS_ADDRESS"] = bus.Address
	s.env["BTCPAYCTL_KEYSTORE"] = "keyring"
	s.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = patience.String() // for one that is well, and slow
}

func (m *keyringTemplates) scene(t *testing.T, inFile bool) *keyringScene {
	t.Helper()
	s := &keyringScene{shell: newShell(t), templates: m}
	s.start(t)
	from := *s.shell
	from.home = m.home[inFile]
	copyHome(t, &from, s.shell)
	if !inFile {
		for name, value := range m.values {
			s.service.Put("btcpayctl", name, value)
		}
	}
	return s
}

func copyHome(t *testing.T, from, to *shell) {
	t.Helper()
	for _, name := range from.files() {
		data, err := os.ReadFile(from.path(name))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to.path(name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(to.path(name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// play runs the command against the keyring that misbehaves, and again when it is
// well. It tells how long the first run took, and whether something was called
// stored, deleted or moved, or is named and not there.
func (s *keyringScene) play(command keyringCommand, fake fakeKeyring, want output.Code, deadline time.Duration) (took time.Duration, lied bool) {
	t := s.t
	line := strings.NewReplacer("SIN", s.templates.sin, "SERVER", s.templates.world.server.URL).Replace(command.line)
	args := strings.Fields(line)
	args = append(args, "-o", "json")
	switch {
	case deadline == 0:
		delete(s.env, "BTCPAYCTL_KEYSTORE_TIMEOUT")
	case fake.waits:
		s.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = deadline.String()
	}
	start := time.Now()
	r := s.run(args...)
	took = time.Since(start)
	// On a busy machine a short deadline may pass before the prompt is open.
	for fake.waits && deadline != 0 && want == locked && s.service.TakenBack() == 0 && deadline < patience {
		deadline *= 2
		s.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = deadline.String()
		r = s.run(args...)
	}
	if fake.waits && deadline != 0 && !command.report && !strings.Contains(r.stderr, "within "+deadline.String()) {
		t.Errorf("the program did not wait for the keyring, which never answers:\n%s", r.stderr)
	}
	s.check(r, command, want)
	lied = s.lies(r)
	if _, err := os.Stat(s.path("data", "btcpayctl", "keystore")); err == nil && !strings.Contains(command.line, "file") {
		t.Error("the program fell back to another store")
	}
	s.leaks(r)

	s.service.Heal(t)
	s.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = patience.String()
	if again := s.run(strings.Fields(line)...); again.code != command.again {
		t.Errorf("with the keyring well again: exit code %d, want %d\n%s", again.code, command.again, again.stderr)
	}
	s.namesNothing()
	return took, lied
}

// check looks at what the program said.
func (s *keyringScene) check(r run, command keyringCommand, want output.Code) {
	t := s.t
	var e struct {
		Error struct {
			Code          output.Code
			Exit          int
			Message, Hint string
		}
	}
	lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &e); err != nil {
		t.Fatalf("exit code %d, and the error is no JSON: %v\n%s", r.code, err, r.stderr)
	}
	if r.code != 9 || e.Error.Exit != 9 || e.Error.Code != want {
		t.Errorf("exit code %d and %s, want 9 and %s\n%s", r.code, e.Error.Code, want, r.stderr)
	}
	// A hint is something to do, not another name of the failure.
	does := func(part string) bool { return strings.Contains(e.Error.Hint, part) }
	if !slices.ContainsFunc([]string{"export BTCPAYCTL_", "btcpayctl ", "password settings", "newer version"}, does) {
		t.Errorf("the hint says nothing to do: %q", e.Error.Hint)
	}
	switch {
	case !command.report && r.stdout != "":
		t.Errorf("a failed call printed\n%s", r.stdout)
	case command.report:
		var checks []struct{ Check, Status string }
		if err := json.Unmarshal([]byte(r.stdout), &checks); err != nil || len(checks) == 0 {
			t.Fatalf("the report is none: %v\n%s", err, r.stdout)
		}
		bad := 0
		for _, c := range checks {
			if c.Status == "failed" {
				bad++
			}
		}
		if bad == 0 {
			t.Errorf("no check failed:\n%s", r.stdout)
		}
	}
}

// lies tells whether the program claims what is not so.
func (s *keyringScene) lies(r run) bool {
	// A deletion whose answer never came leaves the name, so that it can be asked
	// for again.
	lied := !strings.HasPrefix(r.line, "key delete") && s.namesNothing()
	for _, claim := range []string{"Stored", "Deleted", "Moved"} {
		if strings.Contains(r.stderr, claim) {
			s.t.Errorf("the program says %q:\n%s", claim, r.stderr)
			lied = true
		}
	}
	return lied
}

// namesNothing tells whether index or profiles name a key that its store does
// not hold.
func (s *keyringScene) namesNothing() bool {
	t := s.t
	entries, err := keystore.OpenIndex(s.path("data", "btcpayctl")).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := profile.Open(s.path("config", "btcpayctl"), s.path("state", "btcpayctl")).Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range config.Profiles {
		if p.SIN != "" {
			entries = append(entries, keystore.Entry{Name: "bitid/" + p.SIN, Keystore: p.Keystore})
		}
	}
	held := s.held()
	lost := slices.DeleteFunc(entries, func(e keystore.Entry) bool { return held[e.Keystore+" "+e.Name] })
	if len(lost) > 0 {
		t.Errorf("named, and not there: %v", lost)
	}
	return len(lost) > 0
}

// held are the secrets that the two stores hold.
func (s *keyringScene) held() map[string]bool {
	held := map[string]bool{}
	for name := range maps.Keys(s.service.Values()) {
		held["keyring "+name] = true
	}
	file, err := keystore.Open("file", keystore.Options{Dir: s.path("data", "btcpayctl"), IdentityFile: s.env["BTCPAYCTL_IDENTITY_FILE"]})
	if err != nil {
		s.t.Fatal(err)
	}
	names, err := file.(keystore.Lister).List(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range names {
		held["file "+name] = true
	}
	return held
}

// leaks looks for private keys in all that the program wrote, those included that
// the keyring was to store and did not.
func (s *keyringScene) leaks(r run) {
	t := s.t
	fresh := canary.NewSearcher()
	for _, value := range s.service.Received() {
		if secret := keyringSecret(t, value); !s.templates.secret.Knows(secret) {
			fresh.Add(canary.New("key", secret))
		}
	}
	look := func(where string, data []byte) {
		for _, found := range append(s.templates.secret.Search(data), fresh.Search(data)...) {
			t.Errorf("%s holds a private key in %s", where, found.Encoding)
		}
	}
	look("standard output", []byte(r.stdout))
	look("standard error", []byte(r.stderr))
	for _, name := range s.files() {
		data, err := os.ReadFile(s.path(name))
		if err != nil {
			t.Fatal(err)
		}
		look(name, data)
	}
}

func keyringValue(name string, id *bitpay.Identity) string {
	return "btcpayctl:1:" + name + ":" + base64.StdEncoding.EncodeToString([]byte(id.Hex().Reveal()))
}

// keyringSecret is what a value in the keyring stands for.
func keyringSecret(t *testing.T, value string) string {
	t.Helper()
	parts := strings.Split(value, ":")
	secret, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil {
		t.Fatalf("%q is no value of this program", value)
	}
	return string(secret)
}
