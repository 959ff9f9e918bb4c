//go:build unix

package keystore

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes it possible to kill everything that a helper started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

func untrustedProgram(info fs.FileInfo) string {
	if info.Mode().Perm()&0o002 != 0 {
		return "can be written by every user of this machine"
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return "belongs to another user"
	}
	return ""
}
