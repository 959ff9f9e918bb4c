package authorize

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// runListener waits for the browser's POST, or for a pasted key.
func (c *authorization) runListener(ctx context.Context) error {
	listener, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()
	defer func() {
		c.letEarlierGo()
		if c.operation != nil {
			c.operation.Release() // what is not finished by then stays open
		}
	}()
	c.show(listener)
	c.tellOtherPages(ctx)
	remove := c.openBrowser()
	defer remove()
	key, err := c.await(ctx, listener)
	if err != nil {
		return err
	}
	err = c.settle(ctx, key)
	select {
	case <-listener.Done(): // the browser has its page, also where the key is not kept
	case <-ctx.Done():
	}
	return err
}

// listen binds the port first, since the address of the page holds it, and
// writes everything down before anybody is asked.
func (c *authorization) listen(ctx context.Context) (*greenfield.CallbackListener, error) {
	options := greenfield.CallbackOptions{
		Server: c.connection.URL, Host: c.callbackHost, Port: int(c.port),
		Store: func(ctx context.Context, came greenfield.Callback) error { return c.keep(ctx, came.APIKey, false) },
	}
	kept := callback{Server: c.connection.URL, Profile: c.profile, AppIdentifier: c.identifier, Host: c.callbackHost}
	if c.identifier != "" {
		var err error
		if kept, err = keptCallback(c.app, kept); err != nil {
			return nil, &output.Error{Code: output.BadInput, What: "the port and nonce of the last login cannot be read", Why: err.Error(), Err: err}
		}
		// Who listens on the kept port may have been brought the nonce, so another
		// port has another nonce.
		if !c.portChanged || int(c.port) == kept.Port {
			options.Port, options.Nonce = kept.Port, client.NewSecret(kept.Nonce)
		}
	} else if err := c.takeUp(ctx, &options); err != nil {
		return nil, err
	}
	listener, err := greenfield.ListenCallback(ctx, options)
	if taken, ok := errors.AsType[*greenfield.PortTakenError](err); ok && len(c.earlier) > 0 {
		// Only the page of an earlier login depends on the port.
		c.letEarlierGo()
		fmt.Fprintf(c.app.Err, "Note: another program has port %d of the earlier login. %s Close it, and use the new page.\n", taken.Port, operations.OpenPage(taken.Port))
		options.Port, options.Nonce = 0, client.Secret{}
		listener, err = greenfield.ListenCallback(ctx, options)
	}
	if err != nil {
		return nil, listenError(err)
	}
	c.bound = listener.Port()
	c.request.Redirect, c.request.ApplicationIdentifier = listener.URL(), c.identifier
	if c.page, err = c.connection.AuthorizeURL(c.request); err == nil {
		err = c.holdSameAddress(ctx, listener)
	}
	if err == nil {
		err = c.begin(ctx)
	}
	if err == nil {
		err = c.operation.Advance(func(r *ledger.Key) {
			r.Authorize.Page, r.Authorize.Port, r.Authorize.Nonce = c.page, listener.Port(), listener.Nonce().Reveal()
		})
	}
	if err == nil && c.identifier != "" {
		kept.Port, kept.Nonce = listener.Port(), listener.Nonce().Reveal()
		err = keepCallback(c.app, kept)
	}
	if err != nil {
		c.letEarlierGo()
		return nil, errors.Join(cli.UsageOf(err), listener.Close())
	}
	fault.At("authorize-recorded")
	return listener, nil
}

func listenError(err error) error {
	e := &output.Error{Code: output.Usage, What: "this machine cannot be listened on for the key", Why: err.Error(), Next: "--port 0, or --paste", Err: err}
	if taken, ok := errors.AsType[*greenfield.PortTakenError](err); ok {
		e.Code = output.Failed
		e.What = fmt.Sprintf("port %d is taken, perhaps by another login that still waits", taken.Port)
		e.Why = operations.OpenPage(taken.Port) + " With another port the server makes a new key in place of offering the old one."
		e.Next = "end the other login, or --port 0"
	}
	return e
}

func (c *authorization) show(listener *greenfield.CallbackListener) {
	where := ""
	if u, err := url.Parse(listener.URL()); err == nil {
		where = u.Scheme + "://" + u.Host // the path is for the browser alone
	}
	opening := "Opening the browser. If it does not open, go to:"
	if c.noBrowser {
		opening = "Open this page in a browser on this machine:"
	}
	paste := ""
	if c.dialogue != nil {
		paste = " (or paste the key here)"
	}
	fmt.Fprintf(c.app.Err, "%s\n\n  %s\n\n%sWaiting for the answer on %s …%s\n", opening, output.VisibleLine(c.page), c.pickText()+c.labelAdvice(), where, paste)
}

// openBrowser returns what takes the page away that the browser was given.
func (c *authorization) openBrowser() func() {
	if c.noBrowser {
		return func() {}
	}
	remove, err := browsePrivately(c.app, c.page)
	if err != nil {
		fmt.Fprintln(c.app.Err, "The browser cannot be opened:", output.VisibleLine(err.Error()))
		return func() {}
	}
	return func() {
		if err := remove(); err != nil {
			fmt.Fprintln(c.app.Err, "warning: the page that the browser was given is still there:", output.VisibleLine(err.Error()))
		}
	}
}

// await waits for the browser or for a key on the terminal, whichever comes
// first, and says after a while what may be in the way.
func (c *authorization) await(ctx context.Context, listener *greenfield.CallbackListener) (greenfield.APIKey, error) {
	waiting, stop := context.WithTimeout(ctx, c.wait)
	type arrival struct {
		callback greenfield.Callback
		err      error
	}
	posted := make(chan arrival, 1)
	go func() {
		callback, err := listener.Wait(waiting)
		posted <- arrival{callback, err}
	}()
	pasted, typing := c.readPasted(waiting)
	defer func() {
		stop()
		<-typing // the terminal is for the next question
	}()
	hint := time.NewTimer(c.hintAfter)
	defer hint.Stop()
	for {
		select {
		case a := <-posted:
			if a.err != nil && waiting.Err() != nil {
				return greenfield.APIKey{}, c.nobody(ctx, listener.Misdirected() > 0)
			}
			return a.callback.APIKey, a.err
		case key := <-pasted:
			listener.Close()
			fmt.Fprintln(c.app.Err, operations.OpenPage(c.bound))
			if a := <-posted; a.err == nil {
				return a.callback.APIKey, nil // it came while the person was typing
			}
			return key, c.keep(ctx, key, true)
		case <-hint.C:
			for _, line := range hints(c.app.Getenv, c.connection.URL, listener.Port(), listener.Misdirected() > 0) {
				fmt.Fprintln(c.app.Err, output.VisibleLine(line))
			}
		}
	}
}

// nobody tells what becomes of a page that is still open.
func (c *authorization) nobody(ctx context.Context, misdirected bool) error {
	said := operations.OpenPage(c.bound) + " While the same command runs again, within a day, the page is good again."
	if ctx.Err() != nil {
		fmt.Fprintf(c.app.Err, "No key came. %s %s\nNext: %s\n", output.VisibleLine(operations.WhereItStands(c.operation.Record)), said, c.app.Hint(c.unanswered()))
		return context.Cause(ctx)
	}
	if misdirected {
		return &output.Error{Code: output.Pending, What: fmt.Sprintf("no key that counts came within %s", c.wait), Why: renamed, Next: "the same command with --callback-host NAME"}
	}
	return &output.Error{Code: output.Pending, What: fmt.Sprintf("no key came within %s", c.wait), Why: operations.WhereItStands(c.operation.Record) + " " + said + " Who cancels on the page sends nothing back.",
		Next: "the same command again, or with --paste where the browser is on another machine\nor " + c.unanswered()}
}

// readPasted reads lines from the terminal until one is a key, or ctx ends; then
// the second channel is closed. The first never gives anything where there is no
// terminal.
func (c *authorization) readPasted(ctx context.Context) (<-chan greenfield.APIKey, <-chan struct{}) {
	keys, ended := make(chan greenfield.APIKey, 1), make(chan struct{})
	if c.dialogue == nil {
		close(ended)
		return keys, ended
	}
	go func() {
		defer close(ended)
		for {
			line, err := c.dialogue.Hidden(ctx)
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
			fmt.Fprintln(c.app.Err, "That is no key:", output.VisibleLine(err.Error())+".")
		}
	}()
	return keys, ended
}

// runPaste takes the key from a prompt, or from the first line of standard
// input where that is no terminal.
func (c *authorization) runPaste(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	fmt.Fprintf(c.app.Err, "Open this page in any browser, authorise, and copy the key that it shows:\n\n  %s\n\n%s", output.VisibleLine(c.page), c.pickText()+c.labelAdvice())
	c.tellOtherPages(ctx)
	key, err := c.pastedKey(ctx)
	if err != nil {
		fmt.Fprintf(c.app.Err, "No key came. %s\nNext: %s\n", output.VisibleLine(operations.WhereItStands(c.operation.Record)), c.app.Hint(c.unanswered()))
		return err
	}
	if err := c.keep(ctx, key, true); err != nil {
		return err
	}
	return c.settle(ctx, key)
}

func (c *authorization) pastedKey(ctx context.Context) (greenfield.APIKey, error) {
	if c.dialogue != nil && c.app.IsTerminal(c.app.In) {
		for {
			fmt.Fprint(c.app.Err, "Key: ")
			line, err := c.dialogue.Hidden(ctx)
			fmt.Fprintln(c.app.Err)
			if err != nil {
				return greenfield.APIKey{}, err
			}
			key, err := app.ReadGreenfieldKey([]byte(line), "the line")
			if err == nil {
				return key, nil
			}
			fmt.Fprintln(c.app.Err, "That is no key:", output.VisibleLine(err.Error())+".")
		}
	}
	line, err := bufio.NewReader(io.LimitReader(c.app.In, cli.MaxPaste)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return greenfield.APIKey{}, err
	}
	return app.ReadGreenfieldKey([]byte(line), "the line on standard input")
}
