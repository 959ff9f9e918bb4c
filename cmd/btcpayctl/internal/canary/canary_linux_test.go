package canary

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/root"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// newCanaryStage makes a home that has everything: a paired key, API keys, a
// legacy key, invoices, and the secrets in files of the user's.
func newCanaryStage(t *testing.T, b canaryBackend, program string) *canaryStage {
	t.Helper()
	s := &canaryStage{backend: b, server: sandbox.New(t), strace: lookForStrace(t), workers: 4, scratch: t.TempDir()}
	h, err := newCanaryHome(t.TempDir(), program)
	must(t, err)
	s.home = h
	tap := newTap(s.server.URL, false)
	t.Cleanup(tap.Close)
	address, err := url.Parse(tap.URL)
	must(t, err)
	s.tap = address.Host
	backup, err := age.GenerateX25519Identity()
	must(t, err)
	id, seed, docker, hook := bitpay.Generate(), s.server.Seed, "dckr_pat_"+randomHex(16), "hook "+randomHex(16)
	owner := human.New(s.server.URL)
	defer owner.Close()
	must(t, owner.LogIn(t.Context(), seed.Email, seed.Password))
	legacy, err := programtest.LegacyKey(t.Context(), owner, seed.StoreID)
	must(t, err)
	for name, text := range map[string]string{"bitid.hex": id.Hex().Reveal(), "legacy": legacy, "password": seed.Password + "\n", "docker": docker, "webhook": hook + "\n",
		"backup-identity": backup.String(), "backup-passphrase": "backup " + randomHex(16)} {
		_, err := h.secret(name, text)
		must(t, err)
	}
	maps.Copy(h.vars, map[string]string{
		"SERVER": tap.URL, "STORE": seed.StoreID, "EMAIL": seed.Email, "PASSWORD": seed.Password, "WIF": id.WIF(false).Reveal(),
		"DOCKERJSON": `{"ServerURL":"https://registry.example.com","Username":"alice","Secret":"` + docker + `"}`,
		"RECIPIENT":  backup.Recipient().String(), "SIN": id.SIN(), "PUBLIC": id.PublicKey(), "SIGNATURE": id.Sign([]byte("x")), "DOCKER": docker,
	})
	s.static = NewSearcher(New("bitid key", id.Hex().Reveal()), New("legacy key", legacy), New("password", seed.Password), New("docker credential", docker), New("webhook secret", hook))
	s.static.Add(Bech32("identity", backup.String()))
	h.vars["OTHER"] = helperKeystore(t)
	s.static.Add(b.start(t, h)...)
	if h.env["BTCPAYCTL_IDENTITY_FILE"] == "" && h.env["BTCPAYCTL_PASSPHRASE_FILE"] == "" {
		// Where keys are moved to files.
		h.vars["OTHER"], h.env["BTCPAYCTL_IDENTITY_FILE"] = "file", h.path("secrets", "identity")
	}
	if h.vars["CODE"], err = programtest.PairingCode(t.Context(), owner, seed.StoreID, ""); err != nil {
		t.Fatal(err)
	}
	h.env["BTCPAYCTL_API_KEY"] = seed.APIKey
	must(t, h.prepare(t.Context(),
		"key import $SECRETS/bitid.hex --profile shop",
		"pair server --profile shop --server $SERVER --code $CODE --interval 100ms",
		"apikey create --server $SERVER --permission unrestricted --save-as admin",
		"apikey create --server $SERVER --for \"invoice create,invoice get,invoice list,store list,store show\" --store $STORE --save-as till"))
	delete(h.env, "BTCPAYCTL_API_KEY")
	delete(h.vars, "CODE")
	must(t, h.prepare(t.Context(), "INVOICE=invoice create --profile till --amount 1 --currency USD -o name", "profile use shop", "credential store < $DOCKERJSON",
		"keystore backup $SECRETS/keys.age --passphrase-file $SECRETS/backup-passphrase"))
	s.static.Add(New("api key", seed.APIKey))
	s.static.Add(tap.all()...)
	if identity, err := os.ReadFile(h.path("secrets", "identity")); err == nil {
		s.static.Add(Bech32("identity", strings.TrimSpace(string(identity[strings.Index(string(identity), "AGE-SECRET"):]))))
	}
	if b.readOnly {
		must(t, pinEnvironment(h, seed.APIKey))
	}
	must(t, os.RemoveAll(h.path("tmp")))
	must(t, os.Mkdir(h.path("tmp"), 0o700))
	return s
}

func resolveScenarios(t *testing.T) {
	t.Helper()
	must(t, resolveOnce())
}

// resolveOnce is for tests that run side by side.
var resolveOnce = sync.OnceValue(func() error {
	root := root.NewRoot(app.New("", ""))
	var err error
	for i := range scenarios {
		err = errors.Join(err, scenarios[i].resolve(root))
	}
	return err
})

// TestCanaryTable fails where a command has no scenario.
func TestCanaryTable(t *testing.T) {
	resolveScenarios(t)
	played := map[string]bool{}
	for _, s := range scenarios {
		played[s.command] = true
		for _, e := range s.allow {
			if e.why == "" || e.kind == "" || e.place == "" {
				t.Errorf("%s: an exception without a reason", s.line)
			}
		}
	}
	commands := runnable(root.NewRoot(app.New("", "")))
	for _, name := range commands {
		if !played[name] {
			t.Errorf("nothing looks for secrets in btcpayctl %s: add it to scenarios", name)
		}
	}
	if len(commands) < 50 {
		t.Errorf("there are only %d commands", len(commands))
	}
}

// A job is one run to be done.
type canaryJob struct {
	*scenario
	variant
}

// playAll plays jobs side by side. check sees what became of each.
func (s *canaryStage) playAll(t *testing.T, jobs []canaryJob, check func(*canaryRun)) {
	t.Helper()
	var workers sync.WaitGroup
	var mu sync.Mutex
	next := make(chan canaryJob)
	for range s.workers {
		workers.Go(func() {
			for job := range next {
				r, leaks, err := s.play(context.WithoutCancel(t.Context()), job.scenario, job.variant)
				mu.Lock()
				name := fmt.Sprintf("%s: btcpayctl %s (%s)", s.backend.name, job.line, job.variant)
				if err != nil && !errors.Is(err, errNoSuchFault) {
					t.Errorf("%s: %v", name, err)
				}
				for _, leak := range leaks {
					t.Errorf("%s: %s", name, leak)
				}
				if err == nil && check != nil {
					check(r)
				}
				mu.Unlock()
			}
		})
	}
	for _, job := range jobs {
		next <- job
	}
	close(next)
	workers.Wait()
}

// how gives the flag by which a command shows most, or the variable.
func (s *scenario) loudest() string {
	if s.flags["--debug"] {
		return "--debug"
	}
	return "environment"
}

// TestCanary runs each command once with all that --debug shows, and half of them once at
// a server that repeats what it was told: the other half by chance in the next run.
func TestCanary(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it runs every command, traced")
	}
	t.Parallel()
	resolveScenarios(t)
	s := newCanaryStage(t, canaryBackends[0], programtest.Plain.Path(t))
	var jobs []canaryJob
	half := rand.IntN(2)
	for i := range scenarios {
		sc := &scenarios[i]
		jobs = append(jobs, canaryJob{sc, variant{how: sc.loudest()}})
		if sc.flags["--debug"] && !sc.calm && i%2 == half {
			jobs = append(jobs, canaryJob{sc, variant{how: "--debug", fault: []string{"401", "403", "422", "500"}[i%4], passing: i / 4 % 2}})
		}
	}
	s.playAll(t, jobs, func(r *canaryRun) { s.expectEnd(t, r) })
	t.Logf("%d runs, %d bytes in all places, secrets seen where they belong %d times and %d times elsewhere", s.runs.Load(), s.bytes.Load(), s.expected.Load(), s.sightings.Load())
}

// expectEnd checks that the scenario does what it is for, where nothing was in
// its way; and that nothing ends with a stack trace.
func (s *canaryStage) expectEnd(t *testing.T, r *canaryRun) {
	t.Helper()
	if r.variant.signal == 0 && strings.Contains(string(r.stderr), "goroutine ") {
		t.Errorf("btcpayctl %s (%s): there is a stack trace:\n%s", r.scenario.line, r.variant, r.stderr)
	}
	quiet := r.variant.fault == "" && r.variant.keyring == "" && r.variant.crash == "" && r.variant.how != "--dry-run" && !s.backend.readOnly
	if quiet && r.code != r.scenario.code && (s.backend.name == "file" || !r.scenario.alone) {
		t.Errorf("btcpayctl %s (%s) ended with %d, not %d:\n%s", r.scenario.line, r.variant, r.code, r.scenario.code, r.stderr)
	}
}
