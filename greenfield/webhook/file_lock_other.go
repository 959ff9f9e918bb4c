//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package webhook

import (
	"errors"
	"os"
)

const (
	canLock     = false
	deletesLate = false
)

func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }

func syncDir(*os.Root, string) error { return nil }
