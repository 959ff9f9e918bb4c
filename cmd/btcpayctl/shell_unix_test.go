//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// credential is another user to run the program as.
type credential = syscall.Credential

func runAs(cmd *exec.Cmd, as *credential) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
}
