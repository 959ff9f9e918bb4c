package manual

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/pflag"
)

// WriteMarkdown writes the page of the reference.
func (p Page) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", p.title(), markdown(p.command.Short))
	if p.command.Long != "" {
		if !p.isTopic() {
			b.WriteString("### Synopsis\n\n")
		}
		for _, block := range blocks(p.command.Long) {
			if block.asItIs {
				fence(&b, strings.Join(block.lines, "\n"))
			} else {
				fmt.Fprintf(&b, "%s\n\n", markdown(strings.Join(block.lines, "\n")))
			}
		}
	}
	if p.command.Runnable() {
		fence(&b, p.command.UseLine())
	}
	if p.command.Example != "" {
		b.WriteString("### Examples\n\n")
		fence(&b, strings.Trim(p.command.Example, "\n"))
	}
	if !p.isTopic() {
		usages(&b, "Options", p.command.NonInheritedFlags())
		usages(&b, "Options inherited from parent commands", p.command.InheritedFlags())
	}
	if related := p.related(); len(related) > 0 {
		b.WriteString("### SEE ALSO\n\n")
		for _, r := range related {
			fmt.Fprintf(&b, "* [%s](%s)\t - %s\n", r.title(), r.MarkdownFile(), markdown(r.command.Short))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func usages(b *strings.Builder, heading string, flags *pflag.FlagSet) {
	if len(shown(flags)) > 0 {
		fmt.Fprintf(b, "### %s\n\n", heading)
		fence(b, strings.TrimRight(flags.FlagUsages(), "\n"))
	}
}

// fence is longer than any in the text.
func fence(b *strings.Builder, text string) {
	mark := "```"
	for strings.Contains(text, mark) {
		mark += "`"
	}
	fmt.Fprintf(b, "%s\n%s\n%s\n\n", mark, text, mark)
}

var markup = sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer("<", "&lt;", "*", `\*`, "`", "\\`") })

func markdown(text string) string { return markup().Replace(text) }
