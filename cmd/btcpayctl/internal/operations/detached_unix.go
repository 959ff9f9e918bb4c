//go:build unix

package operations

import "syscall"

// detached starts a process in a session of its own, which Ctrl-C and a closed terminal do
// not reach.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
