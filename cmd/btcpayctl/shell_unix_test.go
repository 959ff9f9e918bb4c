//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// otherUser is another user to run the program as.
type otherUser = syscall.Credential

func runAs(cmd *exec.Cmd, as *otherUser) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
}
