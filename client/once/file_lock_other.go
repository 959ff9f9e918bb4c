//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package once

import (
	"errors"
	"os"
)

const (
	canLock     = false
	deletesLate = false
)

func tryLock(*os.File) (bool, error) { return false, errors.ErrUnsupported }

func syncDir(*os.Root) error { return nil }
