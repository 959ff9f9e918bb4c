package sandbox

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

var requestView = output.View[sandbox.LoggedRequest]{
	Columns: []output.Column[sandbox.LoggedRequest]{
		{Title: "TIME", Value: func(r sandbox.LoggedRequest) string { return r.Time.Format(time.TimeOnly) }},
		{Title: "METHOD", Value: func(r sandbox.LoggedRequest) string { return r.Method }},
		{Title: "PATH", Fit: output.FitWords, Value: func(r sandbox.LoggedRequest) string { return r.Path }},
		{Title: "CREDENTIAL", Fit: output.FitWords, Spare: true, Value: func(r sandbox.LoggedRequest) string { return r.Credential }},
		{Title: "PERMISSION", Fit: output.FitWords, Spare: true, Value: func(r sandbox.LoggedRequest) string { return cli.Dash(r.Permission) }},
		{Title: "STATUS", Value: func(r sandbox.LoggedRequest) string { return strconv.Itoa(r.Status) }},
		{Title: "REASON", Fit: output.FitWords, Value: whyRefused},
	},
	Name: func(r sandbox.LoggedRequest) string { return strconv.FormatUint(r.Number, 10) },
}

func whyRefused(r sandbox.LoggedRequest) string {
	switch {
	case r.Fault == "":
		return cli.Dash(r.Reason)
	case r.Reason == "":
		return r.Fault
	}
	return r.Fault + ": " + r.Reason
}

// requestLines prints a request a line while they come. A table would wait for more of them.
var requestLines = output.View[sandbox.LoggedRequest]{Columns: requestView.Columns, Name: sandbox.LoggedRequest.String}

type requestsCommand struct {
	actor           *sandboxActor
	follow, refused bool
}

func newSandboxRequests(a *app.App) *cobra.Command {
	c := &requestsCommand{actor: &sandboxActor{app: a}}
	cmd := &cobra.Command{
		Use:   "requests",
		Short: "Print the last requests to a sandbox, and why they were refused",
		Long: `Print the last 1,000 requests to a sandbox, oldest first: the credential without its
secret, the permission that was needed, the status, and why a request was refused. The
reason often has more detail than the response, such as the URL that a signature is of.

--follow prints each new request as it comes, until Ctrl-C, on one line each.`,
		Example: `  btcpayctl sandbox requests --refused
  btcpayctl sandbox requests --follow
  btcpayctl sandbox requests --follow -o jsonl --jq 'select(.status == 403) | .reason'`,
		Args: cli.Arguments(0, 0),
		RunE: c.run,
	}
	c.actor.addFlags(cmd)
	cmd.Flags().BoolVar(&c.follow, "follow", false, "continue with each new request until Ctrl-C")
	cmd.Flags().BoolVar(&c.refused, "refused", false, "print only requests that were refused")
	cli.Shows(cmd, requestView)
	return cmd
}

func (c *requestsCommand) run(cmd *cobra.Command, _ []string) error {
	p, err := cli.CheckedPrinter(c.actor.app, cmd, requestView, sandbox.LoggedRequest{})
	if err != nil {
		return err
	}
	view := requestView
	if c.follow && !p.Streams() {
		if p, err = c.linePrinter(cmd); err != nil {
			return err
		}
		view = requestLines
	}
	if err := c.actor.connect(); err != nil {
		return err
	}
	defer c.actor.close()
	return output.List(p, view, func(yield func(sandbox.LoggedRequest, error) bool) { c.each(cmd.Context(), yield) })
}

// linePrinter returns the printer of --follow if no format is chosen.
func (c *requestsCommand) linePrinter(cmd *cobra.Command) (*output.Printer, error) {
	for _, flag := range []string{"jq", "columns", "output"} {
		value, err := cmd.Flags().GetString(flag)
		if err != nil {
			return nil, err
		}
		if value != "" && (flag != "output" || value != "table") {
			return nil, &output.Error{
				Code: output.Usage, What: "--follow does not end, so it prints lines, and --" + flag + " " + value + " needs another format",
				Next: "--follow -o jsonl, or --follow -o tsv",
			}
		}
	}
	return output.NewPrinter(c.actor.app.Out, "name", "")
}

// pollWait is how long the sandbox waits for a request before it answers that there is none.
const pollWait = 10 * time.Second

type requestsAsked struct {
	After uint64 `json:"after"`
	Wait  string `json:"wait,omitempty"`
}

type requestsAnswer struct {
	Requests []sandbox.LoggedRequest `json:"requests"`
	Complete bool                    `json:"complete"`
}

// each yields the requests, and with --follow those that come.
func (c *requestsCommand) each(ctx context.Context, yield func(sandbox.LoggedRequest, error) bool) {
	asked := requestsAsked{}
	for {
		answer, err := ask[requestsAnswer](ctx, c.actor, "requests", asked)
		if err != nil {
			yield(sandbox.LoggedRequest{}, c.actor.explain(ctx, err))
			return
		}
		if asked.After > 0 && !answer.Complete {
			fmt.Fprintln(c.actor.app.Err, "Some requests came too fast and are not shown.")
		}
		for _, r := range answer.Requests {
			asked.After = r.Number
			if c.refused && !r.Refused() {
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
		if !c.follow {
			return
		}
		asked.Wait = pollWait.String()
	}
}
