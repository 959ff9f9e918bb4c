package greenfield_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stepList are the names of recorded steps, and whether each was met.
type stepList map[string]bool

// uncalledSteps are the steps that TestRecordedExchanges does not call. The file names
// the reason above them.
func uncalledSteps(t *testing.T) stepList {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "uncalled_steps.txt"))
	if err != nil {
		t.Fatal(err)
	}
	list, reason := stepList{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch name, step := strings.CutPrefix(line, "\t"); {
		case step && reason == "":
			t.Errorf("uncalled_steps.txt: %q has no reason", name)
		case step:
			list[name] = false
		case line != "" && !strings.HasPrefix(line, "#"):
			reason = line
		}
	}
	return list
}

// use reports whether a step is in the list, and notes that it was met.
func (l stepList) use(name string) bool {
	_, listed := l[name]
	if listed {
		l[name] = true
	}
	return listed
}

func (l stepList) unused() []string {
	var names []string
	for name, used := range l {
		if !used {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
