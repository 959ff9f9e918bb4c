// Command btcpayctl talks to BTCPay Server from a terminal, a script or a CI
// job.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/command"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// Set by the linker, see the Makefile.
var version, commit string

func main() {
	// What cannot be switched off on this system stays as the system has it.
	_ = keystore.Harden()
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// Without it a write to a pipe that nobody reads ends the program before it can say
	// what was done.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		received := <-signals
		// A second signal ends the program at once.
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		stop(&command.Stopped{Terminated: received == syscall.SIGTERM})
	}()
	run := command.Run
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == command.HelperName {
		run = command.RunHelper
	}
	os.Exit(run(ctx, app.New(version, commit), os.Args[1:]))
}
