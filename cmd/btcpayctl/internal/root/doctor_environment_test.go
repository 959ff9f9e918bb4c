package root

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctorFromEnvironment: a set-up that lives only in variables is checked like one of a
// profile, and what it does not need is not asked for.
func TestDoctorFromEnvironment(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	unpaired := w.key()
	apiKey := filepath.Join(t.TempDir(), "api.key")
	if err := os.WriteFile(apiKey, []byte(w.Seed.APIKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	legacy := w.legacyKey(w.first)
	for name, c := range map[string]struct {
		env  map[string]string
		code int
		// want are words of the status and the detail, by check.
		want map[string]string
	}{
		"API key": {map[string]string{"BTCPAYCTL_API_KEY": w.Seed.APIKey}, 0, map[string]string{
			"configuration": "ok the environment gives BTCPAYCTL_SERVER, BTCPAYCTL_API_KEY", "keystore": "skipped not needed: the key comes from BTCPAYCTL_API_KEY",
			"api key": "ok (BTCPAYCTL_API_KEY) works", "pairing": "skipped"}},
		"API key in a file": {map[string]string{"BTCPAYCTL_API_KEY_FILE": apiKey}, 0, map[string]string{
			"keystore": "skipped BTCPAYCTL_API_KEY_FILE", "api key": "ok works"}},
		"BitId key": {map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": w.approved(w.first).file}, 0, map[string]string{
			"configuration": "ok BTCPAYCTL_PRIVATE_KEY_FILE", "keystore": "skipped BTCPAYCTL_PRIVATE_KEY_FILE", "api key": "skipped", "pairing": "ok is paired"}},
		"BitId key, not paired": {map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": unpaired.file}, 4, map[string]string{
			"pairing": "failed " + unpaired.SIN() + " is not paired"}},
		"both": {map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": unpaired.file, "BTCPAYCTL_API_KEY": w.Seed.APIKey}, 4, map[string]string{
			"api key": "ok works", "pairing": "failed is not paired"}},
		"legacy key": {map[string]string{"BTCPAY_API_KEY": legacy}, 0, map[string]string{
			"keystore": "skipped BTCPAY_API_KEY", "api key": "skipped legacy key", "pairing": "ok the store's legacy key in BTCPAY_API_KEY works"}},
		"legacy key, unknown": {map[string]string{"BTCPAYCTL_API_KEY": strings.Repeat("aZ", 21) + "z"}, 4, map[string]string{"pairing": "failed"}},
		"keystore env": {map[string]string{"BTCPAYCTL_API_KEY": w.Seed.APIKey, "BTCPAYCTL_KEYSTORE": "env"}, 0, map[string]string{
			"keystore": "skipped keystore env is only read"}},
		"a file that is not there": {map[string]string{"BTCPAYCTL_PRIVATE_KEY_FILE": "/nonexistent/key"}, 2, map[string]string{
			"configuration": "ok", "pairing": "failed cannot be read from /nonexistent/key"}},
		"no place for a journal": {map[string]string{"BTCPAYCTL_API_KEY": w.Seed.APIKey, "HOME": ""}, 0, map[string]string{
			"journal": "warning the journal of operations has no place", "api key": "ok"}},
		"nothing": {map[string]string{"BTCPAYCTL_KEYSTORE": "file"}, 0, map[string]string{"keystore": "ok file can store", "api key": "skipped", "pairing": "skipped"}},
	} {
		env := patientEnv()
		env["BTCPAYCTL_SERVER"] = w.URL
		maps.Copy(env, c.env)
		g := &given{home: newHome(t), env: env}
		if c.env["BTCPAYCTL_KEYSTORE"] == "" {
			g.without = []string{"BTCPAYCTL_KEYSTORE"}
		}
		if g.run(t, "doctor", "-o", "json"); g.code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s%s", name, g.code, c.code, g.stdout, g.stderr)
		}
		var checks []struct{ Check, Status, Detail string }
		if err := json.Unmarshal([]byte(g.stdout), &checks); err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, check := range checks {
			want, ok := c.want[check.Check]
			if !ok {
				continue
			}
			found++
			status, detail, _ := strings.Cut(want, " ")
			if check.Status != status || !strings.Contains(check.Detail, detail) {
				t.Errorf("%s: %+v, want %q", name, check, want)
			}
		}
		if found != len(c.want) {
			t.Errorf("%s: %d checks of %d\n%s", name, found, len(c.want), g.stdout)
		}
	}
}
