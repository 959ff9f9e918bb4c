//go:build !unix

package main

import "os/exec"

// otherUser is another user to run the program as, which this system cannot do:
// the tests that would are left out on it.
type otherUser struct{ Uid, Gid uint32 }

func runAs(*exec.Cmd, *otherUser) { panic("this system runs programs as no other user") }
