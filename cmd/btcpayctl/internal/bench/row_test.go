package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	kept := []row{
		ratioRow("at the limit", "ms", []float64{2, 9, 4}, []float64{2, 6, 8}, 1),
		ratioRow("without a limit", "ms", []float64{30}, []float64{10}, 0),
		absoluteRow("memory", "MiB", 32, 32),
	}
	var table bytes.Buffer
	if err := report(&table, kept); err != nil || strings.Contains(table.String(), "OVER") {
		t.Errorf("got %v\n%s", err, &table)
	}
	table.Reset()
	err := report(&table, append(kept,
		ratioRow("over", "ms", []float64{1.1, 3}, []float64{1, 2}, 1.1), // the medians alone have the ratio 1.37
		absoluteRow("too much", "MiB", 32.1, 32),
	))
	if err == nil || err.Error() != "2 of 5 promises are not kept" {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{
		"at the limit     4 ms      6 ms      1.000  1.00×",
		"without a limit  30 ms     10 ms     3.000  -",
		"over             2.05 ms   1.5 ms    1.300  1.10×   OVER",
		"too much         32.1 MiB  -         -      32 MiB  OVER",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("%q is not in\n%s", want, &table)
		}
	}
}
