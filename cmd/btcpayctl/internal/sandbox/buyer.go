package sandbox

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type paidRecord struct {
	Invoice string `json:"invoice"`
	Share   string `json:"share"`
}

func newSandboxPay(a *app.App) *cobra.Command {
	var share string
	cmd := newActorCommand(a, &cobra.Command{
		Use:   "pay INVOICE",
		Short: "Pay an invoice, as the buyer",
		Long: `Act as the buyer: open the invoice's checkout page on a sandbox and pay. The payment is
not confirmed until a block is mined.`,
		Example: "  btcpayctl sandbox pay \"$id\" && btcpayctl sandbox mine",
		Args:    cli.Arguments(1, 1),
	}, output.View[paidRecord]{
		Columns: []output.Column[paidRecord]{
			{Title: "INVOICE", Value: func(r paidRecord) string { return r.Invoice }},
			{Title: "PAID", Value: func(r paidRecord) string { return r.Share }},
		},
		Name: func(r paidRecord) string { return r.Invoice },
	}, func(ctx context.Context, p *sandboxActor, args []string) (paidRecord, error) {
		button, ok := map[string]string{"all": "pay", "half": "pay-half", "double": "pay-double"}[share]
		if !ok {
			return paidRecord{}, &output.Error{Code: output.Usage, What: "--share must be all, half or double", Next: "--share half"}
		}
		if _, err := p.human.Open(ctx, "/invoice?id="+url.QueryEscape(args[0])); err != nil {
			return paidRecord{}, err
		}
		if _, err := p.human.Press(ctx, button); err != nil {
			return paidRecord{}, err
		}
		return paidRecord{args[0], share}, nil
	})
	cmd.Flags().StringVar(&share, "share", "all", "share of the amount due: half, all or double")
	return cmd
}

type minedRecord struct {
	Blocks int `json:"blocks"`
}

func newSandboxMine(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:     "mine [BLOCKS]",
		Short:   "Mine blocks",
		Example: "  btcpayctl sandbox mine 6",
		Args:    cli.Arguments(0, 1),
	}, output.View[minedRecord]{
		Columns: []output.Column[minedRecord]{{Title: "BLOCKS", Value: func(r minedRecord) string { return strconv.Itoa(r.Blocks) }}},
		Name:    func(r minedRecord) string { return strconv.Itoa(r.Blocks) },
	}, func(ctx context.Context, p *sandboxActor, args []string) (minedRecord, error) {
		record := minedRecord{1}
		if len(args) == 1 {
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 1 {
				return record, &output.Error{Code: output.Usage, What: "the number of blocks must be 1 or more", Next: "btcpayctl sandbox mine 6"}
			}
			record.Blocks = n
		}
		_, err := ask[struct{}](ctx, p, "mine", record)
		return record, err
	})
}

type clockRecord struct {
	Now time.Time `json:"now"`
}

func newSandboxClock(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "clock ADVANCE",
		Short: "Move the sandbox's clock ahead, such as by 16m",
		Long: `Move the sandbox's clock ahead: invoices and pairing codes expire, and everything that
is due in that time happens.`,
		Example: "  btcpayctl sandbox clock 16m",
		Args:    cli.Arguments(1, 1),
	}, output.View[clockRecord]{
		Columns: []output.Column[clockRecord]{{Title: "NOW", Value: func(r clockRecord) string { return r.Now.Format(time.RFC3339) }}},
		Name:    func(r clockRecord) string { return r.Now.Format(time.RFC3339) },
	}, func(ctx context.Context, p *sandboxActor, args []string) (clockRecord, error) {
		if d, err := time.ParseDuration(args[0]); err != nil || d <= 0 {
			return clockRecord{}, &output.Error{Code: output.Usage, What: "the time to advance must be a duration such as 16m or 24h", Next: "btcpayctl sandbox clock 16m"}
		}
		return ask[clockRecord](ctx, p, "clock", map[string]string{"advance": args[0]})
	})
}
