//go:build !unix

package command

import (
	"os"
	"syscall"
)

var passedOn = []os.Signal{os.Interrupt, syscall.SIGTERM}

var fromKeyboard = []os.Signal{os.Interrupt}

func detached() *syscall.SysProcAttr { return nil }

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
