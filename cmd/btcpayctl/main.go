// Command btcpayctl talks to BTCPay Server from a terminal, a script or a CI
// job.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/command"
)

// Set by the linker, see the Makefile.
var version, commit string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exit := command.Run(ctx, app.New(version, commit), os.Args[1:])
	stop()
	os.Exit(exit)
}
