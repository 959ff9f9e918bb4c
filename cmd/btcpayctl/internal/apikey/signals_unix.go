//go:build unix

package apikey

import (
	"os"
	"syscall"
)

// otherSignals are those that a command gets when this program gets them, beside those
// that ask to stop.
var otherSignals = []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2}

var fromKeyboard = []os.Signal{os.Interrupt, syscall.SIGQUIT}

// exitCode is as a shell has it: 128 and the signal, where one ended the command.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
