package unbuilt

import "testing"

func TestTortureUnbuilt(t *testing.T) { undeclared() }
