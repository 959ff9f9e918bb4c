package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// stateLog is what happened since the state file was written: a line for each change, in the file FILE.log. A change is
// written before it is answered, so that a sandbox that is killed knows at its next start all that it acknowledged.
// Killed is not cut off from power: the lines are not synced.
type stateLog struct {
	mu   sync.Mutex // held while the files are written; taken before the lock of the [World] where both are
	file *os.File
	size int64
	most int64 // the size at which the state file is written anew

	// guarded by the lock of the [World]
	pending []byte            // lines to be written
	parts   map[string][]byte // each part of the state as it was last written
}

// logLine holds the parts of the state that changed. Of invoices, which may be many, it has those that changed.
type logLine struct {
	Started  string // of the state file that it belongs to, as Logged
	Logged   int
	Parts    map[string]json.RawMessage
	Invoices map[string]*Invoice `json:",omitempty"`
}

// minLog is the size up to which a log is not worth a new state file.
const minLog = 1 << 20

func (s *World) logPath() string { return s.stateFile + ".log" }

// part is a member of the state, by its name.
type part struct {
	name  string
	value reflect.Value
}

// parts are the members of the state that a line holds as a whole: all but invoices.
func (st *State) parts() []part {
	var parts []part
	v := reflect.ValueOf(st).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && !slices.Contains([]string{"Version", "Started", "Logged", "Invoices"}, f.Name) {
			parts = append(parts, part{f.Name, v.Field(i)})
		}
	}
	return parts
}

// Record notes what changed, for commit to write. It is called with the lock held, after everything that may change
// the state.
func (s *World) Record() {
	if !s.State.changed {
		return
	}
	s.State.changed = false
	touched := s.State.touched
	s.State.touched = map[string]*Invoice{}
	if s.log == nil {
		return
	}
	s.State.Ahead = time.Duration(s.clock.ahead.Load())
	line := logLine{Started: s.State.Started, Logged: s.State.Logged + 1, Parts: map[string]json.RawMessage{}, Invoices: touched}
	for _, p := range s.State.parts() {
		text := encodeState(p.value.Interface())
		if !bytes.Equal(text, s.log.parts[p.name]) {
			s.log.parts[p.name], line.Parts[p.name] = text, text
		}
	}
	if len(line.Parts) == 0 && len(touched) == 0 {
		return
	}
	s.State.Logged++
	s.log.pending = append(append(s.log.pending, encodeState(line)...), '\n')
}

// Change has record look for what changed. A route that mutates is followed by it; what changes the state without such a
// route calls it itself: time, payments, blocks, deliveries, log-ins and their messages, and the first look at an invoice.
func (st *State) Change() { st.changed = true }

// Touch has an invoice written with the next change, which it is.
func (st *State) Touch(id string) {
	st.touched[id] = st.Invoices[id]
	st.Change()
}

// AsWritten is an invoice as the log has it; nil without a log, or without an invoice.
func (s *World) AsWritten(inv *Invoice) []byte {
	if s.log == nil || inv == nil {
		return nil
	}
	return encodeState(inv)
}

// Commit writes what was recorded. One write is for all who wait for it. It is called without the lock.
func (s *World) Commit() error {
	l := s.log
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.mu.Lock()
	lines := l.pending
	l.pending = nil
	s.mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	n, err := l.file.Write(lines)
	if err == nil {
		l.size += int64(n)
		return nil
	}
	// What was written of a line would spoil the ones behind it.
	err = errors.Join(err, l.file.Truncate(l.size))
	s.mu.Lock()
	l.pending = append(lines, l.pending...)
	s.mu.Unlock()
	return fmt.Errorf("sandbox: state file: %w", err)
}

// openLog starts with a state file that holds everything, and an empty log.
func (s *World) openLog() error {
	if s.stateFile == "" {
		return nil
	}
	file, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	s.log = &stateLog{file: file, parts: map[string][]byte{}}
	s.State.Started, s.State.Logged = random.Hex(8), 0
	if err := s.compact(); err != nil {
		return errors.Join(err, file.Close())
	}
	return nil
}

// compact writes the state file anew and empties the log. Of a sandbox that is killed between the two, the log has lines
// that the file has as well: their numbers tell.
func (s *World) compact() error {
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	s.mu.Lock()
	s.State.Change()
	s.Record()
	lines := l.pending
	l.pending = nil
	snapshot, err := json.MarshalIndent(s.State, "", " ") //nolint:musttag // the file has the names of the Go fields
	s.mu.Unlock()
	if err != nil {
		panic(err) // every value is of our own types
	}
	if err := s.writeStateFile(snapshot); err != nil {
		s.mu.Lock()
		l.pending = append(lines, l.pending...)
		s.mu.Unlock()
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	l.size, l.most = 0, max(minLog, 2*int64(len(snapshot)))
	return nil
}

// full reports whether the log is long enough for a new state file.
func (l *stateLog) full() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size > l.most
}

// closeLog writes the state file, and leaves no log behind.
func (s *World) closeLog() error {
	if s.log == nil {
		return nil
	}
	err := s.compact()
	if closed := s.log.file.Close(); err != nil || closed != nil {
		return errors.Join(err, closed)
	}
	return os.Remove(s.logPath())
}

// readLog puts the changes of a log over the state that they were made to. The last line may be cut off: its change was
// not acknowledged.
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
	for _, p := range st.parts() {
		text, changed := line.Parts[p.name]
		if !changed {
			continue
		}
		p.value.SetZero() // a map would keep what is gone
		if err := json.Unmarshal(text, p.value.Addr().Interface()); err != nil {
			return err
		}
	}
	maps.Copy(st.Invoices, line.Invoices)
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
