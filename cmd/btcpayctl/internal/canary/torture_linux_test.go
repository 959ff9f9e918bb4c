package canary

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
)

// hostility is what a server does, with the signal that comes meanwhile.
var hostility = []variant{
	{fault: "401"}, {fault: "403"}, {fault: "422"}, {fault: "500"}, {fault: "200"}, {fault: "cut"}, {fault: "malformed"}, {fault: "redirect"},
	{fault: "hang", signal: syscall.SIGINT}, {fault: "hang", signal: syscall.SIGTERM},
}

// mostPassing bounds how many requests pass before a fault: those that ask the
// same again and again are alike.
const mostPassing = 4

// TestTortureCanary is the product of every command, every keystore, every fault
// of server and keystore, and --debug on and off.
func TestTortureCanary(t *testing.T) {
	torture(t)
	resolveScenarios(t)
	var runs, searched, expected, elsewhere int64
	for _, b := range canaryBackends {
		t.Run(strings.ReplaceAll(b.name, " ", "_"), func(t *testing.T) {
			s := newCanaryStage(t, b, programtest.Plain.Path(t))
			s.workers = 12 // most of the time they wait
			switch b.name {
			case "file, passphrase":
				s.workers = 2 // a derivation takes 256 MiB
			case "helper secretservice":
				s.workers = 1 // it lists what others keep for a moment
			}
			if b.shared {
				s.lockedBus = startSecretService(t)
				must(t, lockSecretService(s.lockedBus))
				list, err := s.home.run(t.Context(), "", "apikey list --offline -o name")
				must(t, err)
				names := []string{"bitid/" + s.home.vars["SIN"]}
				for id := range strings.FieldsSeq(list) {
					names = append(names, "apikey/"+id)
				}
				s.damagedBus = startSecretService(t)
				must(t, fillSecretService(s.damagedBus, names, s.server.Seed.APIKey))
			}
			ways := []string{"", "--debug", "environment", "--dry-run"}
			if b.slow {
				ways = []string{"environment"}
			}
			requests := s.quietly(t, ways)
			s.playAll(t, s.hostileJobs(requests), func(r *canaryRun) { s.expectEnd(t, r) })
			s.playAll(t, s.keystoreJobs(), func(r *canaryRun) { s.expectEnd(t, r) })
			for i := range scenarios {
				if sc := &scenarios[i]; sc.alone && b.shared {
					s.playAll(t, []canaryJob{{sc, variant{how: "environment"}}}, nil)
				}
			}
			t.Logf("%s: %d runs, %d bytes, secrets seen where they belong %d times, elsewhere %d times", b.name, s.runs.Load(), s.bytes.Load(), s.expected.Load(), s.sightings.Load())
			if s.expected.Load() < s.runs.Load() {
				t.Error("the secrets were hardly seen where they belong: is the search blind?")
			}
			runs, searched = runs+s.runs.Load(), searched+s.bytes.Load()
			expected, elsewhere = expected+s.expected.Load(), elsewhere+s.sightings.Load()
		})
	}
	t.Attr("figure", fmt.Sprintf("secrets out of place, %d runs: command × keystore × fault × debug | %d | = 0", runs, elsewhere))
	t.Attr("figure", fmt.Sprintf("searched for them in %d forms each | %d MiB | -", len(New("", strings.Repeat("ab", 32)).forms()), searched>>20))
	t.Attr("figure", fmt.Sprintf("secrets seen where they belong, in these runs | %d | ≥ %d", expected, runs))
}

// chosen are the scenarios for a keystore: one of each command where it is slow.
func (s *canaryStage) chosen() (all []*scenario) {
	for i := range scenarios {
		if s.backend.slow && slices.ContainsFunc(all, func(o *scenario) bool { return o.command == scenarios[i].command }) {
			continue
		}
		all = append(all, &scenarios[i])
	}
	return all
}

// quietly plays everything with nothing in its way, and counts the requests.
func (s *canaryStage) quietly(t *testing.T, ways []string) map[*scenario]int {
	var jobs []canaryJob
	for _, sc := range s.chosen() {
		for _, how := range ways {
			if (how == "--debug" || how == "--dry-run") && !sc.flags[how] || sc.alone && s.backend.shared {
				continue
			}
			jobs = append(jobs, canaryJob{sc, variant{how: how}})
		}
	}
	requests := map[*scenario]int{}
	s.playAll(t, jobs, func(r *canaryRun) {
		s.expectEnd(t, r)
		requests[r.scenario] = max(requests[r.scenario], r.requests)
	})
	return requests
}

// hostileJobs let the server do its worst after each number of requests.
func (s *canaryStage) hostileJobs(requests map[*scenario]int) (jobs []canaryJob) {
	for _, sc := range s.chosen() {
		if requests[sc] == 0 || sc.calm || sc.alone && s.backend.shared {
			continue
		}
		for _, v := range hostility {
			if sc.lasting && v.signal == 0 {
				continue
			}
			for v.passing = 0; v.passing < min(requests[sc], mostPassing); v.passing++ {
				for _, how := range []string{"", sc.loudest()} {
					if s.backend.slow && (how == "" || v.passing > 0 || v.fault != "403" && v.signal != syscall.SIGINT) {
						continue
					}
					v.how = how
					jobs = append(jobs, canaryJob{sc, v})
				}
			}
		}
		if !s.backend.slow && len(sc.before) == 0 {
			jobs = append(jobs, canaryJob{sc, variant{fault: "tls"}}, canaryJob{sc, variant{fault: "tls", how: sc.loudest()}})
		}
	}
	return jobs
}

// keystoreJobs let the keystore fail.
func (s *canaryStage) keystoreJobs() (jobs []canaryJob) {
	for fault := range s.backend.faults {
		for _, sc := range s.chosen() {
			if sc.alone && s.backend.shared {
				continue
			}
			for _, how := range []string{"", sc.loudest()} {
				if s.backend.slow && how == "" {
					continue
				}
				jobs = append(jobs, canaryJob{sc, variant{keyring: fault, how: how}})
			}
		}
	}
	return jobs
}

// TestTortureCanaryCrash kills the program at each of its steps, and looks at
// what it leaves.
func TestTortureCanaryCrash(t *testing.T) {
	torture(t)
	resolveScenarios(t)
	steps := map[string]bool{}
	must(t, filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range regexp.MustCompile(`fault\.At\("([^"]+)"\)`).FindAllStringSubmatch(string(source), -1) {
			steps[match[1]] = false
		}
		return err
	}))
	// A watcher does something once its command is gone: TestKilledWithKeys kills both.
	maps.DeleteFunc(steps, func(step string, _ bool) bool { return strings.HasPrefix(step, "watch-") })
	s := newCanaryStage(t, canaryBackends[0], programtest.Killable.Path(t))
	var jobs []canaryJob
	for i := range scenarios {
		sc := &scenarios[i]
		if !slices.ContainsFunc([]string{"apikey", "authorize", "doctor", "key ", "keystore", "credential"}, func(p string) bool { return strings.HasPrefix(sc.command+" ", p) }) {
			continue
		}
		for step := range steps {
			for _, how := range []string{"", sc.loudest()} {
				jobs = append(jobs, canaryJob{sc, variant{crash: step, how: how}})
			}
		}
	}
	killed := 0
	s.playAll(t, jobs, func(r *canaryRun) {
		if r.code == -1 || r.code == 128+int(syscall.SIGKILL) {
			steps[r.variant.crash] = true
			killed++
		}
	})
	for step, reached := range steps {
		if !reached {
			t.Errorf("no scenario was killed at %s", step)
		}
	}
	t.Attr("figure", fmt.Sprintf("secrets out of place, %d runs of which %d were killed at %d steps | %d | = 0", s.runs.Load(), killed, len(steps), s.sightings.Load()))
}
