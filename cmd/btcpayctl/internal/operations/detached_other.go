//go:build !unix && !windows

package operations

import "syscall"

func detached() *syscall.SysProcAttr { return nil }
