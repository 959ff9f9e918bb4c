// Package manual makes the reference and the man pages from the commands: one page for each
// command, in section 1, and one for each help topic, in section 7.
//
// Texts keep their form. A line that begins with two spaces or a tab belongs to a table or
// an example, and is shown unchanged; other lines are paragraphs, with blank lines between.
package manual

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A Page describes one command or help topic.
type Page struct{ command *cobra.Command }

// Pages returns the pages of a whole tree, in its order.
func Pages(root *cobra.Command) []Page {
	var pages []Page
	var add func(*cobra.Command)
	add = func(cmd *cobra.Command) {
		if !hasPage(cmd) {
			return
		}
		cmd.InitDefaultHelpFlag()
		cmd.InitDefaultVersionFlag()
		pages = append(pages, Page{cmd})
		for _, child := range cmd.Commands() {
			add(child)
		}
	}
	add(root)
	return pages
}

// Of returns the page of a command in the tree that was given to [Pages].
func Of(pages []Page, cmd *cobra.Command) (Page, bool) {
	i := slices.IndexFunc(pages, func(p Page) bool { return p.command == cmd })
	if i < 0 {
		return Page{}, false
	}
	return pages[i], true
}

// Below returns the names of the commands and help topics below a command that have a page.
func Below(cmd *cobra.Command) []string {
	var names []string
	for _, child := range cmd.Commands() {
		if hasPage(child) {
			names = append(names, child.Name())
		}
	}
	return names
}

func hasPage(cmd *cobra.Command) bool {
	return cmd.IsAvailableCommand() || cmd.IsAdditionalHelpTopicCommand() && !cmd.Hidden && cmd.Deprecated == ""
}

// Name is the page's name for man(1): btcpayctl-key-generate.
func (p Page) Name() string { return strings.ReplaceAll(p.command.CommandPath(), " ", "-") }

// Section is 1 for commands and 7 for help topics.
func (p Page) Section() string {
	if p.isTopic() {
		return "7"
	}
	return "1"
}

// File is the name of the man page's file: btcpayctl-key-generate.1.
func (p Page) File() string { return p.Name() + "." + p.Section() }

// MarkdownFile is the name of its file in the reference: btcpayctl_key_generate.md.
func (p Page) MarkdownFile() string {
	return strings.ReplaceAll(p.command.CommandPath(), " ", "_") + ".md"
}

func (p Page) isTopic() bool { return p.command.IsAdditionalHelpTopicCommand() }

// title is what a user types for the page's command or topic.
func (p Page) title() string {
	if p.isTopic() {
		return p.command.Root().Name() + " help " + p.command.Name()
	}
	return p.command.CommandPath()
}

// Text is the long text of the command's help.
func (p Page) Text() string {
	if p.command.Long != "" {
		return p.command.Long
	}
	return p.command.Short
}

// related are the page's parent and children, by name.
func (p Page) related() []Page {
	var pages []Page
	if p.command.HasParent() {
		pages = append(pages, Page{p.command.Parent()})
	}
	children := slices.Clone(p.command.Commands())
	slices.SortStableFunc(children, func(a, b *cobra.Command) int { return strings.Compare(a.Name(), b.Name()) })
	for _, child := range children {
		if hasPage(child) {
			pages = append(pages, Page{child})
		}
	}
	return pages
}

// shown are the flags that help shows, in its order.
func shown(flags *pflag.FlagSet) []*pflag.Flag {
	var all []*pflag.Flag
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Deprecated == "" {
			all = append(all, f)
		}
	})
	return all
}

// A block is a paragraph, or lines that are shown unchanged.
type block struct {
	asItIs bool
	lines  []string
}

func blocks(text string) []block {
	var all []block
	blank := 0 // blank lines since the last other line
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		if line == "" {
			blank++
			continue
		}
		asItIs := strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
		last := len(all) - 1
		if last < 0 || all[last].asItIs != asItIs || !asItIs && blank > 0 {
			all = append(all, block{asItIs: asItIs})
			last++
		} else if blank > 0 {
			all[last].lines = append(all[last].lines, "")
		}
		all[last].lines = append(all[last].lines, line)
		blank = 0
	}
	return all
}
