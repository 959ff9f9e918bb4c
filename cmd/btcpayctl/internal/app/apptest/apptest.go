// Package apptest makes an [app.App] for tests: with a home of its own, buffers for
// streams, and no environment but the one that is given.
package apptest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// New returns an App with these variables, and what it writes.
func New(t testing.TB, env map[string]string) (a *app.App, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	home := t.TempDir()
	return &app.App{
		In: strings.NewReader(""), Out: stdout, Err: stderr, Now: time.Now, Version: "test",
		LookupEnv: func(name string) (string, bool) {
			if name == "HOME" {
				return home, true
			}
			value, set := env[name]
			return value, set
		},
	}, stdout, stderr
}
