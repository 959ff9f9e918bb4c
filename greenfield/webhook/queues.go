package webhook

import (
	"context"
	"slices"
	"sync"
)

// queues let one caller of each name in at a time, in the order in which they came. The
// zero value is ready for use.
type queues struct {
	mu sync.Mutex
	// waiting has an entry for each name that a caller holds: those that wait for it.
	waiting map[string][]chan struct{}
}

func (q *queues) enter(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	others, held := q.waiting[name]
	if q.waiting == nil {
		q.waiting = map[string][]chan struct{}{}
	}
	if !held {
		q.waiting[name] = nil
		q.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q.waiting[name] = append(others, turn)
	q.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	at := slices.Index(q.waiting[name], turn)
	if at >= 0 {
		q.waiting[name] = slices.Delete(q.waiting[name], at, at+1)
	}
	q.mu.Unlock()
	if at < 0 {
		q.leave(name) // its turn came at the same time
	}
	return ctx.Err()
}

func (q *queues) leave(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	others := q.waiting[name]
	if len(others) == 0 {
		delete(q.waiting, name)
		return
	}
	close(others[0])
	q.waiting[name] = others[1:]
}
