package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

const greenfieldRounds = 20

// greenfieldRows measures a login and a key for the life of a command, whole
// processes against a sandbox in this one. The browser is a program of ours that
// posts the real pages, and its time is counted in.
func greenfieldRows(ctx context.Context, binary string) ([]row, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "btcpayctl-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "BTCPAYCTL_SERVER=" + server.URL, "BTCPAYCTL_KEYSTORE=file",
		"BTCPAYCTL_IDENTITY_FILE=" + filepath.Join(dir, "identity"), "BROWSER=" + binary + " sandbox consent"}
	timed := func(args ...string) (float64, error) {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Env = env
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return 0, fmt.Errorf("%s: %w\n%s", cmd, err, &out)
		}
		return float64(time.Since(start).Microseconds()) / 1000, nil
	}
	var login, command, alone []float64
	for range greenfieldRounds {
		for _, measure := range []struct {
			into *[]float64
			args []string
		}{
			{&login, []string{binary, "authorize", "--profile", "admin", "--permission", "unrestricted", "--yes"}},
			{&command, []string{binary, "apikey", "exec", "--profile", "admin", "--permission", "btcpay.store.canviewinvoices", "--store", server.Seed.StoreID, "--", "true"}},
			{&alone, []string{"true"}},
		} {
			took, err := timed(measure.args...)
			if err != nil {
				return nil, err
			}
			*measure.into = append(*measure.into, took)
		}
	}
	return []row{
		absoluteRow("authorize, from URL to stored key", "ms", median(login), 300),
		absoluteRow("apikey exec, beyond its child", "ms", median(command)-median(alone), 30),
	}, nil
}
