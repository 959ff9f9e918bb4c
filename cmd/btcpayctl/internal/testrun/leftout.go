package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/gotest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// leftOut lists what this run will not test, why, and how to enable it.
func leftOut(packages []gotest.Package, args []string) []string {
	var lines []string
	add := func(format string, a ...any) { lines = append(lines, fmt.Sprintf("  "+format, a...)) }
	if !slices.Contains(args, "-race") {
		add("the race detector: it needs a C compiler (apt-get install gcc) and CGO_ENABLED=1")
	}
	for _, p := range programs.All() {
		if _, err := p.Find(); err != nil {
			add("that %s: %v", p.Tests, err)
		}
	}
	if runtime.GOOS == "linux" && os.Geteuid() != 0 {
		add("files of other users, full disks: only root can make them (sudo -E make test)")
	}
	if runtime.GOOS != "linux" {
		add("system calls, terminals and keyrings of Linux: this is %s", runtime.GOOS)
	}
	if isShort(args) {
		add("slow tests, since -short is given")
	}
	if n := long(packages); n > 0 && os.Getenv("BTCPAYCTL_TORTURE") == "" {
		add("%d long tests at full length: make torture", n)
	}
	if len(lines) == 0 {
		return nil
	}
	return append([]string{"This run leaves out:"}, lines...)
}
