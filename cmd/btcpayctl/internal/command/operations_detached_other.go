//go:build !unix && !windows

package command

import "syscall"

func detached() *syscall.SysProcAttr { return nil }
