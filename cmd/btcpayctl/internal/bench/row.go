package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A row is one promise. Without a limit it is printed and cannot fail.
type row struct {
	promise                          string
	measured, baseline, ratio, limit string
	over                             bool
}

// ratioRow compares the median of the ratios of single rounds with a limit; 0 is none.
func ratioRow(promise, unit string, measured, baseline []float64, limit float64) row {
	ratios := make([]float64, len(measured))
	for i := range measured {
		ratios[i] = measured[i] / baseline[i]
	}
	r := row{promise: promise, measured: figure(median(measured), unit), baseline: figure(median(baseline), unit),
		ratio: fmt.Sprintf("%.3f", median(ratios))}
	if limit > 0 {
		r.limit, r.over = fmt.Sprintf("%.2f×", limit), median(ratios) > limit
	}
	return r
}

// absoluteRow compares a figure with a limit in the same unit.
func absoluteRow(promise, unit string, measured, limit float64) row {
	return row{promise: promise, measured: figure(measured, unit), limit: figure(limit, unit), over: measured > limit}
}

func figure(value float64, unit string) string { return fmt.Sprintf("%.4g %s", value, unit) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// report prints the table. The error says how many limits are passed.
func report(to io.Writer, rows []row) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROMISE\tMEASURED\tBASELINE\tRATIO\tLIMIT\t")
	failed := 0
	for _, r := range rows {
		verdict := ""
		if r.over {
			verdict = "OVER"
			failed++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.promise, r.measured, cmp.Or(r.baseline, "-"), cmp.Or(r.ratio, "-"), cmp.Or(r.limit, "-"), verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d promises are not kept", failed, len(rows))
	}
	return nil
}
