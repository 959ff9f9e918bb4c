//go:build !unix && !windows

package command

import (
	"os"
	"syscall"
)

var (
	otherSignals []os.Signal
	fromKeyboard = []os.Signal{os.Interrupt}
)

func detached() *syscall.SysProcAttr { return nil }

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
