package root

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/signals"
)

// A proofFault is what comes of the question about a key that was just made.
type proofFault struct {
	name   string
	answer func(w http.ResponseWriter)
}

func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

var proofFaults = []proofFault{
	{"401", status(http.StatusUnauthorized, `{"code":"unauthenticated","message":"Authentication is required"}`)},
	{"403", status(http.StatusForbidden, `{"code":"missing-permission","message":"Insufficient","missingPermission":"btcpay.user.canviewprofile"}`)},
	{"500", status(http.StatusInternalServerError, ``)},
	{"garbage", status(http.StatusOK, `<html>`)},
	{"another key", status(http.StatusOK, `{"apiKey":"0000000000000000000000000000000000000000","label":"x","permissions":[]}`)},
	{"lost", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
}

// places are where a new key goes.
var places = []struct {
	name string
	args func(s *effectStage) []string
}{
	{"keystore", func(*effectStage) []string { return nil }},
	{"profile", func(*effectStage) []string { return []string{"--save-as", "shop"} }},
	{"file", func(s *effectStage) []string { return []string{"--output-file", s.path("made.key")} }},
	{"revealed", func(*effectStage) []string { return []string{"--reveal", "--yes"} }},
}

// TestKeysThatCannotBeProven: a key that was made and cannot be asked about is revoked.
// Where that fails as well, it is named with its label and the page where a person
// deletes it, and what is written down fits what is there.
func TestKeysThatCannotBeProven(t *testing.T) {
	for i, fault := range proofFaults {
		if testing.Short() && i != 3 {
			continue
		}
		for _, revocable := range []bool{true, false} {
			for _, place := range places {
				t.Run(fmt.Sprintf("%s/revocable %v/%s", fault.name, revocable, place.name), func(t *testing.T) {
					t.Parallel()
					s := newEffectWorld(t).stage(t)
					s.admin()
					args := append([]string{"apikey", "create"}, apiKeyArgs(place.args(s)...)(s)...)
					s.failUnproven(fault, revocable, args)
					if revocable {
						s.checkGone()
						return
					}
					s.checkNamed(place.name)
				})
			}
		}
	}
}

// failUnproven runs a line that makes a key, and lets the proof of it fail.
func (s *effectStage) failUnproven(fault proofFault, revocable bool, args []string) {
	t := s.t
	t.Helper()
	s.mintedKeys()
	s.meddling(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/api-keys/current") || strings.HasSuffix(r.Header.Get("Authorization"), s.Seed.APIKey) {
			return false
		}
		switch {
		case r.Method != http.MethodGet && revocable:
			return false
		case r.Method != http.MethodGet && fault.name == "another key":
			status(http.StatusServiceUnavailable, "")(w) // any JSON passes for "revoked"
		default:
			fault.answer(w)
		}
		return true
	})
	g := s.run(args...)
	s.meddling(nil)
	s.stdin = g.stderr // for what is looked at next
	if s.newestKey() == "" {
		t.Fatalf("no key was made: exit %d\n%s", g.code, g.stderr)
	}
	if g.code == 0 || g.code == 2 || g.stdout != "" || strings.Contains(strings.ToLower(g.stderr), "nothing was sent") {
		t.Errorf("exit %d, %q\n%s", g.code, g.stdout, g.stderr)
	}
	if !revocable && s.works(t, s.key) && g.code != 1 {
		t.Errorf("exit %d, and the key lives\n%s", g.code, g.stderr)
	}
}

func (s *effectStage) meddling(meddle func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meddle = meddle
}

// checkGone: nothing is left of the key, and that is said.
func (s *effectStage) checkGone() {
	s.t.Helper()
	said := s.stdin
	s.stdin = ""
	if !strings.Contains(said, "It was revoked") {
		s.t.Errorf("it does not say what became of the key:\n%s", said)
	}
	if s.works(s.t, s.key) || exists(s.path("made.key")) || !allWork(s, 1) || slices.Contains(s.profiles(), "shop") {
		s.t.Errorf("the key works: %v, the file is there: %v, keys %v, profiles %v", s.works(s.t, s.key), exists(s.path("made.key")), s.keyStates(), s.profiles())
	}
}

// checkNamed: the key lives, a person can find it, and its state is what is there.
func (s *effectStage) checkNamed(place string) {
	t := s.t
	t.Helper()
	said := s.stdin
	s.stdin = ""
	if !s.works(t, s.key) {
		// The 401 said that it is gone, and nothing can be known beside.
		return
	}
	id := idOfKey(t, s.key)
	for _, want := range []string{id, "btcpayctl/admin/", "Account / API Keys of " + s.URL} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not named:\n%s", want, said)
		}
	}
	states := s.keyStates()
	switch place {
	case "keystore", "profile":
		if states[id] != "pending" || len(states) != 2 {
			t.Errorf("the keys are %v", states)
		}
		if s.run("doctor", "--profile", "admin"); !allWork(s, 2) {
			t.Errorf("after the doctor the keys are %v", s.keyStates())
		}
	case "file":
		held, err := os.ReadFile(s.path("made.key"))
		if err != nil || strings.TrimSpace(string(held)) != s.key || len(states) != 1 || !strings.Contains(said, s.path("made.key")) {
			t.Errorf("%v, the keys are %v\n%s", err, states, said)
		}
	case "revealed":
		if states[""] != "lost" || len(states) != 2 {
			t.Errorf("the keys are %v", states)
		}
	}
}

// TestRotationThatCannotBeProven: the old key stays in use and works.
func TestRotationThatCannotBeProven(t *testing.T) {
	for _, fault := range proofFaults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			s := newEffectWorld(t).stage(t)
			s.withShopKey()
			old := s.newestKey()
			s.mintedKeys()
			s.meddling(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/api-keys/current") ||
					slices.Contains([]string{"token " + s.Seed.APIKey, "token " + old}, r.Header.Get("Authorization")) {
					return false
				}
				fault.answer(w)
				return true
			})
			g := s.run("apikey", "rotate", "--profile", "shop", "--by", "admin")
			s.meddling(nil)
			if g.code == 0 || g.code == 2 || !strings.Contains(g.stderr, "It was revoked") {
				t.Errorf("exit %d\n%s", g.code, g.stderr)
			}
			if s.newestKey(); s.key == old || s.works(t, s.key) || !s.works(t, old) || !allWork(s, 2) || !s.profileHas("shop", "apiKeyId", s.id) {
				t.Errorf("the keys are %v\n%s", s.keyStates(), g.stderr)
			}
		})
	}
}

// TestInterruptedProof: Ctrl-C after a key was made revokes it.
func TestInterruptedProof(t *testing.T) {
	w := newEffectWorld(t)
	s := w.stage(t)
	s.admin()
	s.mintedKeys()
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	s.meddling(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/api-keys/current") {
			stop(&signals.Stopped{Signal: os.Interrupt})
			panic(http.ErrAbortHandler)
		}
		return false
	})
	g := (&given{home: s.home, ctx: ctx, env: patientEnv()}).run(t, append([]string{"apikey", "create"}, apiKeyArgs("--save-as", "shop")(s)...)...)
	s.meddling(nil)
	s.newestKey()
	if g.code != 130 || !strings.Contains(g.stderr, "It was revoked") || s.key == "" || s.works(t, s.key) || !allWork(s, 1) {
		t.Errorf("exit %d, the keys are %v\n%s", g.code, s.keyStates(), g.stderr)
	}
}
