package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Snapshot is a state that was saved by [Sandbox.SaveSnapshot].
type Snapshot struct {
	Name string
	// At is the time of the sandbox's clock when it was saved.
	At time.Time
	// Bytes is its size.
	Bytes int
}

// snapshots are kept in memory, or in a folder beside the state file.
type snapshots struct {
	mu     sync.Mutex
	folder string // empty: in memory
	memory map[string]keptSnapshot
}

type keptSnapshot struct {
	at   time.Time
	text []byte
}

const maxSnapshots = 100

var snapshotName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`) })

func newSnapshots(stateFile string) *snapshots {
	s := &snapshots{memory: map[string]keptSnapshot{}}
	if stateFile != "" {
		s.folder = stateFile + ".snapshots"
	}
	return s
}

// Reset goes back to the start: the account, store and key of the [Seed], or no user at all if [Options.Empty] is set. The
// clock is that of [Options.Now] again, all faults are removed, and callers are not throttled. Snapshots stay. A sandbox
// whose state file was written by an earlier version of this package gets a new seed.
func (s *Sandbox) Reset() error {
	s.RemoveFaults()
	return s.do(func() error {
		known, err := s.world.Reset()
		if err != nil {
			return err
		}
		if !known && !s.empty {
			if err := s.makeSeed(); err != nil {
				return err
			}
		}
		if !known {
			s.world.SetStart()
		}
		s.replaced()
		return nil
	})
}

// replaced follows a state that was replaced. The world's lock is held.
func (s *Sandbox) replaced() {
	s.server.ForgetCallers()
	s.setSeed(Seed(s.state.Seed))
}

// SaveSnapshot saves the state under a name, which consists of up to 64 letters, digits, dots, hyphens and underscores. A
// snapshot of the same name is replaced. With [Options.StateFile] it is kept in the folder STATEFILE.snapshots, for later
// starts too, otherwise until the sandbox is closed. Faults are not part of it.
func (s *Sandbox) SaveSnapshot(name string) (Snapshot, error) {
	if err := checkSnapshotName(name); err != nil {
		return Snapshot{}, err
	}
	var taken world.Snapshot
	if err := s.do(func() error { taken = s.world.Snapshot(); return nil }); err != nil {
		return Snapshot{}, err
	}
	text, err := json.Marshal(taken) //nolint:musttag // its fields are named as the state file has them
	if err != nil {
		return Snapshot{}, fmt.Errorf("sandbox: snapshot: %w", err)
	}
	if err := s.snapshots.save(name, keptSnapshot{taken.At, text}); err != nil {
		return Snapshot{}, err
	}
	return Snapshot{name, taken.At, len(text)}, nil
}

// RestoreSnapshot goes back to a snapshot: to its state and to its time, so that its invoices are as far from their expiry as
// they were. Faults stay. Events that wait for a webhook are not sent any more, unless they waited when the snapshot was
// saved. An error says that there is no such snapshot, or that its file is damaged; nothing is changed then.
func (s *Sandbox) RestoreSnapshot(name string) (Snapshot, error) {
	if err := checkSnapshotName(name); err != nil {
		return Snapshot{}, err
	}
	text, err := s.snapshots.read(name)
	if err != nil {
		return Snapshot{}, err
	}
	var saved world.Snapshot
	if err := json.Unmarshal(text, &saved); err != nil || saved.At.IsZero() { //nolint:musttag // as above
		return Snapshot{}, fmt.Errorf("sandbox: snapshot %q is damaged", name)
	}
	err = s.do(func() error {
		if err := s.world.Restore(saved); err != nil {
			return err
		}
		s.replaced()
		return nil
	})
	return Snapshot{name, saved.At, len(text)}, err
}

// Snapshots returns the snapshots by name.
func (s *Sandbox) Snapshots() ([]Snapshot, error) { return s.snapshots.list() }

// RemoveSnapshot removes a snapshot.
func (s *Sandbox) RemoveSnapshot(name string) error {
	if err := checkSnapshotName(name); err != nil {
		return err
	}
	return s.snapshots.remove(name)
}

func checkSnapshotName(name string) error {
	if !snapshotName().MatchString(name) {
		return fmt.Errorf("sandbox: snapshot: the name %.80q must consist of up to 64 letters, digits, dots, hyphens and underscores, and begin with a letter or digit", name)
	}
	return nil
}

func (s *snapshots) path(name string) string { return filepath.Join(s.folder, name+".json") }

func (s *snapshots) save(name string, kept keptSnapshot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.listLocked()
	if err != nil {
		return err
	}
	if len(all) >= maxSnapshots && !slices.ContainsFunc(all, func(o Snapshot) bool { return o.Name == name }) {
		return fmt.Errorf("sandbox: snapshot: there are %d already: remove some", maxSnapshots)
	}
	if s.folder == "" {
		s.memory[name] = kept
		return nil
	}
	if err := errors.Join(os.MkdirAll(s.folder, 0o700), replaceFile(s.path(name), kept.text)); err != nil {
		return fmt.Errorf("sandbox: snapshot: %w", err)
	}
	return nil
}

// replaceFile writes a file in one step.
func replaceFile(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func (s *snapshots) read(name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folder == "" {
		if kept, there := s.memory[name]; there {
			return kept.text, nil
		}
		return nil, noSnapshot(name)
	}
	text, err := os.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noSnapshot(name)
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: snapshot: %w", err)
	}
	return text, nil
}

func noSnapshot(name string) error { return fmt.Errorf("sandbox: there is no snapshot %q", name) }

func (s *snapshots) list() ([]Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listLocked()
}

func (s *snapshots) listLocked() ([]Snapshot, error) {
	list := []Snapshot{}
	for name, kept := range s.memory {
		list = append(list, Snapshot{name, kept.at, len(kept.text)})
	}
	if s.folder != "" {
		files, err := os.ReadDir(s.folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("sandbox: snapshot: %w", err)
		}
		for _, f := range files {
			name, is := strings.CutSuffix(f.Name(), ".json")
			if !is || !snapshotName().MatchString(name) {
				continue
			}
			at, size, err := headOf(s.path(name))
			if err != nil {
				return nil, fmt.Errorf("sandbox: snapshot: %w", err)
			}
			list = append(list, Snapshot{name, at, size})
		}
	}
	slices.SortFunc(list, func(a, b Snapshot) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// headOf reads when the snapshot in a file was saved, which is its first field, and its size. The time is zero if the file is
// damaged.
func headOf(path string) (at time.Time, size int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return at, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return at, 0, err
	}
	d := json.NewDecoder(file)
	for range 2 { // { and the name of the field
		if _, err := d.Token(); err != nil {
			return at, int(info.Size()), nil // a restore reports it
		}
	}
	if err := d.Decode(&at); err != nil {
		at = time.Time{}
	}
	return at, int(info.Size()), nil
}

func (s *snapshots) remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folder == "" {
		if _, there := s.memory[name]; !there {
			return noSnapshot(name)
		}
		delete(s.memory, name)
		return nil
	}
	err := os.Remove(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return noSnapshot(name)
	}
	if err != nil {
		return fmt.Errorf("sandbox: snapshot: %w", err)
	}
	return nil
}
