package apikey

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/term"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// mostRestarts is how often a killed watcher is started again.
const mostRestarts = 5

// runChild runs the command with the key, and returns its exit code.
func (c *apiKeyExec) runChild(ctx context.Context, path string, args []string) (int, error) {
	child := exec.Command(path, args[1:]...) //nolint:noctx // it receives the signals itself, and is not killed
	child.Args[0] = args[0]
	child.Stdin, child.Stdout, child.Stderr = c.app.In, c.app.Out, c.app.Err
	child.Env = childEnvironment(c.app.Environ(), c.by.URL, app.SingleStore(c.permissions), c.key)
	if file, err := filepath.Abs(c.by.CAFile.Text); err == nil && c.by.CAFile.Text != "" {
		child.Env = append(child.Env, "BTCPAYCTL_CA_FILE="+file) // a profile may name the CA file
	}
	stops, giveBack := c.app.Signals.Take()
	defer giveBack()
	others := make(chan os.Signal, 8)
	if len(otherSignals) > 0 {
		signal.Notify(others, otherSignals...)
		defer signal.Stop(others)
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err := child.Start(); err != nil {
		return 0, &output.Error{Code: output.BadInput, What: args[0] + " cannot be run", Why: err.Error(), Next: "check that it is a program", Err: err}
	}
	fault.At("exec-running")
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		var overdue <-chan time.Time
		if c.withoutWatcher {
			overdue = time.After(min(max(c.deadline.Left(c.app.Now()), time.Second), clockLook))
		}
		select {
		case <-ended:
			return exitCode(child.ProcessState), nil
		case received := <-stops:
			if !c.terminalSent(received) {
				child.Process.Signal(received) // gone already is fine
			}
		case received := <-others:
			child.Process.Signal(received)
		case report, lives := <-c.reports():
			c.handleReport(report, lives)
		case <-overdue:
			c.revokeWhenDue(ctx)
		}
	}
}

// terminalSent reports whether a terminal sends the signal to all processes in the
// foreground, including the command.
func (c *apiKeyExec) terminalSent(s os.Signal) bool {
	in, ok := c.app.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd())) && slices.Contains(fromKeyboard, s)
}

// reports returns the watcher's reports, or nil if there is no watcher.
func (c *apiKeyExec) reports() <-chan string {
	if c.watcher == nil {
		return nil
	}
	return c.watcher.Reports
}

// handleReport passes on the watcher's report while the command runs, and starts another
// watcher if it was killed.
func (c *apiKeyExec) handleReport(report string, lives bool) {
	gone := c.watcher.Gone
	away := c.watcher.ReadReport(report, lives)
	switch {
	case c.watcher.Gone && !gone:
		c.reportRevoked(c.operation.Record.Label)
	case away != "":
		c.warnOverdue(away)
	case !lives && !c.watcher.Gone:
		c.replaceWatcher()
	}
}

// replaceWatcher starts a watcher after one was killed. If that fails, this process revokes
// the key in time.
func (c *apiKeyExec) replaceWatcher() {
	err := fmt.Errorf("the watcher was killed %d times", c.restarts+1)
	if c.restarts++; c.restarts <= mostRestarts {
		var again *operations.Watcher
		if again, err = operations.StartWatcher(c.app, operations.WatchFor(c.app, c.flags, c.operation.Record, c.key, c.deadline)); err == nil {
			c.watcher = again
			return
		}
	}
	c.withoutWatcher = true
	fmt.Fprintf(c.app.Err, "warning: no watcher can revoke %s in time: %s. This process revokes it when its time limit has passed; if it is killed too, the next run revokes it.\n",
		c.operation.Record.Label, output.VisibleLine(err.Error()))
}

// revokeWhenDue revokes the key when its time limit has passed, if no watcher will.
func (c *apiKeyExec) revokeWhenDue(ctx context.Context) {
	if !c.deadline.IsOver(c.app.Now()) {
		return
	}
	asking, stop := context.WithTimeout(context.WithoutCancel(ctx), operations.QuickTimeout)
	defer stop()
	gone, lost, err := c.AskToRevoke(asking, c.operation.Record.Server, c.key, c.lost)
	c.lost = c.lost || lost
	switch {
	case gone:
		c.gone, c.withoutWatcher = true, false
		c.reportRevoked(c.operation.Record.Label)
	default:
		c.warnOverdue(err.Error())
	}
}

// warnOverdue reports once that the key is past its time limit and not revoked, and why.
func (c *apiKeyExec) warnOverdue(why string) {
	if !c.reportedOverdue {
		fmt.Fprintf(c.app.Err, "warning: the time limit of %s has passed, and it is not revoked yet: %s. The server is asked again.\n", c.operation.Record.Label, output.VisibleLine(why))
	}
	c.reportedOverdue = true
}
