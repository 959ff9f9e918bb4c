package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// stateLog is what changed since the state file was written: a line for each change, in the file FILE.log. A change
// is written before the response is sent, so that a sandbox that is killed has everything that it acknowledged at
// its next start. It may lose changes in a power failure: lines are not synced.
type stateLog struct {
	mu   sync.Mutex // held while the files are written; locked before the lock of the [World] if both are
	file *os.File
	size int64
	most int64 // the size at which the state file is rewritten

	// guarded by the lock of the [World]
	pending []byte            // lines to write
	parts   map[string][]byte // each part of the state as it was last written
}

// logLine holds the parts of the state that changed. Of the invoices, the payouts, the deliveries of webhooks and the
// notifications, which may be many, it holds those that changed.
type logLine struct {
	Started  string // of the state file that it belongs to, like Logged
	Logged   int
	Parts    map[string]json.RawMessage
	Invoices map[string]*Invoice `json:",omitempty"`
	Payouts  map[string]*Payout  `json:",omitempty"`
	// WebhookDeliveries has a null for one that was removed.
	WebhookDeliveries map[string]*WebhookDelivery `json:",omitempty"`
	// Whole is a state that took the place of all that was there.
	Whole json.RawMessage `json:",omitempty"`
	// Notifications has a null for one that was removed.
	Notifications map[string]*Notification `json:",omitempty"`
}

// minLog is the size of a log below which the state file is not rewritten.
const minLog = 1 << 20

func (w *World) logPath() string { return w.stateFile + ".log" }

// part is a field of the state, by its name.
type part struct {
	name  string
	value reflect.Value
}

// parts are the fields of the state that a line holds as a whole: all but those that may have very many entries.
func (st *State) parts() []part {
	var parts []part
	v := reflect.ValueOf(st).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && !slices.Contains([]string{"Version", "Started", "Logged", "Start", "Invoices", "Payouts", "WebhookDeliveries", "Notifications"}, f.Name) {
			parts = append(parts, part{f.Name, v.Field(i)})
		}
	}
	return parts
}

// Record notes what changed, for Commit to write. It is called with the lock held, after everything that may change
// the state.
func (w *World) Record() {
	if !w.State.changed {
		return
	}
	w.State.changed = false
	w.noteChange()
	touched := w.State.touched
	w.State.touched = map[string]*Invoice{}
	delivered := w.State.touchedDeliveries
	w.State.touchedDeliveries = map[string]*WebhookDelivery{}
	replaced := w.State.replaced
	w.State.replaced = false
	notified := w.State.touchedNotifications
	w.State.touchedNotifications = map[string]*Notification{}
	payouts := w.State.touchedPayouts
	w.State.touchedPayouts = map[string]*Payout{}
	if w.log == nil {
		return
	}
	w.State.Ahead = time.Duration(w.clock.ahead.Load())
	w.State.Drawn = random.At()
	line := logLine{Started: w.State.Started, Logged: w.State.Logged + 1, Parts: map[string]json.RawMessage{}, Invoices: touched, Payouts: payouts, WebhookDeliveries: delivered, Notifications: notified}
	for _, p := range w.State.parts() {
		text := encodeState(p.value.Interface())
		if !bytes.Equal(text, w.log.parts[p.name]) {
			w.log.parts[p.name], line.Parts[p.name] = text, text
		}
	}
	if replaced {
		line = logLine{Started: line.Started, Logged: line.Logged, Whole: w.State.withoutStart()}
	} else if len(line.Parts) == 0 && len(touched) == 0 && len(payouts) == 0 && len(delivered) == 0 && len(notified) == 0 {
		return
	}
	w.State.Logged++
	w.log.pending = append(append(w.log.pending, encodeState(line)...), '\n')
}

// Change makes Record look for changes. It is called after each mutating route, and by everything else that changes
// the state: time, payments, blocks, deliveries, sessions and their messages, and the first address of a lazy
// invoice.
func (st *State) Change() { st.changed = true }

// Touch marks an invoice as changed.
func (st *State) Touch(id string) {
	st.touched[id] = st.Invoices[id]
	st.Change()
}

// AsWritten returns an invoice as the log has it; nil without a log or an invoice.
func (w *World) AsWritten(inv *Invoice) []byte {
	if w.log == nil || inv == nil {
		return nil
	}
	return encodeState(inv)
}

// Commit writes what was recorded. One write serves all requests that wait for it. It is called without the lock.
func (w *World) Commit() error {
	l := w.log
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w.mu.Lock()
	lines := l.pending
	l.pending = nil
	w.mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	n, err := l.file.Write(lines)
	if err == nil {
		l.size += int64(n)
		return nil
	}
	// A partly written line would spoil the following ones.
	err = errors.Join(err, l.file.Truncate(l.size))
	w.mu.Lock()
	l.pending = append(lines, l.pending...)
	w.mu.Unlock()
	return fmt.Errorf("sandbox: state file: %w", err)
}

// openLog begins with a state file that has everything, and an empty log.
func (w *World) openLog() error {
	if w.stateFile == "" {
		return nil
	}
	file, err := os.OpenFile(w.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	w.log = &stateLog{file: file, parts: map[string][]byte{}}
	w.State.Started, w.State.Logged = random.Hex(8), 0
	if err := w.compact(); err != nil {
		return errors.Join(err, file.Close())
	}
	return nil
}

// compact rewrites the state file and empties the log. If the sandbox is killed between the two, the log has lines
// that the file has too. Their numbers show that.
func (w *World) compact() error {
	l := w.log
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []byte
	size, err := w.writeStateFile(func(to io.Writer) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.State.Change()
		w.Record()
		lines, l.pending = l.pending, nil
		return w.State.write(to)
	})
	if err != nil {
		w.mu.Lock()
		l.pending = append(lines, l.pending...)
		w.mu.Unlock()
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	l.size, l.most = 0, max(minLog, 2*size)
	return nil
}

// full reports whether the log is long enough to rewrite the state file.
func (l *stateLog) full() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size > l.most
}

// closeLog writes the state file and removes the log.
func (w *World) closeLog() error {
	if w.log == nil {
		return nil
	}
	err := w.compact()
	if closed := w.log.file.Close(); err != nil || closed != nil {
		return errors.Join(err, closed)
	}
	return os.Remove(w.logPath())
}

// readLog applies the changes of a log to the state that they were made to. The last line may be incomplete: its
// change was not acknowledged.
func (st *State) readLog(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for {
		text, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			return nil
		}
		data = rest
		var line logLine
		if err := json.Unmarshal(text, &line); err != nil { //nolint:musttag // as above
			return fmt.Errorf("%s: %w", path, err)
		}
		if line.Started != st.Started || line.Logged <= st.Logged {
			continue
		}
		if err := st.apply(line); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}

func (st *State) apply(line logLine) error {
	if line.Whole != nil {
		whole := NewState()
		if err := json.Unmarshal(line.Whole, whole); err != nil { //nolint:musttag // as above
			return err
		}
		whole.Started, whole.Start, whole.now = st.Started, st.Start, st.now
		*st = *whole
	}
	for _, p := range st.parts() {
		text, changed := line.Parts[p.name]
		if !changed {
			continue
		}
		p.value.SetZero() // a map would keep removed entries
		if err := json.Unmarshal(text, p.value.Addr().Interface()); err != nil {
			return err
		}
	}
	maps.Copy(st.Invoices, line.Invoices)
	maps.Copy(st.Payouts, line.Payouts)
	maps.Copy(st.WebhookDeliveries, line.WebhookDeliveries)
	for id, d := range line.WebhookDeliveries {
		if d == nil {
			delete(st.WebhookDeliveries, id)
		}
	}
	maps.Copy(st.Notifications, line.Notifications)
	for id, n := range line.Notifications {
		if n == nil {
			delete(st.Notifications, id)
		}
	}
	st.Logged = line.Logged
	return nil
}

func encodeState(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // every value is of our own types
	}
	return data
}
