//go:build !linux

package keystore

// Harden does nothing here; see the documentation for Linux.
func Harden() error { return nil }
