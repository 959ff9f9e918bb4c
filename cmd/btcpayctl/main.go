// Command btcpayctl talks to BTCPay Server from a terminal, a script or a CI
// job.
package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/credential"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/root"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/signals"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// Set by the linker, see the Makefile.
var version, commit string

func main() {
	// What cannot be switched off on this system stays as the system has it.
	_ = keystore.Harden()
	a := app.New(version, commit)
	var ctx context.Context
	a.Signals, ctx = signals.New(context.Background(), os.Exit)
	run := root.Run
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == credential.HelperName {
		run = credential.RunHelper
	}
	os.Exit(run(ctx, a, os.Args[1:]))
}
