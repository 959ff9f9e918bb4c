package operations

import (
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// TestWatchEnvironment: a watcher needs the place of the ledger, and no home.
func TestWatchEnvironment(t *testing.T) {
	for _, c := range []struct{ env, want []string }{
		{[]string{"XDG_DATA_HOME=/data", "BTCPAYCTL_API_KEY=secret"}, []string{"XDG_DATA_HOME=/data"}},
		{[]string{"HOME=/home/me", "PATH=/bin"}, []string{"HOME=/home/me", "BTCPAYCTL_CONFIG_DIR=/home/me/.config/btcpayctl"}},
	} {
		a := &app.App{Environ: func() []string { return c.env }, LookupEnv: func(name string) (string, bool) {
			for _, entry := range c.env {
				if value, ok := strings.CutPrefix(entry, name+"="); ok {
					return value, true
				}
			}
			return "", false
		}}
		got, err := WatchEnvironment(a)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v", c.env, got, err)
		}
	}
}
