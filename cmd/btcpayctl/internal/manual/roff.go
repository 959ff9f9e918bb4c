package manual

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/pflag"
)

// month is the date of every page. It does not change, so that two runs give the same page.
const month = "November 2026"

// WriteRoff writes the man page, with the macros of man(7).
func (p Page) WriteRoff(w io.Writer) error {
	var b strings.Builder
	program := p.command.Root().Name()
	fmt.Fprintf(&b, ".TH %q %q %q %q %q\n", strings.ToUpper(p.Name()), p.Section(), month, program, program)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(p.Name()), roff(p.command.Short))
	if !p.isTopic() {
		fmt.Fprintf(&b, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(p.command.UseLine()))
	}
	b.WriteString(".SH DESCRIPTION\n")
	writeBlocks(&b, p.Text())
	if p.command.Example != "" {
		b.WriteString(".SH EXAMPLES\n")
		writeBlocks(&b, p.command.Example)
	}
	if !p.isTopic() {
		writeFlags(&b, "OPTIONS", p.command.NonInheritedFlags())
		writeFlags(&b, "GLOBAL OPTIONS", p.command.InheritedFlags())
	}
	if related := p.related(); len(related) > 0 {
		b.WriteString(".SH SEE ALSO\n")
		for i, r := range related {
			comma := ","
			if i == len(related)-1 {
				comma = ""
			}
			fmt.Fprintf(&b, ".BR %s (%s)%s\n", roff(r.Name()), r.Section(), comma)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeBlocks(b *strings.Builder, text string) {
	for i, block := range blocks(text) {
		switch {
		case block.asItIs:
			b.WriteString(".PP\n.nf\n")
		case i > 0:
			b.WriteString(".PP\n")
		}
		for _, line := range block.lines {
			b.WriteString(roff(line))
			b.WriteByte('\n')
		}
		if block.asItIs {
			b.WriteString(".fi\n")
		}
	}
}

func writeFlags(b *strings.Builder, heading string, set *pflag.FlagSet) {
	flags := shown(set)
	if len(flags) == 0 {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", heading)
	for _, f := range flags {
		b.WriteString(".TP\n")
		if f.Shorthand != "" && f.ShorthandDeprecated == "" {
			fmt.Fprintf(b, "\\fB\\-%s\\fR, ", roff(f.Shorthand))
		}
		fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", roff(f.Name))
		value, usage := pflag.UnquoteUsage(f)
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
		}
		if hasDefault(f) {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, "\n%s\n", roff(usage))
	}
}

func hasDefault(f *pflag.Flag) bool {
	return !slices.Contains([]string{"", "false", "0", "0s", "[]", "<nil>"}, f.DefValue)
}

// special are the characters that have a meaning or another shape in roff. An example has
// to work when it is copied from the page.
var special = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "\t", "        ")
})

// roff escapes a line of text for the page.
func roff(line string) string {
	line = special().Replace(line)
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
