package command

import (
	"os"
	"syscall"
)

var (
	otherSignals []os.Signal
	fromKeyboard = []os.Signal{os.Interrupt}
)

// detachedProcess is DETACHED_PROCESS of the Windows API: no console.
const detachedProcess = 0x8

// detached is a process without a console, which Ctrl-C and a closed window do not
// reach.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP | detachedProcess}
}

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
