package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// An endScene is a home, a server of some release, and the way there.
type endScene struct {
	*shell
	w    *world
	line *line
}

// endReleases are those whose refusals differ. In make test each test has one that is silent
// and one that is not, so that every release is in one of them; make torture has all of them
// for each.
var endReleases = []string{"1.13", "2.0", "2.3", "2.4", "newer"}

// isSilent reports whether a release does not say why it refuses a key.
func isSilent(release string) bool { return release == "1.13" || release == "2.0" }

func newEndScene(t *testing.T, release string) *endScene {
	t.Helper()
	w := startWorld(t, sandbox.Options{Emulate: release})
	s := &endScene{newShell(t), w, newLine(strings.TrimSuffix(w.server.URL, "/"))}
	t.Cleanup(s.line.Close)
	s.program = buildKillable(t)
	s.become("admin", w.server.Seed.APIKey)
	return s
}

// become makes a profile with an unrestricted key of the account that another key
// belongs to.
func (s *endScene) become(profile, by string) {
	s.t.Helper()
	s.env["BTCPAYCTL_API_KEY"] = by
	s.run("apikey", "create", "--server", s.line.URL, "--permission", "unrestricted", "--save-as", profile).ok()
	delete(s.env, "BTCPAYCTL_API_KEY")
}

// exec runs a command with a key of its own, and gives that key. It is killed at a
// step, if one is named.
func (s *endScene) exec(profile, step string) string {
	s.t.Helper()
	s.env["BTCPAYCTL_FAULT"] = step
	r := s.run("apikey", "exec", "--profile", profile, "--all-stores", "--for", "invoice list", "--", "sh", "-c", "echo $BTCPAY_API_KEY")
	delete(s.env, "BTCPAYCTL_FAULT")
	key := strings.TrimSpace(r.stdout)
	if (r.code == -1) != (step != "") || len(key) != 40 {
		s.t.Fatalf("killed at %q it ended with %d:\n%s%s", step, r.code, r.stdout, r.stderr)
	}
	return key
}

// together runs a command for each step, with a key of its own, and kills all of them
// when all have a key: at the step, or while the command runs where it is empty.
func (s *endScene) together(steps ...string) (keys []string) {
	s.t.Helper()
	var running []*exec.Cmd
	var inputs []io.Closer
	for _, step := range steps {
		cmd := s.command("apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "sh", "-c", "echo $BTCPAY_API_KEY; read line; exit 0")
		cmd.Env = append(cmd.Env, "BTCPAYCTL_FAULT="+step)
		input, err := cmd.StdinPipe()
		must(s.t, err)
		output, err := cmd.StdoutPipe()
		must(s.t, err)
		must(s.t, cmd.Start())
		s.t.Cleanup(func() { cmd.Process.Kill() })
		key, err := bufio.NewReader(output).ReadString('\n')
		if err != nil || len(key) != 41 {
			s.t.Fatalf("killed at %q it prints %q: %v", step, key, err)
		}
		keys, running, inputs = append(keys, strings.TrimSpace(key)), append(running, cmd), append(inputs, input)
	}
	for i, step := range steps {
		if step == "" {
			must(s.t, running[i].Process.Kill())
		}
		inputs[i].Close()
	}
	for i, cmd := range running {
		cmd.Wait()
		if cmd.ProcessState.ExitCode() != -1 {
			s.t.Fatalf("it was not killed at %q: %s", steps[i], cmd.ProcessState)
		}
	}
	return keys
}

// connect asks the server itself, past what is in the way.
func (s *endScene) connect(key string) *greenfield.Client {
	s.t.Helper()
	parsed, err := greenfield.NewAPIKey(client.NewSecret(key))
	must(s.t, err)
	c, err := greenfield.New(s.w.server.URL, parsed, client.WithTimeout(patience))
	must(s.t, err)
	s.t.Cleanup(c.CloseIdleConnections)
	return c
}

func (s *endScene) lives(key string) bool {
	s.t.Helper()
	_, err := s.connect(key).APIKeys.Current(s.t.Context())
	return err == nil
}

type openRow struct{ Operation, Status, ID, Label, Known string }

// open is what "apikey list --open" names.
func (s *endScene) open() (rows []openRow) {
	s.t.Helper()
	must(s.t, json.Unmarshal([]byte(s.run("apikey", "list", "--open", "-o", "json").ok()), &rows))
	return rows
}

// ended checks that nothing is open, and that the doctor is content.
func (s *endScene) ended(what string) {
	s.t.Helper()
	if rows := s.open(); len(rows) > 0 {
		s.t.Errorf("%s: open are %+v", what, rows)
	}
	s.run("doctor", "--profile", "admin").ok()
}

// endTest is a test on a server of some release.
type endTest func(t *testing.T, s *endScene, release string)

// onEach runs a test for each of these releases.
func onEach(t *testing.T, releases []string, test endTest) {
	t.Helper()
	if testing.Short() {
		t.Skip("left out of the inner loop: it builds the program a second time")
	}
	t.Parallel()
	buildKillable(t)
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			test(t, newEndScene(t, release), release)
		})
	}
}

// TestGoneIsGone: a key that is gone is no open operation any more, whoever revoked it
// and wherever the program was killed.
func TestGoneIsGone(t *testing.T) { onEach(t, []string{"2.0", "2.3"}, goneIsGone) }

func goneIsGone(t *testing.T, s *endScene, release string) {
	for _, key := range s.together("exec-revoked", "key-ended", "key-deleted") {
		if s.lives(key) {
			t.Fatal("the key of a command that has ended lives")
		}
	}
	if rows := s.open(); len(rows) != 3 || rows[0].Status != "killed" {
		t.Fatalf("open are %+v", rows)
	}
	again := s.run("apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "true")
	again.ok()
	if !strings.Contains(again.stderr, "Revoked 3 keys of runs that were killed.") || strings.Contains(again.stderr, "warning") {
		t.Errorf("the next run says\n%s", again.stderr)
	}
	s.ended("after the next run")

	// So are those of a version that did not note who made a key.
	s.together("exec-revoked", "exec-revoked")
	for _, name := range s.openOperations() {
		record, err := os.ReadFile(name)
		must(t, err)
		must(t, os.WriteFile(name, regexp.MustCompile(`(?m)^.*"mintedBy".*\n`).ReplaceAll(record, nil), 0o600))
	}
	s.run("doctor", "--profile", "admin").ok()
	s.ended("records of an older version")

	for _, step := range []string{"exec-revoked", "key-ended", "key-deleted"} {
		s.exec("admin", step)
		s.run("doctor", "--profile", "admin").ok()
		s.ended("after the doctor, " + step)
		s.exec("admin", step)
		s.run("apikey", "revoke", "--open", "--yes", "--no-browser").ok()
		s.ended("after revoke --open, " + step)
	}

	// One that lives is revoked as well.
	key := s.exec("admin", "exec-running")
	if !s.lives(key) {
		t.Fatal("the key of a command that runs does not live")
	}
	s.run("apikey", "revoke", "--open", "--yes", "--no-browser").ok()
	if s.lives(key) {
		t.Error("the key lives")
	}
	s.ended("after revoke --open")
	s.revokedByHand(release)
	s.rotated(release)
}

// revokedByHand has a stored key that a person deleted on the server's page. No other
// key of its account is known here.
func (s *endScene) revokedByHand(release string) {
	t := s.t
	t.Helper()
	key := s.run("apikey", "create", "--profile", "admin", "--all-stores", "--for", "invoice list", "--reveal", "--yes", "-o", "name").ok()
	pasted := []string{"authorize", "--paste", "--profile", "hand", "--server", s.line.URL, "--all-stores", "--for", "invoice list"}
	s.input(key+"\n", pasted...).ok()
	must(t, s.connect(key).APIKeys.RevokeCurrent(t.Context()))
	revoke := s.run("apikey", "revoke", "current", "--profile", "hand", "--yes")
	if !isSilent(release) {
		revoke.ok()
		s.ended("a key that a person revoked")
		return
	}
	rows := s.open()
	if len(rows) != 1 || rows[0].Status != "revoking" || !strings.Contains(rows[0].Known, "does not say why") {
		t.Fatalf("open are %+v", rows)
	}
	revoke.fails(4, "does not say why, as servers before 2.3.5", "look at the page Account / API Keys", "--forget "+rows[0].Operation)
	if doctor := s.run("doctor", "--profile", "admin"); doctor.code != 4 || !strings.Contains(doctor.stdout, "--forget "+rows[0].Operation) {
		t.Errorf("the doctor ends with %d:\n%s", doctor.code, doctor.stdout)
	}
	if closing := s.run("apikey", "revoke", "--open", "--yes", "--no-browser"); closing.code != 4 {
		t.Errorf("revoke --open ends with %d:\n%s", closing.code, closing.stderr)
	}
	forget := s.run("doctor", "--profile", "admin", "--forget", rows[0].Operation)
	forget.ok()
	if !strings.Contains(forget.stderr, "Deleted the key "+rows[0].ID+" here") {
		t.Errorf("it is not said what was forgotten:\n%s", forget.stderr)
	}
	s.ended("a person's word")
	if listed := s.run("apikey", "list", "-o", "name").ok(); strings.Contains(listed, rows[0].ID) {
		t.Errorf("the key is still stored: %s", listed)
	}
}

// rotated kills a rotation when the old key is gone.
func (s *endScene) rotated(release string) {
	t := s.t
	t.Helper()
	rotate := func(profile string, more ...string) {
		t.Helper()
		s.env["BTCPAYCTL_FAULT"] = "rotate-revoked"
		defer delete(s.env, "BTCPAYCTL_FAULT")
		if r := s.run(append([]string{"apikey", "rotate", "--profile", profile}, more...)...); r.code != -1 {
			t.Fatalf("it was not killed: exit %d\n%s", r.code, r.stderr)
		}
	}
	// A key that makes its successor is known to be of the same account.
	rotate("admin")
	s.run("doctor", "--profile", "admin").ok()
	s.ended("a rotation by itself")
	s.run("apikey", "create", "--profile", "admin", "--all-stores", "--for", "invoice list", "--save-as", "shop").ok()
	rotate("shop", "--by", "admin")
	doctor := s.run("doctor", "--profile", "admin")
	if !isSilent(release) {
		doctor.ok()
		s.ended("a rotation by another key")
		return
	}
	rows := s.open()
	if len(rows) != 1 || rows[0].Status != "revoking" || doctor.code != 4 {
		t.Fatalf("the doctor ends with %d, open are %+v\n%s", doctor.code, rows, doctor.stdout)
	}
	s.run("doctor", "--profile", "admin", "--forget", rows[0].Operation).ok()
	s.ended("a rotation that a person looked after")
	s.run("apikey", "current", "--profile", "shop").ok()
}

// TestNotGone: what refuses a key for another reason does not pass for its end. When
// that is over, the key is revoked.
func TestNotGone(t *testing.T) { onEach(t, []string{"1.13", "2.4"}, notGone) }

func notGone(t *testing.T, s *endScene, release string) {
	check := func(what, profile, key string, undo func()) {
		t.Helper()
		for _, look := range [][]string{
			{"doctor", "--profile", profile},
			{"apikey", "revoke", "--open", "--yes", "--no-browser"},
			{"apikey", "list"},
		} {
			r := s.run(look...)
			if (r.code == 0) != (look[1] == "list") {
				t.Errorf("%s: %q ends with %d:\n%s%s", what, look, r.code, r.stdout, r.stderr)
			}
		}
		undo()
		if !s.lives(key) {
			t.Errorf("%s: the key does not live", what)
		}
		if rows := s.open(); len(rows) != 1 || rows[0].Known != "it works" {
			t.Errorf("%s: open are %+v", what, rows)
		}
		s.run("doctor", "--profile", profile).ok()
		if s.lives(key) {
			t.Errorf("%s: the key lives", what)
		}
		s.ended(what)
	}
	s.notProven(release)
	for _, fault := range []string{"strip", "page"} {
		s.line.setFault(fault, "GET,DELETE", -1, 0)
		key := s.exec("admin", "")
		programtest.EndWatchers(s.path("data")) // which would revoke the key by itself
		check(fault, "admin", key, func() { s.line.setFault("ok", "", -1, 0) })
	}

	other := startWorld(t, sandbox.Options{Emulate: release})
	key := s.exec("admin", "exec-running")
	s.line.leadTo(strings.TrimSuffix(other.server.URL, "/"))
	check("another server", "admin", key, func() { s.line.leadTo(strings.TrimSuffix(s.w.server.URL, "/")) })

	// A locked account: all its keys are refused, and work again later.
	var user struct{ ID string }
	seed, server := s.w.server.Seed, strings.TrimSuffix(s.w.server.URL, "/")
	must(t, s.w.post(t.Context(), server+"/api/v1/users", seed.APIKey, map[string]any{"email": "worker@example.com", "password": "correct horse battery"}, &user))
	var made struct{ APIKey string }
	must(t, s.w.post(t.Context(), server+"/api/v1/users/"+user.ID+"/api-keys", seed.APIKey, map[string]any{"permissions": []string{"unrestricted"}}, &made))
	s.become("worker", made.APIKey)
	lock := func(locked bool) {
		must(t, s.w.post(t.Context(), server+"/api/v1/users/"+user.ID+"/lock", seed.APIKey, map[string]any{"locked": locked}, nil))
	}
	var worker struct{ APIKey string }
	must(t, s.w.post(t.Context(), server+"/api/v1/users/"+user.ID+"/api-keys", seed.APIKey, map[string]any{"permissions": []string{}}, &worker))
	key = s.exec("worker", "exec-running")
	lock(true)
	// Nor does one of which nothing is known here.
	if r := s.run("apikey", "revoke", "--value-file", s.write("worker.key", worker.APIKey), "--server", s.line.URL, "--yes"); r.code != 4 {
		t.Errorf("a locked account's key from a file: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	lock(false)
	if !s.lives(worker.APIKey) {
		t.Error("the key from the file does not live")
	}
	s.run("apikey", "revoke", "--value-file", s.path("worker.key"), "--server", s.line.URL, "--yes").ok()
	lock(true)
	check("a locked account", "worker", key, func() { lock(false) })
}

// notProven has keys that a person brings and that the server refuses. The one that
// works is kept until the server can be asked.
func (s *endScene) notProven(release string) {
	t := s.t
	t.Helper()
	paste := []string{"authorize", "--paste", "--profile", "person", "--server", s.line.URL, "--all-stores", "--for", "invoice list"}
	key := s.run("apikey", "create", "--profile", "admin", "--all-stores", "--for", "invoice list", "--reveal", "--yes", "-o", "name").ok()
	for fault, says := range map[string]string{"strip": "the API key does not reach the server", "page": "a firewall or proxy refused the request"} {
		s.line.setFault(fault, "GET", -1, 0)
		s.input(key+"\n", paste...).fails(3, says, "The key was received and stored, but is not in use")
		if doctor := s.run("doctor", "--profile", "admin"); doctor.code == 0 || !s.lives(key) {
			t.Errorf("%s: the doctor ends with %d\n%s", fault, doctor.code, doctor.stdout)
		}
		s.line.setFault("ok", "", -1, 0)
		s.run("doctor", "--profile", "admin").ok()
		if used := s.run("apikey", "current", "--profile", "person", "-o", "json", "--jq", ".status").ok(); used != "works" {
			t.Errorf("%s: the key is %s", fault, used)
		}
	}
	s.ended("a key that was refused by somebody else")
	unknown := s.input(strings.Repeat("0123abcd", 5)+"\n", paste...)
	if isSilent(release) {
		unknown.fails(4, "does not say why", "its label is btcpayctl/person/")
	} else {
		unknown.fails(4, "does not work on "+s.line.URL+", and was not kept")
	}
	rows := s.open()
	if len(rows) != 1 || rows[0].Status != map[bool]string{true: "pending", false: "asked"}[isSilent(release)] {
		t.Fatalf("open are %+v", rows)
	}
	s.run("doctor", "--profile", "admin", "--forget", rows[0].Operation).ok()
	s.ended("a key that nobody knows")
}

// TestParallelEnds has many processes end the same operations at once: each is ended
// by one, and the others say nothing about it.
func TestParallelEnds(t *testing.T) { onEach(t, []string{"1.13", "newer"}, parallelEnds) }

// TestTortureEnds has each of them on each release.
func TestTortureEnds(t *testing.T) {
	torture(t)
	var failed atomic.Int64
	t.Run("all", func(t *testing.T) {
		for name, test := range map[string]endTest{"gone is gone": goneIsGone, "not gone": notGone, "parallel": parallelEnds} {
			t.Run(name, func(t *testing.T) {
				onEach(t, endReleases, func(t *testing.T, s *endScene, release string) {
					defer func() {
						if t.Failed() {
							failed.Add(1)
						}
					}()
					test(t, s, release)
				})
			})
		}
	})
	t.Attr("figure", fmt.Sprintf("wrong ends of operations, 3 tests on %d releases | %d | = 0", len(endReleases), failed.Load()))
}

func parallelEnds(t *testing.T, s *endScene, _ string) {
	keys := s.together("", "exec-revoked", "key-deleted", "", "exec-revoked", "key-ended", "")
	id := s.run("apikey", "create", "--profile", "admin", "--all-stores", "--for", "invoice list", "-o", "name").ok()
	lines := [][]string{
		{"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "true"},
		{"apikey", "exec", "--profile", "admin", "--all-stores", "--for", "invoice list", "--", "true"},
		{"doctor", "--profile", "admin"},
		{"doctor", "--profile", "admin"},
		{"apikey", "list", "-o", "json"},
		{"apikey", "list", "--open", "-o", "json"},
		{"apikey", "revoke", "--open", "--yes", "--no-browser"},
		{"apikey", "revoke", id, "--yes"},
		{"apikey", "revoke", id, "--yes"},
	}
	var all sync.WaitGroup
	for _, line := range lines {
		all.Go(func() {
			cmd := s.command(line...)
			out, err := cmd.CombinedOutput()
			code := cmd.ProcessState.ExitCode()
			// One of two that revoke the same key may come when nothing is left of it.
			late := code == 6 && line[len(line)-2] == id
			// Who finds an operation in other hands leaves it, and says so.
			busy := code == 8 && strings.Contains(string(out), "another process is working on it")
			if code != 0 && !late && !busy || strings.Contains(string(out), "warning") || strings.Contains(string(out), "unreadable") {
				t.Errorf("%q ends with %d, %v:\n%s", line, code, err, out)
			}
		})
	}
	all.Wait()
	for i, key := range keys {
		if s.lives(key) {
			t.Errorf("key %d lives", i)
		}
	}
	s.ended("all of them at once")
}
