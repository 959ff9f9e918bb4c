package canary

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A canaryBackend is a keystore, and how it fails.
type canaryBackend struct {
	name string
	// start makes it, and points the home at it.
	start func(t *testing.T, h *canaryHome) []Canary
	// pinned is what the profiles that were made with "file" say afterwards.
	readOnly bool
	// faults change the home of one run.
	faults map[string]func(r *canaryRun) error
	// shared has one store for all runs.
	shared bool
	// slow ones take part in a smaller product.
	slow bool
}

func (b canaryBackend) helper() bool { return strings.HasPrefix(b.name, "helper") }

var canaryBackends = []canaryBackend{
	{name: "file", start: startFileBackend, faults: map[string]func(*canaryRun) error{
		"locked":  func(r *canaryRun) error { return os.Remove(r.home.env["BTCPAYCTL_IDENTITY_FILE"]) },
		"damaged": damageFiles, "missing": removeFiles, "disk full": fullDisk,
	}},
	{name: "file, passphrase", slow: true, start: startPassphraseBackend, faults: map[string]func(*canaryRun) error{
		"locked": func(r *canaryRun) error {
			return os.WriteFile(r.home.env["BTCPAYCTL_PASSPHRASE_FILE"], []byte("another one\n"), 0o600)
		},
		"damaged": damageFiles, "missing": removeFiles,
	}},
	{name: "env", readOnly: true, start: startEnvBackend, faults: map[string]func(*canaryRun) error{
		"locked":  func(r *canaryRun) error { return os.Chmod(r.home.path("secrets", "bitid.hex"), 0o666) },
		"damaged": func(r *canaryRun) error { return truncate(r.home.path("secrets", "bitid.hex")) },
		"missing": func(r *canaryRun) error { return os.Remove(r.home.path("secrets", "bitid.hex")) },
	}},
	{name: "helper", start: startHelperBackend, faults: map[string]func(*canaryRun) error{
		"locked":  helperFault("locked"),
		"damaged": helperFault("damaged"),
		"missing": func(r *canaryRun) error { r.home.env["PATH"] = "/nowhere"; return helperFault("missing")(r) },
	}},
	{name: "keyring", shared: true, start: startKeyringBackend, faults: keyringFaults},
	{name: "vault", start: startVaultBackend, faults: map[string]func(*canaryRun) error{
		"locked":  vaultFault("sealed"),
		"damaged": vaultFault("damaged"),
		"missing": vaultFault("gone"),
		"denied":  vaultFault("denied"),
	}},
	{name: "helper secretservice", shared: true, slow: true, start: startSecretServiceBackend, faults: keyringFaults},
	{name: "helper pass", slow: true, start: startPassBackend, faults: map[string]func(*canaryRun) error{
		"missing": func(r *canaryRun) error { r.home.env["PASSWORD_STORE_DIR"] = r.home.path("none"); return nil },
	}},
}

func startFileBackend(t *testing.T, h *canaryHome) []Canary {
	h.env["BTCPAYCTL_KEYSTORE"], h.env["BTCPAYCTL_IDENTITY_FILE"] = "file", h.path("secrets", "identity")
	return nil
}

func startPassphraseBackend(t *testing.T, h *canaryHome) []Canary {
	passphrase := "pass phrase " + randomHex(16)
	path, err := h.secret("passphrase", passphrase+"\n")
	must(t, err)
	h.env["BTCPAYCTL_KEYSTORE"], h.env["BTCPAYCTL_PASSPHRASE_FILE"] = "file", path
	return []Canary{New("passphrase", passphrase)}
}

// startEnvBackend begins with files; pinEnvironment makes the profile read the
// environment.
func startEnvBackend(t *testing.T, h *canaryHome) []Canary { return startFileBackend(t, h) }

func damageFiles(r *canaryRun) error {
	return r.home.each(func(path string, data []byte) error {
		if !strings.HasSuffix(path, ".age") {
			return nil
		}
		data[len(data)-10] ^= 1
		return os.WriteFile(path, data, 0o600)
	})
}

func removeFiles(r *canaryRun) error {
	return os.RemoveAll(r.home.path("data", "btcpayctl", "keystore"))
}

func truncate(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data[:len(data)/2], 0o600)
}

// helperScript keeps what it gets, one file a credential. It fails as the file
// fault says, and then repeats what it knows.
const helperScript = `#!/bin/sh
kept=$HOME/kept
fault=$(cat "$HOME/helper-fault" 2>/dev/null)
input=$(cat)
url=$input
[ "$1" = store ] && url=$(printf %s "$input" | sed 's/.*"ServerURL":"\([^"]*\)".*/\1/')
file=$kept/$(printf %s "$url" | tr / _)
case $fault in
locked) printf 'The collection is locked: %s' "$(cat "$file" 2>/dev/null)$input"; exit 1 ;;
damaged) printf '{"ServerURL":"%s","Username":"x","Secret":%s' "$url" "$(cat "$file" 2>/dev/null)"; exit 0 ;;
missing) printf 'credentials not found in native keychain\n'; exit 1 ;;
esac
case $1 in
store) printf %s "$input" >"$file" ;;
get) cat "$file" 2>/dev/null || { printf 'credentials not found in native keychain\n'; exit 1; } ;;
erase) rm -f "$file" ;;
list) printf '{}' ;;
esac
`

func startHelperBackend(t *testing.T, h *canaryHome) []Canary {
	h.env["BTCPAYCTL_KEYSTORE"] = helperKeystore(t)
	return nil
}

// helperKeystore makes a helper, which keeps what it gets in the home.
func helperKeystore(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "docker-credential-canary")
	must(t, writeProgram(program, helperScript))
	return "helper:" + program
}

// writeProgram writes by another process: no child that is started meanwhile
// holds the file open for writing.
func writeProgram(path, text string) error {
	return pipeInto(text, "install", "-m", "700", "/dev/stdin", path)
}

func helperFault(fault string) func(*canaryRun) error {
	return func(r *canaryRun) error {
		return os.WriteFile(r.home.path("home", "helper-fault"), []byte(fault), 0o600)
	}
}

// A canaryVault keeps to the documented HTTP API of the KV engine, version 2,
// as far as it is used here. https://openbao.org/api-docs/secret/kv/kv-v2/
type canaryVault struct {
	token string

	mu   sync.Mutex
	data map[string]json.RawMessage
	last map[string]int
}

func startVaultBackend(t *testing.T, h *canaryHome) []Canary {
	v := &canaryVault{token: "hvs." + randomHex(24), data: map[string]json.RawMessage{}, last: map[string]int{}}
	server := httptest.NewServer(v.handler(""))
	t.Cleanup(server.Close)
	path, err := h.secret("vault-token", v.token)
	must(t, err)
	h.vault, h.vaultURL = v, server.URL
	h.env["BTCPAYCTL_KEYSTORE"] = "vault:" + server.URL + "/secret/canary?token-file=" + path
	return []Canary{New("vault token", strings.TrimPrefix(v.token, "hvs."))}
}

func vaultFault(fault string) func(*canaryRun) error {
	return func(r *canaryRun) error { r.vaultFault = fault; return nil }
}

// clone is a vault of its own with the same secrets.
func (v *canaryVault) clone() *canaryVault {
	v.mu.Lock()
	defer v.mu.Unlock()
	return &canaryVault{token: v.token, data: maps.Clone(v.data), last: maps.Clone(v.last)}
}

// handler answers; a hostile one repeats the token and the secret.
func (v *canaryVault) handler(fault string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		key := strings.TrimPrefix(r.URL.Path, "/v1/secret/")
		_, name, _ := strings.Cut(key, "/")
		say := func(status int, value any) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Echo", r.Header.Get("X-Vault-Token"))
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(value)
		}
		heard := map[string]any{"errors": []string{"you said " + r.Header.Get("X-Vault-Token") + " and " + string(body) + string(v.data[name])}}
		switch {
		case fault == "sealed":
			say(http.StatusServiceUnavailable, heard)
		case fault == "denied" || r.Header.Get("X-Vault-Token") != v.token:
			say(http.StatusForbidden, heard)
		case fault == "gone":
			say(http.StatusNotFound, heard)
		case strings.HasPrefix(r.URL.Path, "/v1/sys/internal/ui/mounts/"):
			say(200, map[string]any{"data": map[string]any{"type": "kv", "path": "secret/", "options": map[string]string{"version": "2"}}})
		case fault == "damaged" && r.Method == http.MethodGet:
			say(200, map[string]any{"data": map[string]any{"data": map[string]any{"secret": string(v.data[name]) + "?", "name": string(v.data[name])}, "metadata": map[string]any{"version": v.last[name]}}})
		case r.Method == "LIST":
			var keys []string
			for name := range v.data {
				keys = append(keys, strings.TrimPrefix(name, "canary/"))
			}
			slices.Sort(keys)
			say(200, map[string]any{"data": map[string]any{"keys": keys}})
		case r.Method == http.MethodGet && v.data[name] != nil:
			if asked, err := strconv.Atoi(r.URL.Query().Get("version")); err == nil && asked != 0 && asked != v.last[name] {
				say(http.StatusNotFound, map[string]any{"errors": []string{}})
				return
			}
			say(200, map[string]any{"data": map[string]any{"data": v.data[name], "metadata": map[string]any{"version": v.last[name], "deletion_time": "", "destroyed": false}}})
		case r.Method == http.MethodPost || r.Method == http.MethodPut:
			var request struct {
				Data    json.RawMessage
				Options struct{ CAS *int }
			}
			if json.Unmarshal(body, &request) != nil || request.Options.CAS != nil && *request.Options.CAS != v.last[name] {
				say(http.StatusBadRequest, map[string]any{"errors": []string{"check-and-set parameter did not match the current version"}})
				return
			}
			v.last[name]++
			v.data[name] = request.Data
			say(200, map[string]any{"data": map[string]any{"version": v.last[name]}})
		case r.Method == http.MethodDelete:
			delete(v.data, name)
			delete(v.last, name)
			w.WriteHeader(http.StatusNoContent)
		default:
			say(http.StatusNotFound, map[string]any{"errors": []string{}})
		}
	})
}

// pinEnvironment makes the profiles read their keys from the environment.
func pinEnvironment(h *canaryHome, key string) error {
	h.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = h.path("secrets", "bitid.hex")
	h.env["BTCPAYCTL_API_KEY"], h.env["BTCPAYCTL_KEYSTORE"] = key, "env"
	h.env["BTCPAYCTL_SERVER"] = h.vars["SERVER"]
	changed := 0
	err := h.each(func(path string, data []byte) error {
		if text := strings.NewReplacer(`keystore = "file"`, `keystore = "env"`, `keystore = 'file'`, `keystore = 'env'`).Replace(string(data)); text != string(data) {
			changed++
			return os.WriteFile(path, []byte(text), 0o600)
		}
		return nil
	})
	if err == nil && changed == 0 {
		err = fmt.Errorf("no profile names its keystore")
	}
	return err
}

// fullDisk moves the home's data to a small disk, and leaves no block free.
func fullDisk(r *canaryRun) error {
	if os.Geteuid() != 0 {
		return errNoSuchFault
	}
	disk := r.home.path("disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=512k,mode=700"); err != nil {
		return errNoSuchFault
	}
	r.cleanup = append(r.cleanup, func() error { return syscall.Unmount(disk, syscall.MNT_DETACH) })
	for _, name := range []string{"data", "config", "state", "tmp"} {
		if out, err := exec.Command("cp", "-a", r.home.path(name), disk).CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	r.home.env["XDG_DATA_HOME"], r.home.env["XDG_CONFIG_HOME"] = filepath.Join(disk, "data"), filepath.Join(disk, "config")
	r.home.env["XDG_STATE_HOME"], r.home.env["TMPDIR"] = filepath.Join(disk, "state"), filepath.Join(disk, "tmp")
	ballast, err := os.Create(filepath.Join(disk, "ballast"))
	if err != nil {
		return err
	}
	defer ballast.Close()
	for block := make([]byte, 4096); ; {
		if _, err := ballast.Write(block); err != nil {
			return nil
		}
	}
}

// pipeInto runs a program with a text on its standard input.
func pipeInto(text, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return err
}
