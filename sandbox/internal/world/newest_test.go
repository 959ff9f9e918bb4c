package world

import (
	"slices"
	"testing"
	"time"
)

// TestNewest has lists that lie inside, beside and around each other.
func TestNewest(t *testing.T) {
	lists := [][]int{{1, 4, 9}, nil, {2, 3}, {5, 6, 7, 8, 10}, {11}}
	for most, want := range map[int][]int{0: nil, 1: {11}, 3: {11, 10, 9}, 7: {11, 10, 9, 8, 7, 6, 5}, 11: {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 99: {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}} {
		got := newest(slices.Clone(lists), most, func(a, b int) int { return a - b })
		if !slices.Equal(got, want) {
			t.Errorf("the newest %d: %v, want %v", most, got, want)
		}
	}
}

func TestChanges(t *testing.T) {
	w, err := Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Lock()
	defer w.Unlock()
	before, next := w.Changes()
	w.Record()
	if count, _ := w.Changes(); count != before {
		t.Error("nothing changed, and it is counted")
	}
	w.State.Change()
	w.Record()
	select {
	case <-next:
	case <-time.After(2 * time.Minute):
		t.Error("a change is not reported")
	}
	if count, _ := w.Changes(); count != before+1 {
		t.Errorf("%d changes, want %d", count, before+1)
	}
}
