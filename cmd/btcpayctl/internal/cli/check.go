package cli

import (
	"context"
	"fmt"
	"iter"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Check is one thing that was looked at.
type Check struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warning, failed or skipped
	Detail string `json:"detail"`
	Next   string `json:"next"`

	Code output.Code `json:"-"` // of a failure
}

// Warn makes of a good check a warning.
func (r *Check) Warn() {
	if r.Status == "ok" {
		r.Status = "warning"
	}
}

// CheckView is how checks are printed.
var CheckView = output.View[Check]{
	Columns: []output.Column[Check]{
		{Title: "CHECK", Value: func(r Check) string { return r.Check }},
		{Title: "STATUS", Value: func(r Check) string { return r.Status }},
		{Title: "DETAIL", Fit: output.FitWords, Value: func(r Check) string { return Dash(r.Detail) }},
		{Title: "NEXT", Fit: output.FitBelow, Value: func(r Check) string { return Dash(r.Next) }},
	},
	Name: func(r Check) string { return r.Check },
}

// PrintChecks prints a report, and fails with the first check that failed. about
// begins the text of that failure.
func PrintChecks(p *output.Printer, about string, records iter.Seq2[Check, error]) error {
	var failed []Check
	err := output.List(p, CheckView, func(yield func(Check, error) bool) {
		for record, err := range records {
			if record.Status == "failed" {
				failed = append(failed, record)
			}
			if !yield(record, err) {
				return
			}
		}
	})
	if err != nil || len(failed) == 0 {
		return err
	}
	return &output.Error{Code: failed[0].Code, What: fmt.Sprintf("%s%d of the checks failed, first: %s", about, len(failed), failed[0].Check),
		Why: failed[0].Detail, Next: failed[0].Next}
}

// FailedCheck is the check that failed with an error.
func FailedCheck(ctx context.Context, check string, err error) Check {
	e := Explain(ctx, err)
	return Check{check, "failed", e.What, e.Next, e.Code}
}
