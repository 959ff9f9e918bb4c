package sandbox

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

type paidRecord struct {
	Invoice string `json:"invoice"`
	Share   string `json:"share"`  // of the amount due; empty if an amount was given
	Amount  string `json:"amount"` // in BTC
	TxID    string `json:"txid"`
	Address string `json:"address"`
}

var paidView = output.View[paidRecord]{
	Columns: []output.Column[paidRecord]{
		{Title: "INVOICE", Value: func(r paidRecord) string { return r.Invoice }},
		{Title: "PAID", Value: func(r paidRecord) string { return r.Amount + " BTC" }},
		{Title: "TRANSACTION", Fit: output.FitWords, Value: func(r paidRecord) string { return r.TxID }},
	},
	Name: func(r paidRecord) string { return r.Invoice },
}

// payAsk is what the control address takes.
type payAsk struct {
	Invoice       string `json:"invoice"`
	Share         string `json:"share,omitempty"`
	Amount        string `json:"amount,omitempty"`
	Confirmations int    `json:"confirmations,omitempty"`
	RBF           bool   `json:"rbf,omitempty"`
}

func newSandboxPay(a *app.App) *cobra.Command {
	var asked payAsk
	cmd := newActorCommand(a, &cobra.Command{
		Use:   "pay INVOICE",
		Short: "Pay an invoice, as the buyer",
		Long: `Pay an invoice of a sandbox, as the buyer: the amount due, a share of it with --share, or
--amount. The payment is not confirmed until a block is mined, by "sandbox mine" or
--confirmations. An invoice that expired is paid late. An invoice of any amount needs
--amount.

With --rbf the payment may be replaced, so that it counts only with its first block.
"sandbox replace" replaces a payment by one to another address.`,
		Example: `  btcpayctl sandbox pay "$id" && btcpayctl sandbox mine
  btcpayctl sandbox pay "$id" --share half
  btcpayctl sandbox clock 16m && btcpayctl sandbox pay "$id"      # too late
  btcpayctl sandbox pay "$id" --amount 0.001 --confirmations 1`,
		Args: cli.Arguments(1, 1),
	}, paidView, func(ctx context.Context, p *sandboxActor, args []string) (paidRecord, error) {
		asked.Invoice = args[0]
		switch {
		case !slices.Contains([]string{"half", "all", "double"}, asked.Share):
			return paidRecord{}, &output.Error{Code: output.Usage, What: "--share must be all, half or double", Next: "--share half"}
		case asked.Confirmations < 0:
			return paidRecord{}, &output.Error{Code: output.Usage, What: "--confirmations must be 0 or more", Next: "--confirmations 1"}
		case asked.Amount != "":
			asked.Share = ""
		}
		record, err := ask[paidRecord](ctx, p, "pay", asked)
		record.Invoice, record.Share = asked.Invoice, asked.Share
		return record, err
	})
	cmd.Flags().StringVar(&asked.Share, "share", "all", "share of the amount due: half, all or double")
	cmd.Flags().StringVar(&asked.Amount, "amount", "", "`amount` in BTC instead, such as 0.0002")
	cmd.Flags().IntVar(&asked.Confirmations, "confirmations", 0, "`number` of blocks to mine right after the payment")
	cmd.Flags().BoolVar(&asked.RBF, "rbf", false, "the payment may be replaced")
	refuseBeside(cmd, "amount", "share")
	return cmd
}

type replacedRecord struct {
	TxID string `json:"txid"`
}

func newSandboxReplace(a *app.App) *cobra.Command {
	return newActorCommand(a, &cobra.Command{
		Use:   "replace TRANSACTION",
		Short: "Replace an unconfirmed payment, as a buyer who cheats",
		Long: `Replace an unconfirmed payment on a sandbox by a transaction that pays to another
address, as a buyer does who takes the money back. "sandbox pay" prints the transaction.`,
		Example: `  btcpayctl sandbox replace "$(btcpayctl sandbox pay "$id" --rbf -o json --jq .txid)"`,
		Args:    cli.Arguments(1, 1),
	}, output.View[replacedRecord]{
		Columns: []output.Column[replacedRecord]{{Title: "TRANSACTION", Fit: output.FitWords, Value: func(r replacedRecord) string { return r.TxID }}},
		Name:    func(r replacedRecord) string { return r.TxID },
	}, func(ctx context.Context, p *sandboxActor, args []string) (replacedRecord, error) {
		record := replacedRecord{args[0]}
		_, err := ask[struct{}](ctx, p, "replace", record)
		return record, err
	})
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
