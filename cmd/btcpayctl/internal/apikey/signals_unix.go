//go:build unix

package apikey

import (
	"os"
	"syscall"
)

// otherSignals are passed on to the command, besides those that ask this program to stop.
var otherSignals = []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2}

var fromKeyboard = []os.Signal{os.Interrupt, syscall.SIGQUIT}

// exitCode is 128 plus the signal if a signal ended the command, as in a shell.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
