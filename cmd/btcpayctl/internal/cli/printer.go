package cli

import (
	"fmt"
	"slices"
	"strings"

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
	layout, err := layoutOf(a, cmd)
	if err != nil {
		return nil, err
	}
	if (len(layout.Columns) > 0 || layout.NoHeader) && !cmd.Flags().Changed("output") && query == "" && format != "tsv" {
		format = "table"
	}
	p, err := output.NewPrinter(telling{a}, format, query)
	if err != nil {
		return nil, err
	}
	return p, p.SetLayout(layout)
}

func layoutOf(a *app.App, cmd *cobra.Command) (output.Layout, error) {
	l := output.Layout{Width: a.Width(a.Out), Notes: a.Err}
	columns, err := cmd.Flags().GetString(columnsFlag)
	if err != nil {
		return l, err
	}
	if l.Columns, err = columnList(columns); err != nil {
		return l, err
	}
	for _, name := range []string{"no-header", "no-headers"} {
		given, err := cmd.Flags().GetBool(name)
		if err != nil {
			return l, err
		}
		l.NoHeader = l.NoHeader || given
	}
	return l, nil
}

func columnList(text string) (names []string, err error) {
	if text == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return nil, &output.Error{Code: output.Usage, What: "--columns names an empty column", Why: "Nothing was sent.", Next: "--columns a,b,c"}
		}
		names = append(names, name)
	}
	return names, nil
}

// Shows declares the tables that a command prints, for --columns and its completion.
func Shows(cmd *cobra.Command, tables ...output.Table) {
	var names []string
	for _, t := range tables {
		for _, name := range t.ColumnNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	declare(cmd, ColumnsAnnotation, strings.Join(names, ","))
}

// ColumnsOf are the columns that a command declares by [Shows].
func ColumnsOf(cmd *cobra.Command) []string {
	list := cmd.Annotations[ColumnsAnnotation]
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// RefuseColumns refuses flags of a table where a command prints none, and a column that no
// table of the command has.
func RefuseColumns(cmd *cobra.Command) error {
	known := ColumnsOf(cmd)
	for _, name := range []string{columnsFlag, "no-header", "no-headers"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && known == nil {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("--%s is for tables, and %s prints none", name, cmd.CommandPath()), Why: "Nothing was sent.", Next: "leave --" + name + " out"}
		}
	}
	f := cmd.Flags().Lookup(columnsFlag)
	if f == nil || !f.Changed {
		return nil
	}
	given, err := columnList(f.Value.String())
	if err != nil {
		return err
	}
	for _, name := range given {
		if _, ok := output.FindColumn(known, name); !ok {
			return output.UnknownColumn(name, known)
		}
	}
	return nil
}

const columnsFlag = "columns"

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
	flags.StringP("output", "o", a.Getenv(app.OutputVariable), "output `format`: table, tsv, json, jsonl, yaml, name or template=TEXT")
	flags.String("jq", "", "filter JSON output with a jq `expression`")
	flags.String(columnsFlag, "", "`columns` of the table to print, such as id,status")
	flags.Bool("no-header", false, "print a table without its header line")
	flags.Bool("no-headers", false, "like --no-header")
	if f := flags.Lookup("no-headers"); f != nil {
		f.Hidden = true
	}
}
