package root

import (
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// TestHelpFitsTheTerminal: on a narrow terminal the paragraphs of each help text are broken
// between words, and no word is lost.
func TestHelpFitsTheTerminal(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	for cmd := range cli.Commands(NewRoot(a)) {
		for _, width := range []int{30, 60, 80} {
			got := fitText(cmd.Long, width)
			if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(cmd.Long), " ") && width > 30 {
				t.Errorf("%s at %d: words are lost", cmd.CommandPath(), width)
			}
			for line := range strings.Lines(got) {
				if line = strings.TrimSuffix(line, "\n"); output.Width(line) > width && line[0] != ' ' {
					t.Errorf("%s at %d: %q", cmd.CommandPath(), width, line)
				}
			}
		}
		if got := fitText(cmd.Long, helpWidth); strings.Count(got, "\n") > strings.Count(cmd.Long, "\n") {
			t.Errorf("%s: the text is wider than %d", cmd.CommandPath(), helpWidth)
		}
	}
}
