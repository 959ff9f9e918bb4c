package command

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A watch is what the process that watches over a key is told on its standard
// input. The line "done" follows when the key was revoked; an end without it
// means that whoever was to revoke the key is gone.
type watch struct {
	Server    string        `json:"server"`
	Key       string        `json:"key"`
	Operation string        `json:"operation"`
	Label     string        `json:"label"`
	Until     time.Time     `json:"until"`
	AllowHTTP bool          `json:"allowHttp"`
	CAFile    string        `json:"caFile"`
	Timeout   time.Duration `json:"timeout"` // nanoseconds
}

const watchDone = "done"

type watcher struct {
	cmd   *exec.Cmd
	input io.WriteCloser
}

func startWatcher(a *app.App, flags app.Flags, r ledger.Record, key greenfield.APIKey, ttl time.Duration) (*watcher, error) {
	fail := func(err error) error {
		return &output.Error{Code: output.Failed, What: "the process that watches over the key cannot be started", Why: err.Error(), Next: "leave --ttl out", Err: err}
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fail(err)
	}
	w := &watcher{cmd: exec.Command(program, "apikey", "watch")} //nolint:noctx // it outlives the command
	w.cmd.Env, w.cmd.Stderr, w.cmd.SysProcAttr = a.Environ(), a.Err, detached()
	if w.input, err = w.cmd.StdinPipe(); err != nil {
		return nil, fail(err)
	}
	if err := w.cmd.Start(); err != nil {
		return nil, fail(err)
	}
	err = json.NewEncoder(w.input).Encode(watch{
		r.Server, key.Secret().Reveal(), r.ID, r.Label, a.Now().Add(ttl), flags.AllowHTTP, flags.CAFile, flags.Timeout,
	})
	if err != nil {
		return nil, fail(errors.Join(err, w.input.Close(), w.cmd.Wait()))
	}
	return w, nil
}

// dismiss ends the watch. Without one it does nothing.
func (w *watcher) dismiss() {
	if w == nil {
		return
	}
	io.WriteString(w.input, watchDone+"\n")
	w.input.Close()
	w.cmd.Wait()
}

func newAPIKeyWatch(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:    "watch",
		Short:  "Watch over the key of an exec (started by it)",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE:   func(cmd *cobra.Command, _ []string) error { return watchOver(cmd.Context(), a) },
	}
}

func watchOver(ctx context.Context, a *app.App) error {
	lines := bufio.NewReader(a.In)
	text, err := lines.ReadBytes('\n')
	if err != nil {
		return &output.Error{Code: output.Usage, What: "this is started by btcpayctl apikey exec --ttl", Next: "btcpayctl apikey exec --help"}
	}
	var w watch
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	key, err := greenfield.NewAPIKey(client.NewSecret(w.Key))
	if err != nil {
		return err
	}
	h := &keyHolder{app: a, flags: app.Flags{AllowHTTP: w.AllowHTTP, CAFile: w.CAFile, Timeout: w.Timeout}}
	told := make(chan bool, 1)
	go func() {
		line, _ := lines.ReadString('\n')
		told <- line == watchDone+"\n"
	}()
	timer := time.NewTimer(w.Until.Sub(a.Now()))
	defer timer.Stop()
	// Nothing but the end of the watch ends it: a signal to stop would leave
	// the key without anybody to revoke it.
	select {
	case done := <-told:
		if done {
			return nil
		}
		if err := h.revoke(ctx, w.Server, key); err != nil {
			return err
		}
		fmt.Fprintf(a.Err, "Revoked %s, since btcpayctl apikey exec was killed.\n", w.Label)
		err := h.endTemporary(ctx, w.Operation, lettingGo)
		if errors.Is(err, ledger.ErrNotFound) {
			err = nil
		}
		return err
	case <-timer.C:
		if err := h.revoke(ctx, w.Server, key); err != nil {
			return err
		}
		fmt.Fprintf(a.Err, "Revoked %s: its time is over.\n", w.Label)
		return nil
	}
}
