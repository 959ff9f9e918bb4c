package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// loadState reads the state file, if one is wanted and there.
func (s *Sandbox) loadState() error {
	if s.stateFile == "" {
		return nil
	}
	data, err := os.ReadFile(s.stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	st := newState()
	if err := json.Unmarshal(data, st); err != nil {
		return fmt.Errorf("sandbox: state file %s is damaged: %w. Move it away to start anew", s.stateFile, err)
	}
	if st.Version != stateVersion {
		return fmt.Errorf("sandbox: state file %s has version %d, this program writes %d. Move it away to start anew", s.stateFile, st.Version, stateVersion)
	}
	for _, store := range st.Stores {
		if store.Wallet != nil {
			if err := store.Wallet.open(); err != nil {
				return fmt.Errorf("sandbox: state file %s: store %s: %w", s.stateFile, store.ID, err)
			}
		}
	}
	st.index()
	s.clock.advance(st.Ahead)
	s.state = st
	return nil
}

// snapshot encodes the state if it changed since the last time; nil means there is nothing to write.
func (s *Sandbox) snapshot() []byte {
	if s.stateFile == "" || !s.changed {
		s.changed = false
		return nil
	}
	s.changed = false
	s.state.Ahead = time.Duration(s.clock.ahead.Load())
	data, err := json.MarshalIndent(s.state, "", " ")
	if err != nil {
		panic(err) // every value is of our own types
	}
	return data
}

// writeStateFile puts a snapshot in place of the file in one step.
func (s *Sandbox) writeStateFile(snapshot []byte) error {
	if snapshot == nil {
		return nil
	}
	temp, err := os.CreateTemp(filepath.Dir(s.stateFile), filepath.Base(s.stateFile)+".*")
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(snapshot)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), s.stateFile)
	}
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	return nil
}
