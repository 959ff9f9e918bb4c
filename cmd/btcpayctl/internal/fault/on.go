//go:build faults

// Package fault kills the program at named steps, for the tests that look at
// what a kill leaves behind. Only a build with the tag faults can do that; in any
// other build [At] is empty.
package fault

import (
	"os"
	"time"
)

// At kills the program, as kill -9 does, where BTCPAYCTL_FAULT names the step.
func At(step string) {
	if os.Getenv("BTCPAYCTL_FAULT") != step {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		self.Kill()
	}
	time.Sleep(time.Minute) // the kill arrives
}
