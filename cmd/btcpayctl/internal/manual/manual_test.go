package manual

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

const sampleText = `Keys are of two kinds. Both
are secrets.
  key one   is *bold*
  key two   isn't

  after a blank line
.hidden starts so, <b> does not.

Another paragraph.

	tabs too
`

func sample() (root, child *cobra.Command) {
	root = &cobra.Command{Use: "tool", Short: "Do a thing"}
	root.PersistentFlags().StringP("output", "o", "", "`format` of data")
	child = &cobra.Command{Use: "do [NAME]", Short: "Do it once", Long: sampleText, Example: "  tool do 'a\\b' ~/x | less", Run: func(*cobra.Command, []string) {}}
	child.Flags().Int("times", 3, "how often")
	child.Flags().Bool("secretly", false, "")
	_ = child.Flags().MarkHidden("secretly")
	hidden := &cobra.Command{Use: "hidden", Hidden: true, Run: func(*cobra.Command, []string) {}}
	topic := &cobra.Command{Use: "words", Short: "What words mean", Long: "  a  b"}
	root.AddCommand(child, hidden, topic)
	return root, child
}

func TestBlocks(t *testing.T) {
	want := []block{
		{false, []string{"Keys are of two kinds. Both", "are secrets."}},
		{true, []string{"  key one   is *bold*", "  key two   isn't", "", "  after a blank line"}},
		{false, []string{".hidden starts so, <b> does not."}},
		{false, []string{"Another paragraph."}},
		{true, []string{"\ttabs too"}},
	}
	if diff := cmp.Diff(want, blocks(sampleText), cmp.AllowUnexported(block{})); diff != "" {
		t.Error(diff)
	}
	if got := blocks("\n\n"); len(got) != 0 {
		t.Errorf("an empty text has the blocks %v", got)
	}
}

func TestPages(t *testing.T) {
	root, child := sample()
	pages := Pages(root)
	var files []string
	for _, p := range pages {
		files = append(files, p.File(), p.MarkdownFile())
	}
	if want := []string{"tool.1", "tool.md", "tool-do.1", "tool_do.md", "tool-words.7", "tool_words.md"}; !slices.Equal(files, want) {
		t.Errorf("the files are %q, not %q", files, want)
	}
	if p, found := Of(pages, child); !found || p.File() != "tool-do.1" {
		t.Errorf("the page of a command is %v, %v", p.File(), found)
	}
	if _, found := Of(pages, &cobra.Command{}); found {
		t.Error("a command of another tree has a page")
	}
	if got := Below(root); !slices.Equal(got, []string{"do", "words"}) {
		t.Errorf("below the program are %q", got)
	}
}

func TestRoff(t *testing.T) {
	root, child := sample()
	p, _ := Of(Pages(root), child)
	var got strings.Builder
	if err := p.WriteRoff(&got); err != nil {
		t.Fatal(err)
	}
	want := `.TH "TOOL-DO" "1" "November 2026" "tool" "tool"
.SH NAME
tool\-do \- Do it once
.SH SYNOPSIS
\fBtool do [NAME] [flags]\fR
.SH DESCRIPTION
Keys are of two kinds. Both
are secrets.
.PP
.nf
  key one   is *bold*
  key two   isn\(aqt

  after a blank line
.fi
.PP
\&.hidden starts so, <b> does not.
.PP
Another paragraph.
.PP
.nf
        tabs too
.fi
.SH EXAMPLES
.PP
.nf
  tool do \(aqa\eb\(aq \(ti/x | less
.fi
.SH OPTIONS
.TP
\fB\-h\fR, \fB\-\-help\fR
help for do
.TP
\fB\-\-times\fR \fIint\fR
how often (default 3)
.SH GLOBAL OPTIONS
.TP
\fB\-o\fR, \fB\-\-output\fR \fIformat\fR
format of data
.SH SEE ALSO
.BR tool (1)
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestMarkdown(t *testing.T) {
	root, child := sample()
	p, _ := Of(Pages(root), child)
	var got strings.Builder
	if err := p.WriteMarkdown(&got); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## tool do\n\nDo it once\n\n### Synopsis\n\nKeys are of two kinds. Both\nare secrets.\n\n",
		"are secrets.\n\n```\n  key one   is *bold*\n  key two   isn't\n\n  after a blank line\n```\n\n.hidden starts so, &lt;b> does not.\n\nAnother",
		"```\ntool do [NAME] [flags]\n```\n\n### Examples\n\n```\n  tool do 'a\\b' ~/x | less\n```\n",
		"      --times int   how often (default 3)\n```\n",
		"### SEE ALSO\n\n* [tool](tool.md)\t - Do a thing\n",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("there is no %q in\n%s", want, got.String())
		}
	}
	if strings.Contains(got.String(), "secretly") {
		t.Error("a hidden flag is shown")
	}
	var fenced strings.Builder
	fence(&fenced, "a ``` b")
	if fenced.String() != "````\na ``` b\n````\n\n" {
		t.Errorf("%q", fenced.String())
	}
}
