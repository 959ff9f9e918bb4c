//go:build unix

package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// peakRSS is the largest resident size the ended process ever had, in MiB.
func peakRSS(state *os.ProcessState) (float64, error) {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, fmt.Errorf("%s does not report the peak memory of a process", runtime.GOOS)
	}
	unit := 1 << 10 // most systems count in KiB, see getrusage(2)
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(usage.Maxrss) * float64(unit) / (1 << 20), nil
}
