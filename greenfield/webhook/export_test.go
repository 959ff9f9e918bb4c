package webhook

import "time"

// SetNow replaces the clock.
func (h *Handler) SetNow(now func() time.Time) { h.now = now }

// Waiting returns how many callers wait in the memory's queues.
func (m *Memory) Waiting() int { return m.order.count() }

func (q *queues) count() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, waiting := range q.waiting {
		n += len(waiting)
	}
	return n
}
