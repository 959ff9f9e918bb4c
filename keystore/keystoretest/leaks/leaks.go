// Package leaks looks for goroutines that the tests of a package left behind.
package leaks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a goroutine may take to end on a busy machine.
const patience = 2 * time.Minute

// Main runs the tests and exits, with 1 if a goroutine does not end. It is
// [goleak.VerifyTestMain], which gives up within half a second.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := find(); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines do not end:", err)
			code = 1
		}
	}
	os.Exit(code) //nolint:forbidigo // the end of a TestMain
}

func find() (err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if err = goleak.Find(); err == nil {
			return nil
		}
	}
	return err
}
