package sandbox

import (
	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

type operationRecord struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Sandbox bool   `json:"sandbox"`
}

var operationView = output.View[operationRecord]{
	Columns: []output.Column[operationRecord]{
		{Title: "METHOD", Value: func(r operationRecord) string { return r.Method }},
		{Title: "PATH", Fit: output.FitWords, Value: func(r operationRecord) string { return r.Path }},
		{Title: "SANDBOX", Value: func(r operationRecord) string {
			if r.Sandbox {
				return "yes"
			}
			return "501"
		}},
	},
	Name: func(r operationRecord) string { return r.Method + " " + r.Path },
}

// printOperations prints the operations of the Greenfield API.
func printOperations(a *app.App, cmd *cobra.Command) error {
	p, err := cli.CheckedPrinter(a, cmd, operationView, operationRecord{})
	if err != nil {
		return err
	}
	var records []operationRecord
	for _, o := range sandbox.Operations() {
		records = append(records, operationRecord{o.Method, o.Path, o.Built})
	}
	return output.Each(p, operationView, records)
}
