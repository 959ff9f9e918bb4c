package sandbox

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

type replayRecord struct {
	Group       string             `json:"group"`
	File        string             `json:"file"`
	Version     string             `json:"version"` // of the recorded server
	Result      string             `json:"result"`  // alike, different, stopped or not played
	Exchanges   int                `json:"exchanges"`
	Alike       int                `json:"alike"`
	Reason      string             `json:"reason"` // why it stopped or was not played
	Differences []replayDifference `json:"differences"`
}

type replayDifference struct {
	Step    string `json:"step"`
	Request string `json:"request"`
	At      string `json:"at"`
	Wanted  string `json:"wanted"`
	Got     string `json:"got"`
}

const (
	playedAlike     = "alike"
	playedDifferent = "different"
	playedStopped   = "stopped"
	notPlayed       = "not played"
)

var replayView = output.View[replayRecord]{
	Columns: []output.Column[replayRecord]{
		{Title: "GROUP", Value: func(r replayRecord) string { return r.Group }},
		{Title: "VERSION", Spare: true, Value: func(r replayRecord) string { return r.Version }},
		{Title: "ALIKE", Value: func(r replayRecord) string { return fmt.Sprintf("%d of %d", r.Alike, r.Exchanges) }},
		{Title: "RESULT", Value: func(r replayRecord) string { return r.Result }},
		{Title: "REASON", Fit: output.FitBelow, Value: func(r replayRecord) string { return cli.Dash(r.Reason) }},
	},
	Name: func(r replayRecord) string { return r.Group },
}

func recordOfReplay(r *replay.Recording, file string, report *replay.Report, reason string) replayRecord {
	record := replayRecord{Group: r.Group, File: file, Version: r.Server.Version, Result: notPlayed, Reason: reason, Differences: []replayDifference{}}
	if report == nil {
		return record
	}
	record.Exchanges, record.Alike = report.Exchanges, report.Alike
	for _, m := range report.Mismatches {
		for _, d := range m.Differences {
			record.Differences = append(record.Differences, replayDifference{m.Step, m.Request, d.Where, d.Wanted, d.Got})
		}
	}
	switch {
	case reason != "":
		record.Result = playedStopped
	case report.Alike < report.Exchanges:
		record.Result = playedDifferent
	default:
		record.Result = playedAlike
	}
	return record
}

// judge prints the differences beside a table, and fails if there are any.
func (c *replayCommand) judge(cmd *cobra.Command, all []replayRecord) error {
	if !c.documents(cmd) {
		c.printDifferences(all)
	}
	var exchanges, alike, played, bad int
	for _, r := range all {
		exchanges, alike = exchanges+r.Exchanges, alike+r.Alike
		if r.Result != notPlayed {
			played++
		}
		if r.differs() {
			bad++
		}
	}
	summary := fmt.Sprintf("%d of %d exchanges are alike, in %d of %d recordings", alike, exchanges, played-bad, len(all))
	if bad > 0 {
		return &output.Error{Code: output.Different, What: "the server differs from the recordings: " + summary, Next: "btcpayctl sandbox replay " + firstBad(all) + " -o json"}
	}
	fmt.Fprintln(c.app.Err, output.Sentence(summary)+".")
	return nil
}

func (r replayRecord) differs() bool { return r.Result == playedDifferent || r.Result == playedStopped }

// Bounds of what is printed of the differences beside a table.
const (
	mostSteps       = 30
	mostDifferences = 8   // of a step
	mostShown       = 600 // characters of a value
)

func (c *replayCommand) printDifferences(all []replayRecord) {
	steps, hidden := 0, 0
	for _, r := range all {
		step, n := "", 0
		for _, d := range r.Differences {
			if d.Step != step {
				step, n = d.Step, 0
				steps++
				if steps <= mostSteps {
					fmt.Fprintf(c.app.Err, "\n%s: %s\n  request  %s\n", output.VisibleLine(r.Group), output.VisibleLine(step), brief(d.Request))
				}
			}
			if n++; steps > mostSteps || n > mostDifferences {
				hidden++
				continue
			}
			fmt.Fprintf(c.app.Err, "  at       %s\n  wanted   %s\n  got      %s\n", output.VisibleLine(d.At), brief(d.Wanted), brief(d.Got))
		}
	}
	if hidden > 0 {
		fmt.Fprintf(c.app.Err, "\n%d more differences are not shown here. -o json has all of them.\n", hidden)
	}
}

// documents reports whether the output has the differences itself.
func (c *replayCommand) documents(cmd *cobra.Command) bool {
	format, err := cmd.Flags().GetString("output")
	query, queryErr := cmd.Flags().GetString("jq")
	return err == nil && queryErr == nil && (output.IsJSON(format) || format == "yaml" || query != "")
}

func firstBad(all []replayRecord) string {
	for _, r := range all {
		if r.differs() {
			return app.ShellWord(r.File)
		}
	}
	return ""
}

func brief(text string) string {
	if runes := []rune(text); len(runes) > mostShown {
		text = string(runes[:mostShown]) + "…"
	}
	return output.VisibleLine(text)
}
