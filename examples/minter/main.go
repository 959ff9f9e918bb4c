// Command minter runs a command with an API key of its own, for CI: the key is for one
// store and one task, and is revoked when the command ends.
//
//	export BTCPAY_SERVER=https://btcpay.example.com BTCPAY_STORE=J8Rx6Z4dzx
//	BTCPAY_ADMIN_KEY=... go run ./examples/minter ./nightly.sh
//
// The administrator's key has to be unrestricted. The command gets BTCPAY_API_KEY instead
// of it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const adminVariable = "BTCPAY_ADMIN_KEY"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "minter:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) < 2 {
		return fmt.Errorf("want a command, such as: minter ./nightly.sh")
	}
	admin, err := greenfield.NewAPIKey(client.NewSecret(os.Getenv(adminVariable)))
	if err != nil {
		return err
	}
	conn, err := client.New(os.Getenv("BTCPAY_SERVER"))
	if err != nil {
		return err
	}
	defer conn.CloseIdleConnections()
	task := greenfield.CanCreateInvoice.ForStore(greenfield.StoreID(os.Getenv("BTCPAY_STORE")))
	return withKey(ctx, conn, admin, task, func(key greenfield.APIKeyInfo) error {
		cmd := exec.CommandContext(ctx, os.Args[1], os.Args[2:]...)
		for _, variable := range os.Environ() {
			if !strings.HasPrefix(variable, adminVariable+"=") {
				cmd.Env = append(cmd.Env, variable)
			}
		}
		cmd.Env = append(cmd.Env, "BTCPAY_API_KEY="+key.Key.Reveal())
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		return cmd.Run()
	})
}
