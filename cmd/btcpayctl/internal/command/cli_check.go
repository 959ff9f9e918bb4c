package command

import (
	"context"
	"fmt"
	"iter"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// checkRecord is one thing that was looked at.
type checkRecord struct {
	Check  string `json:"check"`
	Status string `json:"status"` // ok, warning, failed or skipped
	Detail string `json:"detail"`
	Next   string `json:"next"`

	code output.Code // of a failure
}

// warn makes of a good check a warning.
func (r *checkRecord) warn() {
	if r.Status == "ok" {
		r.Status = "warning"
	}
}

var checkView = output.View[checkRecord]{
	Columns: []output.Column[checkRecord]{
		{Title: "CHECK", Value: func(r checkRecord) string { return r.Check }},
		{Title: "STATUS", Value: func(r checkRecord) string { return r.Status }},
		{Title: "DETAIL", Value: func(r checkRecord) string { return dash(r.Detail) }},
		{Title: "NEXT", Value: func(r checkRecord) string { return dash(r.Next) }},
	},
	Name: func(r checkRecord) string { return r.Check },
}

// printChecks prints a report, and fails with the first check that failed. about
// begins the text of that failure.
func printChecks(p *output.Printer, about string, records iter.Seq2[checkRecord, error]) error {
	var failed []checkRecord
	err := output.List(p, checkView, func(yield func(checkRecord, error) bool) {
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
	return &output.Error{Code: failed[0].code, What: fmt.Sprintf("%s%d of the checks failed, first: %s", about, len(failed), failed[0].Check),
		Why: failed[0].Detail, Next: failed[0].Next}
}

func failure(ctx context.Context, check string, err error) checkRecord {
	e := explain(ctx, err)
	return checkRecord{check, "failed", e.What, e.Next, e.Code}
}
