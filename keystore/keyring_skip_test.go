//go:build !linux

package keystore

import "testing"

// A keyring of the test's own can only be started on Linux.
func startKeyring(t *testing.T) { t.Skip("a private keyring needs Linux") }
