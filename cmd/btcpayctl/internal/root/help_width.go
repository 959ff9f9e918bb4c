package root

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// helpWidth is that of the help texts as they are written.
const helpWidth = 90

// columnsUsage is the part of a command's help that lists the columns of its table.
const columnsUsage = `{{with index .Annotations "` + cli.ColumnsAnnotation + `"}}
Columns:
  {{.}}
{{end}}`

// setHelp adds the columns to the help of commands that print a table. On a terminal that is
// narrower than the texts are written, it breaks their lines between words.
func setHelp(a *app.App, root *cobra.Command) {
	template := root.UsageTemplate() + columnsUsage
	width := a.Width(a.Out)
	if width <= 0 || width >= helpWidth {
		root.SetUsageTemplate(template)
		return
	}
	root.SetUsageTemplate(strings.ReplaceAll(template, "Flags.FlagUsages", fmt.Sprintf("Flags.FlagUsagesWrapped %d", width)))
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long = fitText(cmd.Long, width)
		show(cmd, args)
	})
}

// fitText breaks the paragraphs of a text again. Lines that begin with a blank are tables
// and commands, and stay.
func fitText(text string, width int) string {
	var lines, paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			lines = append(lines, output.Wrap(strings.Join(paragraph, " "), width)...)
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || line[0] == ' ' {
			end()
			lines = append(lines, line)
			continue
		}
		paragraph = append(paragraph, line)
	}
	end()
	return strings.Join(lines, "\n")
}
