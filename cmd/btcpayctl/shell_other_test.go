//go:build !unix

package main

import "os/exec"

// credential is another user to run the program as, which this system cannot do:
// the tests that would are left out on it.
type credential struct{ Uid, Gid uint32 }

func runAs(*exec.Cmd, *credential) { panic("this system runs programs as no other user") }
