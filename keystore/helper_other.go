//go:build !unix

package keystore

import "os/exec"

func ownGroup(*exec.Cmd) {}

func untrusted(string) (what, why string, err error) { return "", "", nil }
