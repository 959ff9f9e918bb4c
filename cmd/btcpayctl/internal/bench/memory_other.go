//go:build !unix

package main

import (
	"fmt"
	"os"
	"runtime"
)

// peakRSS is the largest resident size the ended process ever had, in MiB.
func peakRSS(*os.ProcessState) (float64, error) {
	return 0, fmt.Errorf("the peak memory of a process is not measured on %s", runtime.GOOS)
}
