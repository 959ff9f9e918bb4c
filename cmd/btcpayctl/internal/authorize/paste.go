package authorize

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// runPaste takes the key from a prompt, or from the first line of standard input if that
// is not a terminal.
func (o options) runPaste(ctx context.Context, p plan, printer *output.Printer) (err error) {
	l, err := p.resumePrinted(ctx)
	if l != nil {
		defer l.release()
		p = l.plan
	}
	if err != nil {
		return err
	}
	page, err := p.url()
	if err != nil {
		return err
	}
	asks, err := o.ready(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, asks.close()) }()
	if l == nil {
		if l, err = p.begin(ctx, ledger.AuthorizePayload{Page: page}); err != nil {
			return err
		}
		defer l.release()
	}
	fmt.Fprintf(l.app.Err, "Open this page in any browser, authorise, and copy the key that it shows:\n\n  %s\n\n%s", output.VisibleLine(page), l.pickText()+l.labelAdvice(page))
	l.tellOtherPages(ctx)
	key, err := asks.pastedKey(ctx, p.app)
	if err != nil {
		fmt.Fprintf(l.app.Err, "No key was received. %s\nNext: %s\n", output.VisibleLine(operations.WhereItStands(l.operation.Record)), l.app.Hint(l.unanswered()))
		return err
	}
	came := received{key, true}
	if err := l.keep(ctx, came, asks.inAdvance()); err != nil {
		return err
	}
	return l.settle(ctx, came, asks, printer)
}

// readPasted reads lines from the terminal until one is a key, or ctx ends; then the
// second channel is closed. Without a terminal the first channel never gives anything.
func (k *asker) readPasted(ctx context.Context) (<-chan greenfield.APIKey, <-chan struct{}) {
	keys, ended := make(chan greenfield.APIKey, 1), make(chan struct{})
	if k.dialogue == nil {
		close(ended)
		return keys, ended
	}
	go func() {
		defer close(ended)
		for {
			line, err := k.dialogue.Hidden(ctx)
			if err != nil {
				return // the wait is over, or the terminal is gone
			}
			if strings.TrimSpace(line) == "" {
				continue
			}
			key, err := app.ReadGreenfieldKey([]byte(line), "the line")
			if err == nil {
				keys <- key
				return
			}
			fmt.Fprintln(k.stderr, "That is not a key:", output.VisibleLine(err.Error())+".")
		}
	}()
	return keys, ended
}

func (k *asker) pastedKey(ctx context.Context, a *app.App) (greenfield.APIKey, error) {
	if k.dialogue != nil && a.IsTerminal(a.In) {
		for {
			fmt.Fprint(a.Err, "Key: ")
			line, err := k.dialogue.Hidden(ctx)
			fmt.Fprintln(a.Err)
			if err != nil {
				return greenfield.APIKey{}, err
			}
			key, err := app.ReadGreenfieldKey([]byte(line), "the line")
			if err == nil {
				return key, nil
			}
			fmt.Fprintln(a.Err, "That is not a key:", output.VisibleLine(err.Error())+".")
		}
	}
	line, err := bufio.NewReader(io.LimitReader(a.In, cli.MaxPaste)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return greenfield.APIKey{}, err
	}
	return app.ReadGreenfieldKey([]byte(line), "the line on standard input")
}
