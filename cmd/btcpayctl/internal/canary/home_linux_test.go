package canary

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A canaryHome is what a user has: folders full of secrets, and an environment
// that leads to them.
type canaryHome struct {
	dir, program string
	env          map[string]string
	vars         map[string]string // what a scenario may name
	vault        *canaryVault      // where that is the keystore
	vaultURL     string
}

func newCanaryHome(dir, program string) (*canaryHome, error) {
	h := &canaryHome{dir: dir, program: program, vars: map[string]string{}, env: map[string]string{
		"PATH": filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"), "BROWSER": "true",
		"BTCPAYCTL_KEYSTORE_TIMEOUT": patience.String(),
	}}
	for name, folder := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache",
		"KEPT": "home/kept", "XDG_RUNTIME_DIR": "runtime", "TMPDIR": "tmp", "SECRETS": "secrets", "PWD": "cwd",
	} {
		h.env[name] = h.path(folder)
		if err := os.MkdirAll(h.env[name], 0o700); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *canaryHome) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// secret puts a secret into a file of the user's, which is where it belongs.
func (h *canaryHome) secret(name, text string) (path string, err error) {
	path = h.path("secrets", name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// copy makes a home of its own for one run, in which texts are replaced: the
// addresses of servers.
func (h *canaryHome) copy(dir string, replace map[string]string) (*canaryHome, error) {
	if out, err := exec.Command("cp", "-a", h.dir, dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	other := &canaryHome{dir: dir, program: h.program, env: map[string]string{}, vars: map[string]string{}, vault: h.vault}
	texts := []string{h.dir, dir}
	for from, to := range replace {
		texts = append(texts, from, to)
	}
	replacer := strings.NewReplacer(texts...)
	for name, value := range h.env {
		other.env[name] = replacer.Replace(value)
	}
	for name, value := range h.vars {
		other.vars[name] = replacer.Replace(value)
	}
	return other, other.each(func(path string, data []byte) error {
		if changed := replacer.Replace(string(data)); changed != string(data) && !strings.HasSuffix(path, ".age") {
			return os.WriteFile(path, []byte(changed), 0o600)
		}
		return nil
	})
}

// each gives every file.
func (h *canaryHome) each(do func(path string, data []byte) error) error {
	return filepath.WalkDir(h.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			err = do(path, data)
		}
		return err
	})
}

func (h *canaryHome) environ() []string {
	var all []string
	for name, value := range h.env {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}

func (h *canaryHome) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, h.program, args...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = h.environ(), h.path("cwd"), patience
	return cmd
}

// run runs a command line without looking, as a user did before or does beside.
func (h *canaryHome) run(ctx context.Context, stdin, line string) (stdout string, err error) {
	cmd := h.command(ctx, h.words(line)...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(h.expand(stdin)), &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("btcpayctl %s: %w\n%s", line, err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// prepare runs lines one after the other; NAME=line keeps what one prints, and
// line < TEXT has a standard input.
func (h *canaryHome) prepare(ctx context.Context, lines ...string) error {
	for _, line := range lines {
		name, rest, ok := strings.Cut(line, "=")
		if !ok || strings.ToUpper(name) != name {
			name, rest = "", line
		}
		rest, stdin, _ := strings.Cut(rest, " < ")
		out, err := h.run(ctx, stdin, rest)
		if err != nil {
			return err
		}
		if name != "" {
			h.vars[name] = out
		}
	}
	return nil
}

func (h *canaryHome) expand(text string) string {
	return os.Expand(text, func(name string) string {
		if value, ok := h.vars[name]; ok {
			return value
		}
		return h.env[name]
	})
}

// words takes a line apart as a shell does, with double quotes.
func (h *canaryHome) words(line string) (words []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, h.expand(part))
			continue
		}
		for word := range strings.FieldsSeq(part) {
			words = append(words, h.expand(word))
		}
	}
	return words
}
