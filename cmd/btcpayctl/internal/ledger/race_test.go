package ledger

import (
	"errors"
	"sync"
	"testing"
)

// TestResumeRacesFinish takes operations up while they end: each call gets
// ErrBusy, ErrNotFound, or the operation after it was released, and nothing of
// the ledger's files shows.
func TestResumeRacesFinish(t *testing.T) {
	t.Parallel()
	rounds := 20
	if testing.Short() {
		rounds = 5
	}
	l, dir := open(t)
	for range rounds {
		o := begin(t, l, newRecord())
		id := o.Record.ID
		var started, workers sync.WaitGroup
		for range 8 {
			started.Add(1)
			workers.Go(func() {
				for first := true; ; first = false {
					_, err := l.Resume(t.Context(), id)
					if first {
						started.Done()
					}
					if errors.Is(err, ErrBusy) {
						continue
					}
					if !errors.Is(err, ErrNotFound) || err.Error() != ErrNotFound.Error() {
						t.Errorf("Resume of an operation that ends: %v", err)
					}
					return
				}
			})
		}
		started.Wait()
		if err := o.Finish(); err != nil {
			t.Error(err)
		}
		workers.Wait()
	}
	wantEmpty(t, dir)
}
