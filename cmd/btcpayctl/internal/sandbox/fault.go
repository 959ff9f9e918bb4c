package sandbox

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

type faultRecord struct {
	ID     string `json:"id"`
	Fault  string `json:"fault"`
	Method string `json:"method"` // empty for any
	Path   string `json:"path"`   // empty for any
	Left   int    `json:"left"`   // requests that it still applies to; -1 for all until it is removed
	Met    int    `json:"met"`    // requests that it applied to
}

var faultView = output.View[faultRecord]{
	Columns: []output.Column[faultRecord]{
		{Title: "ID", Value: func(r faultRecord) string { return r.ID }},
		{Title: "FAULT", Value: func(r faultRecord) string { return r.Fault }},
		{Title: "METHOD", Value: func(r faultRecord) string { return anyWhenEmpty(strings.ToUpper(r.Method)) }},
		{Title: "PATH", Fit: output.FitWords, Value: func(r faultRecord) string { return anyWhenEmpty(r.Path) }},
		{Title: "LEFT", Value: func(r faultRecord) string {
			if r.Left < 0 {
				return "all"
			}
			return strconv.Itoa(r.Left)
		}},
		{Title: "MET", Value: func(r faultRecord) string { return strconv.Itoa(r.Met) }},
	},
	Name: func(r faultRecord) string { return r.ID },
}

func anyWhenEmpty(text string) string {
	if text == "" {
		return "any"
	}
	return text
}

func newSandboxFault(a *app.App) *cobra.Command {
	cmd := cli.Group("fault", "Make requests to the sandbox fail", "", `Make requests to a sandbox fail: as a slow, broken or overloaded server, or the network
or a proxy in front of it, would.`)
	cmd.Example = `  btcpayctl sandbox fault add lost --method POST --path "/api/v1/stores/{id}/invoices"
  btcpayctl sandbox fault list
  btcpayctl sandbox fault remove --all`
	cmd.AddCommand(newFaultAdd(a), newFaultList(a), newFaultRemove(a))
	return cmd
}

// faultAsk is what the control address takes.
type faultAsk struct {
	Kind     string `json:"kind"`
	Value    string `json:"value,omitempty"`
	Method   string `json:"method,omitempty"`
	Path     string `json:"path,omitempty"`
	Times    int    `json:"times,omitempty"`
	Latency  string `json:"latency,omitempty"`
	Executed bool   `json:"executed,omitempty"`
}

func newFaultAdd(a *app.App) *cobra.Command {
	var asked faultAsk
	var latency time.Duration
	var always bool
	cmd := newActorCommand(a, &cobra.Command{
		Use:   "add KIND [VALUE]",
		Short: "Make the next request fail",
		Long: `Make the next request to a sandbox fail, or the next --times requests, or all until the
fault is removed. --method and --path choose the requests. If several faults apply to a
request, the one that was added first does. The commands that control the sandbox are
not affected, but for those that open its pages: approve, code, consent and paste.

The kinds, with their values. "lost", "cut" and "bad-json" carry the request out; the
others do so with --executed:

` + faultKindLines(),
		Example: `  btcpayctl sandbox fault add lost --method POST --path "/api/v1/stores/{id}/invoices"
  btcpayctl sandbox fault add status 503 --times 3
  btcpayctl sandbox fault add throttle 30s --path /rates
  btcpayctl sandbox fault add clock-skew -- -10m
  btcpayctl sandbox fault add latency 5s --always`,
		Args: cli.Arguments(1, 2),
	}, faultView, func(ctx context.Context, p *sandboxActor, args []string) (faultRecord, error) {
		if asked.Kind = args[0]; len(args) == 2 {
			asked.Value = args[1]
		}
		if _, err := sandbox.NewFault(asked.Kind, asked.Value); err != nil {
			return faultRecord{}, &output.Error{Code: output.Usage, What: strings.TrimPrefix(err.Error(), "sandbox: "), Why: "Nothing was sent.", Next: "btcpayctl sandbox fault add --help", Err: err}
		}
		switch {
		case always:
			asked.Times = -1
		case asked.Times < 1:
			return faultRecord{}, &output.Error{Code: output.Usage, What: "--times must be 1 or more", Why: "Nothing was sent.", Next: "--times 3, or --always for all requests"}
		}
		if asked.Path != "" && !strings.HasPrefix(asked.Path, "/") {
			return faultRecord{}, &output.Error{Code: output.Usage, What: fmt.Sprintf("--path %.200q must begin with a slash", asked.Path), Why: "It is a path below the root path of the server. Nothing was sent.", Next: `--path "/api/v1/stores/{id}/invoices"`}
		}
		if latency != 0 {
			asked.Latency = latency.String()
		}
		return ask[faultRecord](ctx, p, "fault", asked)
	})
	cmd.ValidArgsFunction = completeFaultKind
	cmd.Flags().StringVar(&asked.Method, "method", "", "HTTP `method` of the requests (default any)")
	cmd.Flags().StringVar(&asked.Path, "path", "", "`path` of the requests, below the root path; {braces} match any segment (default any)")
	cmd.Flags().IntVar(&asked.Times, "times", 1, "`number` of requests that fail, one after another")
	cmd.Flags().BoolVar(&always, "always", false, "all requests fail until the fault is removed")
	cmd.Flags().DurationVar(&latency, "latency", 0, "wait so long before the fault, such as 5s")
	cmd.Flags().BoolVar(&asked.Executed, "executed", false, "carry the request out first")
	refuseBeside(cmd, "times", "always")
	return cmd
}

func completeFaultKind(_ *cobra.Command, args []string, _ string) (words []cobra.Completion, directive cobra.ShellCompDirective) {
	if len(args) == 0 {
		for _, k := range sandbox.FaultKinds() {
			words = append(words, cobra.CompletionWithDesc(k.Name, k.About))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

func faultKindLines() string {
	var b strings.Builder
	for _, k := range sandbox.FaultKinds() {
		fmt.Fprintf(&b, "  %-19s %s\n", strings.TrimSpace(k.Name+" "+k.Value), k.About)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func newFaultList(a *app.App) *cobra.Command {
	return newListCommand(a, &cobra.Command{
		Use:     "list",
		Short:   "List the faults",
		Long:    `List the faults that are set and may still apply to a request.`,
		Example: "  btcpayctl sandbox fault list",
		Args:    cli.Arguments(0, 0),
	}, faultView, func(ctx context.Context, p *sandboxActor, _ []string) ([]faultRecord, error) {
		return ask[[]faultRecord](ctx, p, "fault/list", struct{}{})
	})
}

func newFaultRemove(a *app.App) *cobra.Command {
	var all bool
	cmd := newListCommand(a, &cobra.Command{
		Use:   "remove [ID]",
		Short: "Remove faults",
		Long: `Remove a fault, or all. What is printed reports how many requests each of them applied
to.`,
		Example: "  btcpayctl sandbox fault remove 1\n  btcpayctl sandbox fault remove --all",
		Args:    cli.Arguments(0, 1),
	}, faultView, func(ctx context.Context, p *sandboxActor, args []string) ([]faultRecord, error) {
		if all == (len(args) == 1) {
			return nil, &output.Error{Code: output.Usage, What: "give the ID of a fault, or --all", Why: "Nothing was sent.", Next: "btcpayctl sandbox fault list"}
		}
		asked := map[string]any{"all": true}
		if !all {
			known, err := ask[[]faultRecord](ctx, p, "fault/list", struct{}{})
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(known, func(r faultRecord) bool { return r.ID == args[0] }) {
				return nil, &output.Error{Code: output.NotFound, What: fmt.Sprintf("there is no fault %.40q", args[0]), Why: "It was removed, or it has applied to all its requests.", Next: "btcpayctl sandbox fault list"}
			}
			asked = map[string]any{"id": args[0]}
		}
		return ask[[]faultRecord](ctx, p, "fault/remove", asked)
	})
	cmd.Flags().BoolVar(&all, "all", false, "remove all faults")
	return cmd
}
