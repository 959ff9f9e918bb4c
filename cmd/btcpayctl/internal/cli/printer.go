package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Printer makes the Printer the flags ask for.
func Printer(a *app.App, cmd *cobra.Command) (*output.Printer, error) {
	format, err := cmd.Flags().GetString("output")
	if err != nil {
		return nil, err
	}
	if !cmd.Flags().Changed("output") {
		if _, err := a.Variable(app.OutputVariable); err != nil {
			return nil, err
		}
	}
	query, err := cmd.Flags().GetString("jq")
	if err != nil {
		return nil, err
	}
	if query != "" && !cmd.Flags().Changed("output") && format != "jsonl" && format != "yaml" {
		format = "json" // what a flag asks for wins over the environment's format
	}
	return output.NewPrinter(telling{a}, format, query)
}

// CheckedPrinter is the printer of a command that has an effect: an output that does
// not fit is found before that. The sample may be an empty record.
func CheckedPrinter[T any](a *app.App, cmd *cobra.Command, v output.View[T], sample T) (*output.Printer, error) {
	p, err := Printer(a, cmd)
	if err != nil {
		return nil, err
	}
	return p, output.Check(p, v, sample)
}

// telling is standard output. What it took names what was done.
type telling struct{ app *app.App }

func (t telling) Write(text []byte) (int, error) {
	n, err := t.app.Out.Write(text)
	if err == nil && n > 0 {
		t.app.ForgetEffects()
	}
	return n, err
}

// AddOutputFlags adds what each command takes that prints data.
func AddOutputFlags(flags *pflag.FlagSet, a *app.App) {
	flags.StringP("output", "o", a.Getenv(app.OutputVariable), "output `format`: table, json, jsonl, yaml, name or template=TEXT")
	flags.String("jq", "", "filter JSON output with a jq `expression`")
}
