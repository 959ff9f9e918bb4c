//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package durable

import "os"

// renamesOpen: on Windows a file is closed before it is renamed.
const renamesOpen = false

func hold(*os.File) holding { return holdUnknown }
