//go:build !unix && !windows

package apikey

import (
	"os"
)

var (
	otherSignals []os.Signal
	fromKeyboard = []os.Signal{os.Interrupt}
)

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
