package programtest

import (
	"bytes"
	"fmt"
	"os/exec"
)

// CanTrace returns why strace can trace no process here: a container may forbid it.
func CanTrace(strace string) error {
	out, err := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=execve", "true").CombinedOutput() //nolint:noctx // it ends by itself
	if err != nil {
		return fmt.Errorf("strace cannot trace here: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}
