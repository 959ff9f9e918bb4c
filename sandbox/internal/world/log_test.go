package world

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogCannotBeWritten has a log that can take no more for a while: what was changed then is written with the next change.
func TestLogCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	w, err := Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(nil); err != nil {
		t.Fatal(err)
	}
	label := func(text string) func() error {
		return func() error {
			code := w.State.NewPairing(w.Now())
			code.Label = &text
			w.State.Change()
			return nil
		}
	}
	w.log.mu.Lock()
	whole := w.log.file
	if w.log.file, err = os.Open(file); err != nil { // to be read only
		t.Fatal(err)
	}
	w.log.mu.Unlock()
	if err := w.Act(label("first")); err == nil || !strings.Contains(err.Error(), "state file") {
		t.Errorf("a change that cannot be kept: %v", err)
	}
	w.log.mu.Lock()
	w.log.file.Close()
	w.log.file = whole
	w.log.mu.Unlock()
	if err := w.Act(label("second")); err != nil {
		t.Error(err)
	}
	log, err := os.ReadFile(file + ".log")
	if err != nil || !strings.Contains(string(log), `"first"`) || !strings.Contains(string(log), `"second"`) {
		t.Errorf("%v: the log has %s", err, log)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
