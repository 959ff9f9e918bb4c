// Package programs finds the programs that tests run.
package programs

import (
	"os"
	"os/exec"
	"testing"
)

// Need gives the path of a program, which the Debian package pkg installs. Where
// it is missing the test is skipped with one line that says how to get it, and
// fails under CI=true.
func Need(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	}
	t.Skipf("%s is missing: apt-get install %s", name, pkg)
	return ""
}
