//go:build faults

// Package fault kills the program at named steps, for tests that check what a kill leaves
// behind. Only a build with the tag faults can do that; in any other build [At] does
// nothing.
package fault

import (
	"os"
	"slices"
	"strings"
	"time"
)

// At kills the program, like kill -9, if BTCPAYCTL_FAULT names the step. The variable may
// name several steps, separated by commas.
func At(step string) {
	if !slices.Contains(strings.Split(os.Getenv("BTCPAYCTL_FAULT"), ","), step) {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		self.Kill()
	}
	time.Sleep(time.Minute) // until the signal arrives
}

// Environ are the variables that a child process needs so that it can be killed as well.
func Environ() []string { return []string{"BTCPAYCTL_FAULT=" + os.Getenv("BTCPAYCTL_FAULT")} }
