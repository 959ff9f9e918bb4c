//go:build elsewhere

package figures

import "testing"

func TestTortureElsewhere(t *testing.T) {}

// TestTortureKept has a file for each system.
func TestTortureKept(t *testing.T) {}
