package apikey

import (
	"slices"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
)

// TestWatchEnvironment leaves a watcher what it needs to reach a server and the ledger,
// and no credential.
func TestWatchEnvironment(t *testing.T) {
	a := &app.App{
		LookupEnv: func(name string) (string, bool) {
			value, set := map[string]string{"HOME": "/home/u", "BTCPAYCTL_CONFIG_DIR": "/etc/shop"}[name]
			return value, set
		},
		Environ: func() []string {
			return []string{"HOME=/home/u", "PATH=/bin", "XDG_DATA_HOME=/data", "https_proxy=http://proxy", "HTTPS_PROXY=http://proxy", "SSL_CERT_FILE=/ca",
				"BTCPAYCTL_API_KEY=secret", "BTCPAY_API_KEY=secret", "BTCPAYCTL_API_KEY_FILE=/secret", "BTCPAYCTL_PASSPHRASE_FILE=/secret",
				"BTCPAYCTL_IDENTITY_FILE=/secret", "BTCPAYCTL_SERVER=https://other", "VAULT_TOKEN=secret", "GITHUB_TOKEN=secret",
				"RUNNER_TRACKING_ID=x", "BUILD_ID=x", "DBUS_SESSION_BUS_ADDRESS=unix:x"}
		},
	}
	got, err := operations.WatchEnvironment(a)
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(entry string) bool { return entry == "BTCPAYCTL_FAULT=" })
	want := []string{"HOME=/home/u", "XDG_DATA_HOME=/data", "https_proxy=http://proxy", "HTTPS_PROXY=http://proxy", "SSL_CERT_FILE=/ca", "BTCPAYCTL_CONFIG_DIR=/etc/shop"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestWatchPauses: the pauses grow from a second to five minutes, and are about a fifth
// of the time that the server has been away.
func TestWatchPauses(t *testing.T) {
	w := &keyWatcher{KeyHolder: operations.KeyHolder{App: &app.App{Now: time.Now}}, commandEnded: true, pause: firstWatchPause}
	var away time.Duration
	for range 60 {
		pause, ok := w.wait()
		// Each is a quarter longer or shorter by chance.
		if !ok || pause < firstWatchPause*3/4 || pause > mostWatchPause*5/4 || pause > away/3+2*firstWatchPause {
			t.Fatalf("a pause of %s after %s", pause, away)
		}
		away += pause
	}
	if pause, _ := w.wait(); pause < mostWatchPause*3/4 {
		t.Errorf("the last pause is %s", pause)
	}
}

// TestWatchGivesUp asks for days of both clocks.
func TestWatchGivesUp(t *testing.T) {
	now := time.Now()
	w := &keyWatcher{KeyHolder: operations.KeyHolder{App: &app.App{Now: func() time.Time { return now }}}, since: now}
	for _, test := range []struct {
		after time.Duration
		over  bool
	}{{0, false}, {watchBound - time.Second, false}, {watchBound, true}} {
		now = w.since.Add(test.after)
		if got := w.expired(); got != test.over {
			t.Errorf("after %s: %t", test.after, got)
		}
	}
}
