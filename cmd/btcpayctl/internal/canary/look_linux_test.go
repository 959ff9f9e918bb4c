package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// look searches all that the run said and left.
func (r *canaryRun) look(ctx context.Context) (leaks []string, err error) {
	if err := r.collect(); err != nil {
		return nil, err
	}
	own, err := r.ownSecrets(ctx)
	if err != nil {
		return nil, err
	}
	fresh := NewSearcher()
	for _, c := range own {
		if !r.stage.static.Knows(string(c.bases[0])) {
			fresh.Add(c)
		}
	}
	seen := map[string]bool{}
	for _, u := range r.said {
		r.stage.bytes.Add(int64(len(u.data)))
		for _, f := range append(r.stage.static.Search(u.data), fresh.Search(u.data)...) {
			leak := fmt.Sprintf("%s as %s at %s", f.Kind, f.Encoding, u.place)
			if r.allowed(f.Kind, u.place) {
				r.stage.expected.Add(1)
			} else if !seen[leak] {
				seen[leak] = true
				from, to := max(0, f.At-60), min(len(u.data), f.At+100)
				leaks = append(leaks, fmt.Sprintf("%s:\n\t%q", leak, u.data[from:to]))
			}
		}
	}
	return leaks, nil
}

// collect gathers what was written, and what is left in all folders.
func (r *canaryRun) collect() error {
	r.said = []utterance{{"stdout", r.stdout}, {"stderr", r.stderr}}
	if r.stage.strace != "" {
		trace, err := os.ReadFile(r.home.path("out", "trace"))
		if err != nil {
			return err
		}
		reader := traceReader{place: r.place, environ: map[string]bool{}}
		for _, entry := range r.home.environ() {
			reader.environ[entry] = true
		}
		if err := reader.read(trace); err != nil {
			return err
		}
		r.said, r.programs = append(r.said, reader.said...), reader.programs
	}
	shared, err := filepath.Glob("/dev/shm/*")
	if err != nil {
		return err
	}
	for _, name := range shared {
		if data, err := os.ReadFile(name); err == nil {
			r.said = append(r.said, utterance{"file " + name, data})
		}
	}
	return r.home.each(func(path string, data []byte) error {
		name := strings.TrimPrefix(path, r.home.dir+"/")
		if !strings.HasPrefix(name, "out/") {
			r.said = append(r.said, utterance{"file " + name, data}, utterance{"name of a file", []byte(name)})
		}
		return nil
	})
}

// ownSecrets are those that came to be in this run.
func (r *canaryRun) ownSecrets(ctx context.Context) ([]Canary, error) {
	var own []Canary
	if r.scenario.server {
		var started struct{ Password, APIKey string }
		for line := range strings.Lines(string(r.stdout)) {
			if json.Unmarshal([]byte(line), &started) == nil && started.APIKey != "" {
				own = append(own, New("sandbox's password", started.Password), New("sandbox's key", started.APIKey))
			}
		}
	}
	own = append(append(own, r.tap.all()...), learnSecrets(string(r.stderr)+"\n"+string(r.stdout))...)
	err := r.home.each(func(path string, data []byte) error {
		if strings.HasSuffix(path, ".json") {
			own = append(own, learnSecrets(string(data))...)
		}
		if _, identity, ok := strings.Cut(string(data), "AGE-SECRET-KEY-1"); ok && strings.Contains(path, "/secrets/") {
			own = append(own, Bech32("identity", "AGE-SECRET-KEY-1"+strings.TrimSpace(identity)))
		}
		if strings.Contains(path, "/cwd/") {
			if imported, err := bitpay.ParsePrivateKey(data); err == nil {
				own = append(own, New("bitid key", imported.Identity.Hex().Reveal()))
			}
		}
		return nil
	})
	if err != nil || !r.scenario.makesKey || r.variant.keyring != "" {
		return own, err
	}
	home := r.home.without("BTCPAYCTL_FAULT")
	delete(home.env, "BTCPAYCTL_DEBUG")
	delete(home.env, "BTCPAYCTL_OUTPUT")
	list, err := home.run(ctx, "", "key list -o name")
	if err != nil {
		return nil, err
	}
	for sin := range strings.FieldsSeq(list) {
		key, err := home.run(ctx, "", "key export "+sin+" --format hex --reveal --yes")
		if err != nil {
			return nil, err
		}
		own = append(own, New("bitid key", key))
	}
	return own, nil
}

// place names where a descriptor leads.
func (r *canaryRun) place(leadsTo string, p *tracedProcess) string {
	kind, _, _ := strings.Cut(leadsTo, ":")
	switch {
	case leadsTo == r.home.path("out", "stdout"):
		return "stdout"
	case leadsTo == r.home.path("out", "stderr"):
		return "stderr"
	case p.helper:
		return "inside helper"
	case strings.HasPrefix(leadsTo, r.home.dir+"/"):
		return "file " + strings.TrimPrefix(strings.TrimSuffix(leadsTo, "(deleted)"), r.home.dir+"/")
	case strings.HasPrefix(leadsTo, "/"):
		return "file " + leadsTo
	case strings.HasPrefix(kind, "TCP"):
		_, peer, _ := strings.Cut(strings.TrimSuffix(leadsTo, "]"), "->")
		switch {
		case strings.HasSuffix(r.tap.URL, "://"+peer):
			return "server"
		case r.vault != nil && r.vault.URL == "http://"+peer:
			return "vault"
		case strings.HasSuffix(r.tap.stranger.URL, "://"+peer):
			return "stranger"
		}
		return "tcp"
	case strings.HasPrefix(kind, "UNIX") && r.stage.backend.name == "keyring":
		return "keyring"
	case kind == "pipe" && r.stage.backend.helper():
		return "helper"
	}
	return kind
}

// receivers may have secrets of these kinds: they are for them.
var receivers = map[string][]string{
	"server":  {"api key", "legacy key", "password", "pairing token", "cookie", "anti-forgery", "callback nonce", "webhook secret"},
	"vault":   {"vault token", "bitid key", "api key", "docker credential"},
	"keyring": {"bitid key", "api key", "docker credential"},
	"helper":  {"bitid key", "api key", "docker credential"},
	// Here stands what the helper of the tests keeps.
	"file home/kept": {"bitid key", "api key", "docker credential"},
	"inside helper":  {"bitid key", "api key", "docker credential"},
}

// allowed tells whether a secret may be at a place: the receivers', the user's own
// files of secrets, and what the scenario lists.
func (r *canaryRun) allowed(kind, place string) bool {
	if strings.HasPrefix(place, "file home/kept/") {
		place = "file home/kept"
	}
	if slices.Contains(receivers[place], kind) || strings.HasPrefix(place, "file secrets/") {
		return true
	}
	return slices.ContainsFunc(r.scenario.allow, func(e exception) bool {
		match, err := path.Match(e.place, place)
		return e.kind == kind && err == nil && match
	})
}
