package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A listening is a login whose page leads to a port of this machine.
type listening struct {
	*login
	listener *authorize.Listener
}

// runListener waits for the browser's POST, or for a pasted key.
func (o options) runListener(ctx context.Context, p plan, printer *output.Printer) (err error) {
	asks, err := o.ready(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, asks.close()) }()
	l, err := o.listen(ctx, p, asks.inAdvance())
	if err != nil {
		return err
	}
	defer l.listener.Close()
	defer l.release()
	l.tellOtherAddress(ctx)
	l.show(o.noBrowser, asks.dialogue != nil)
	l.tellOtherPages(ctx)
	var failed <-chan error
	if !o.noBrowser {
		ended, remove := l.openBrowser()
		defer remove()
		failed = ended
	}
	came, err := l.await(ctx, asks, failed, o.wait, o.hintAfter)
	if err != nil {
		return err
	}
	err = l.settle(ctx, came, asks, printer)
	select {
	case <-l.listener.Done(): // the browser has its page, even if the key is not kept
	case <-ctx.Done():
	}
	return err
}

// listen binds the port first, since the address of the page holds it, and records
// everything before the user is asked. agreed is what the command line agreed to.
func (o options) listen(ctx context.Context, p plan, agreed ledger.Consent) (l *listening, err error) {
	l = &listening{}
	var earlier earlierLogins
	begun := make(chan struct{})
	settings := authorize.ListenOptions{
		Server: p.connection.URL, Host: o.callbackHost, Port: int(o.port),
		Store: func(ctx context.Context, came authorize.Callback) error {
			<-begun // a page of an earlier login may be answered before this one is recorded
			if l.login == nil {
				return errors.New("the login has ended")
			}
			return l.keep(ctx, received{key: came.APIKey}, agreed)
		},
	}
	defer func() {
		close(begun)
		if err == nil {
			return
		}
		if l.listener != nil {
			err = errors.Join(err, l.listener.Close())
		}
		earlier.release()
	}()
	kept := callback{Server: p.connection.URL, Profile: p.profile, AppIdentifier: p.identifier, Host: o.callbackHost}
	if p.identifier != "" {
		if kept, err = keptCallback(p.app, kept); err != nil {
			return l, &output.Error{Code: output.BadInput, What: "the port and nonce of the last login cannot be read", Why: err.Error(), Err: err}
		}
		// Another program that listens on the kept port may have been sent the nonce, so
		// another port has another nonce.
		if !o.portChanged || int(o.port) == kept.Port {
			settings.Port, settings.Nonce = kept.Port, client.NewSecret(kept.Nonce)
		}
	} else if !o.portChanged && o.callbackHost == "" {
		at, err := earlier.holdAddressOf(ctx, p)
		if err != nil {
			return l, err
		}
		settings.Port, settings.Nonce = at.port, at.nonce
	}
	l.listener, err = authorize.Listen(ctx, settings)
	if taken, ok := errors.AsType[*authorize.PortTakenError](err); ok && len(earlier) > 0 {
		// Only the page of an earlier login depends on the port.
		earlier.release()
		fmt.Fprintf(p.app.Err, "Note: another program uses port %d of the earlier login. %s Close it, and use the new page.\n", taken.Port, operations.OpenPage(taken.Port))
		settings.Port, settings.Nonce = 0, client.Secret{}
		l.listener, err = authorize.Listen(ctx, settings)
	}
	if err != nil {
		return l, listenError(err)
	}
	at := address{l.listener.Port(), l.listener.Nonce()}
	p.request.Redirect, p.request.ApplicationIdentifier = l.listener.URL(), p.identifier
	page, err := p.url()
	if err != nil {
		return l, err
	}
	if err := earlier.holdSame(ctx, p, at); err != nil {
		return l, err
	}
	login, err := p.begin(ctx, ledger.AuthorizePayload{Page: page, Port: at.port, Nonce: at.nonce.Reveal()})
	if err != nil {
		return l, err
	}
	if p.identifier != "" {
		kept.Port, kept.Nonce = at.port, at.nonce.Reveal()
		if err := keepCallback(p.app, kept); err != nil {
			return l, errors.Join(err, login.operation.Release())
		}
	}
	login.earlier = earlier
	l.login = login
	fault.At("authorize-recorded")
	return l, nil
}

func listenError(err error) error {
	e := &output.Error{Code: output.Usage, What: "the listener for the key cannot be opened", Why: err.Error(), Next: "--port 0, or --paste", Err: err}
	if taken, ok := errors.AsType[*authorize.PortTakenError](err); ok {
		e.Code = output.Failed
		e.What = fmt.Sprintf("port %d is in use, perhaps by another login", taken.Port)
		e.Why = operations.OpenPage(taken.Port) + " With another port the server makes a new key instead of offering the old one."
		e.Next = "end the other login, or --port 0"
	}
	return e
}

// show prints the page. It says that the key can be pasted if that is so.
func (l *listening) show(noBrowser, canPaste bool) {
	where := ""
	if u, err := url.Parse(l.listener.URL()); err == nil {
		where = u.Scheme + "://" + u.Host // the path is only for the browser
	}
	opening := "Opening the browser. If it does not open, go to:"
	if noBrowser {
		opening = "Open this page in a browser on this machine:"
	}
	paste := ""
	if canPaste {
		paste = " (or paste the key here)"
	}
	fmt.Fprintf(l.app.Err, "%s\n\n  %s\n\n%sWaiting for the key on %s …%s\n", opening, output.VisibleLine(l.page), l.pickText()+l.labelAdvice(l.page), where, paste)
}

// openBrowser opens the page, and returns a channel for the browser's failure, and what
// removes the file that the browser was given.
func (l *login) openBrowser() (ended <-chan error, remove func()) {
	page, err := browsePrivately(l.app, l.page)
	if err != nil {
		l.browserFailed(err)
		return nil, func() {}
	}
	return page.ended, func() {
		if err := page.remove(); err != nil {
			fmt.Fprintln(l.app.Err, "warning: the page that the browser was given is still there:", output.VisibleLine(err.Error()))
		}
	}
}

func (l *login) browserFailed(err error) {
	fmt.Fprintln(l.app.Err, "The browser cannot be opened:", output.VisibleLine(strings.ReplaceAll(err.Error(), "\n", "; ")))
}

// await waits for the browser or for a key on the terminal, whichever comes first, and
// after a while prints hints about what may be in the way.
func (l *listening) await(ctx context.Context, asks *asker, browser <-chan error, wait, hintAfter time.Duration) (received, error) {
	waiting, stop := context.WithTimeout(ctx, wait)
	type arrival struct {
		callback authorize.Callback
		err      error
	}
	posted := make(chan arrival, 1)
	go func() {
		callback, err := l.listener.Wait(waiting)
		posted <- arrival{callback, err}
	}()
	pasted, typing := asks.readPasted(waiting)
	defer func() {
		stop()
		<-typing // the terminal is for the next question
	}()
	hint := time.NewTimer(hintAfter)
	defer hint.Stop()
	for {
		select {
		case a := <-posted:
			if a.err != nil && waiting.Err() != nil {
				return received{}, l.noKey(ctx, wait)
			}
			return received{key: a.callback.APIKey}, a.err
		case key := <-pasted:
			l.listener.Close()
			fmt.Fprintln(l.app.Err, operations.OpenPage(l.listener.Port()))
			if a := <-posted; a.err == nil {
				return received{key: a.callback.APIKey}, nil // it came while the key was typed
			}
			came := received{key, true}
			return came, l.keep(ctx, came, asks.inAdvance())
		case err := <-browser:
			if browser = nil; err != nil {
				l.browserFailed(err)
			}
		case <-hint.C:
			for _, line := range hints(l.app.Getenv, l.connection.URL, l.listener.Port(), l.listener.Misdirected() > 0) {
				fmt.Fprintln(l.app.Err, output.VisibleLine(line))
			}
		}
	}
}

// noKey is the end of a wait in which no key came: the page is still open.
func (l *listening) noKey(ctx context.Context, wait time.Duration) error {
	said := operations.OpenPage(l.listener.Port()) + " The same command, run again within a day, also listens for that page."
	if ctx.Err() != nil {
		fmt.Fprintf(l.app.Err, "No key was received. %s %s\nNext: %s\n", output.VisibleLine(operations.WhereItStands(l.operation.Record)), said, l.app.Hint(l.unanswered()))
		return context.Cause(ctx)
	}
	if l.listener.Misdirected() > 0 {
		return &output.Error{Code: output.Pending, What: fmt.Sprintf("no valid key was received within %s", wait), Why: renamed, Next: "the same command with --callback-host NAME"}
	}
	return &output.Error{Code: output.Pending, What: fmt.Sprintf("no key was received within %s", wait), Why: operations.WhereItStands(l.operation.Record) + " " + said + " Cancel on the page sends nothing.",
		Next: "the same command again, or with --paste if the browser is on another machine\nor " + l.unanswered()}
}
