//go:build unix

package keystore

import (
	"os/exec"
	"syscall"
)

// ownGroup makes it possible to kill everything that a helper started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
