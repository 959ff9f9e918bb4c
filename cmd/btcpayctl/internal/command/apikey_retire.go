package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

const (
	// maxKeepOld is longer than any program uses a key that it has read.
	maxKeepOld = 7 * 24 * time.Hour
	// retireBound is how long after its time a key is asked about. Then it stays in the
	// ledger.
	retireBound = 7 * 24 * time.Hour
	// homelessBound is the same where there is no ledger any more.
	homelessBound = 10 * time.Minute
	// retireLook is how often the clock is looked at: a machine that slept wakes up late.
	retireLook = 5 * time.Second
	// The pause between two questions grows from the one to the other.
	firstRetirePause = time.Second
	mostRetirePause  = 5 * time.Minute
)

func checkKeepOld(d time.Duration) error {
	switch {
	case d < 0:
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--keep-old is %s, and it cannot be negative", d), Why: "Nothing was sent.", Next: "--keep-old 10m"}
	case d > maxKeepOld:
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--keep-old is %s, and an old key is kept for 168h at most", d), Why: "Nothing was sent.", Next: "--keep-old 168h"}
	}
	return nil
}

// clock is a moment as a person reads it, with the day where it is not today.
func clock(a *app.App, t time.Time) string {
	format := "15:04:05"
	if t.Local().Format(time.DateOnly) != a.Now().Local().Format(time.DateOnly) {
		format = "2006-01-02 15:04:05"
	}
	return t.Local().Format(format)
}

// A retirement is what the process that revokes an old key is told on its standard
// input. It has no other credential.
type retirement struct {
	Operation string        `json:"operation"`
	Server    string        `json:"server"`
	Key       string        `json:"key"`
	Due       time.Time     `json:"due"`
	AllowHTTP bool          `json:"allowHttp"`
	CAFile    string        `json:"caFile"`
	Timeout   time.Duration `json:"timeout"` // nanoseconds
}

// revokeLater writes down that the old key of a rotation is to be revoked when it is
// due, and starts the process that does it. A key that is due already keeps its time.
func (h *keyHolder) revokeLater(ctx context.Context, rotation *ledger.Operation, old greenfield.APIKey) (time.Time, error) {
	r := rotation.Record
	scheduled, _ := h.app.Scheduled() // what cannot be read is told by "doctor"
	record := ledger.Record{
		ID: app.NewOperationID(), Kind: ledger.Revoke, Profile: r.Target, Server: r.Server, KeyID: r.OldKeyID, Keystore: r.OldKeystore,
		AllowHTTP: r.AllowHTTP, CAFile: r.CAFile, Due: r.Due,
	}
	i := slices.IndexFunc(scheduled, func(s ledger.Record) bool { return s.KeyID == r.OldKeyID && s.Server == r.Server })
	if i < 0 {
		operation, err := h.app.Begin(ctx, record)
		if err == nil {
			err = operation.Release()
		}
		if err != nil {
			return time.Time{}, err
		}
	} else {
		record = scheduled[i] // its process may have been killed
	}
	fault.At("rotate-scheduled")
	err := startRetiring(h.app, retirement{record.ID, r.Server, old.Secret().Reveal(), record.Due, h.flags.AllowHTTP || r.AllowHTTP, r.CAFile, h.flags.Timeout})
	if err != nil {
		fmt.Fprintf(h.app.Err, "warning: the process that revokes the old key cannot be started: %s\n  Next, after %s: %s\n", output.VisibleLine(err.Error()), clock(h.app, record.Due), h.app.Hint("btcpayctl doctor"))
	}
	h.app.Did(app.Effect{ID: r.OldKeyID, What: "the key " + r.OldKeyID + " is revoked at " + clock(h.app, record.Due), Look: "btcpayctl apikey list"})
	return record.Due, nil
}

// startRetiring starts a process that outlives this one.
func startRetiring(a *app.App, r retirement) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "apikey", "retire") //nolint:noctx // it outlives the command
	cmd.Env, cmd.SysProcAttr = withoutCredentials(a.Environ()), detached()
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	_, err = input.Write(append(text, '\n'))
	return errors.Join(err, input.Close(), cmd.Process.Release())
}

// withoutCredentials is an environment without what gives access to anything.
func withoutCredentials(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(ours, name)
	})
}

func newAPIKeyRetire(a *app.App) *cobra.Command {
	return &cobra.Command{
		Use:    "retire",
		Short:  "Revoke the old key of a rotation when it is due (started by it)",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			signal.Ignore(syscall.SIGHUP) // a closed terminal is no reason to leave a key
			text, err := io.ReadAll(io.LimitReader(a.In, maxPaste))
			if err != nil {
				return err
			}
			var r retirement
			if err := json.Unmarshal(text, &r); err != nil {
				return &output.Error{Code: output.Usage, What: "this is started by btcpayctl apikey rotate --keep-old", Next: "btcpayctl apikey rotate --help"}
			}
			key, err := greenfield.NewAPIKey(client.NewSecret(r.Key))
			if err != nil {
				return err
			}
			h := &keyHolder{app: a, flags: app.Flags{AllowHTTP: r.AllowHTTP, CAFile: r.CAFile, Timeout: r.Timeout}}
			return h.retire(cmd.Context(), r, key)
		},
	}
}

// retire waits until the key is due, and then asks the server to revoke it until that
// says that it is gone. It ends before, where another run has closed the operation.
// Where the folders of the program are gone nobody else would revoke the key, so that is
// done at once.
func (h *keyHolder) retire(ctx context.Context, r retirement, key greenfield.APIKey) error {
	pause, bound := firstRetirePause, retireBound
	for {
		now := h.app.Now()
		if h.homeless() {
			bound = homelessBound
			if now.Before(r.Due) {
				r.Due = now
			}
		}
		wait := min(r.Due.Sub(now), retireLook)
		if wait <= 0 {
			done, err := h.retireNow(ctx, r, key)
			if done || now.After(r.Due.Add(bound)) {
				return err
			}
			wait, pause = pause, min(2*pause, mostRetirePause)
		} else if h.closed(r.Operation) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx) // the ledger has it
		case <-time.After(wait):
		}
	}
}

// closed reports whether an operation has ended, and its ledger is there.
func (h *keyHolder) closed(id string) bool {
	journal, err := h.app.Ledger()
	if err != nil {
		return false
	}
	open, err := journal.Unfinished()
	return err == nil && !slices.ContainsFunc(open, func(r ledger.Record) bool { return r.ID == id }) && !h.homeless()
}

// homeless reports whether the folders of the program were taken away, as by a job that
// cleans up.
func (h *keyHolder) homeless() bool {
	dir, err := h.app.DataDir()
	if err != nil {
		return false
	}
	_, err = os.Stat(dir)
	return errors.Is(err, fs.ErrNotExist)
}

// retireNow asks once, and closes the operation of a key that is gone. It reports
// whether nothing is left to do for this process.
func (h *keyHolder) retireNow(ctx context.Context, r retirement, key greenfield.APIKey) (done bool, err error) {
	journal, err := h.app.Ledger()
	if err != nil {
		return true, err
	}
	operation, err := journal.ResumeWithin(ctx, r.Operation, lettingGo)
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return false, err // another run is at it
	case errors.Is(err, ledger.ErrNotFound) && !h.homeless():
		return true, nil
	case err != nil:
		// A job may have taken its folders away. The key is revoked all the same.
		err := h.revoke(ctx, r.Server, key)
		return err == nil || !mayPass(err), err
	}
	defer operation.Release()
	if err := h.revoke(ctx, r.Server, key); err != nil {
		return !mayPass(err), err
	}
	fault.At("retire-revoked")
	if spec := operation.Record.Keystore; spec != "file" && spec != "keyring" {
		return true, nil // it may want a credential: the next run finds the key gone
	}
	return true, h.forget(ctx, operation)
}

// revokeDue revokes the old keys whose time is over, where no process did, and tells.
func (h *keyHolder) revokeDue(ctx context.Context) {
	open, _ := h.app.Unfinished(ctx) // what cannot be read is told by "doctor"
	journal, err := h.app.Ledger()
	if err != nil {
		return
	}
	for _, r := range open {
		if r.Kind != ledger.Revoke || r.Due.IsZero() {
			continue
		}
		operation, err := journal.Resume(ctx, r.ID)
		if err != nil {
			continue // its own process is at it, or was
		}
		end := &keyEnding{keyHolder: *h.reaching(r), operation: operation, name: "the old key " + r.KeyID}
		switch found := end.finishRevoke(ctx); found.Status {
		case "ok":
			fmt.Fprintf(h.app.Err, "Revoked the old key %s: its time is over.\n", r.KeyID)
		default:
			fmt.Fprintln(h.app.Err, "warning:", output.VisibleLine(found.Detail)+".")
		}
		operation.Release()
	}
}

// scheduled names the old keys that are revoked later.
func (d *doctor) scheduled() []checkRecord {
	open, err := d.app.Scheduled()
	if err != nil {
		return nil // told with the other operations
	}
	var records []checkRecord
	for _, r := range open {
		records = append(records, checkRecord{Check: "old key " + r.KeyID, Status: "ok",
			Detail: fmt.Sprintf("it goes on working on %s until %s, and is revoked then", r.Server, clock(d.app, r.Due)), Next: "to revoke it now: btcpayctl apikey revoke " + r.KeyID})
	}
	return records
}
