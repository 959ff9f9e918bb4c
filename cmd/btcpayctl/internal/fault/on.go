//go:build faults

// Package fault kills the program at named steps, for the tests that look at
// what a kill leaves behind. Only a build with the tag faults can do that; in any
// other build [At] is empty.
package fault

import (
	"os"
	"slices"
	"strings"
	"time"
)

// At kills the program, as kill -9 does, where BTCPAYCTL_FAULT names the step, among
// others with commas between.
func At(step string) {
	if !slices.Contains(strings.Split(os.Getenv("BTCPAYCTL_FAULT"), ","), step) {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		self.Kill()
	}
	time.Sleep(time.Minute) // the kill arrives
}

// Environ are the variables that a program needs to be killed as well.
func Environ() []string { return []string{"BTCPAYCTL_FAULT=" + os.Getenv("BTCPAYCTL_FAULT")} }
