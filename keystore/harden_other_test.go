//go:build !linux

package keystore

func dumpable() bool { return false }
