package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// helpTopics are pages of text: commands that do nothing, which cobra lists apart.
func helpTopics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What each exit code means", Long: exitCodes()},
		{Use: "output", Short: "Formats, --jq and streams", Long: outputTopic},
	}
}

func exitCodes() string {
	var text strings.Builder
	text.WriteString("Every failure has an exit code, and with -o json a word:\n\n  EXIT  CODE                  MEANING\n     0                        done\n")
	for _, f := range output.Failures {
		fmt.Fprintf(&text, "  %4d  %-20s  %s\n", f.Exit, f.Code, f.Meaning)
	}
	text.WriteString("\nThe error itself is on standard error: what happened, why, and what to type next.\n" +
		"With -o json it is one object: {\"error\":{\"code\",\"exit\",\"message\",\"hint\",\"status\"}}.")
	return text.String()
}

const outputTopic = `Data goes to standard output, everything else to standard error. A call that
fails prints nothing on standard output.

  -o table           columns for people; this is the default
  -o json            one JSON document
  -o jsonl           one JSON object a line, written as they come
  -o yaml            the JSON document as YAML
  -o name            the name of each record alone: an id, a SIN
  -o template=TEXT   a Go template over the members of the JSON, '{{.id}}'
  --jq EXPR          a jq expression over the JSON; texts are printed bare

The names of the members are a contract. Amounts are text and exact, times are
RFC 3339 in UTC. An empty list is [] and no failure. BTCPAYCTL_OUTPUT sets the
format where -o does not.`
