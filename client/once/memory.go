package once

import (
	"context"
	"sync"
)

// Memory returns an empty journal in memory. It holds orders against other goroutines of
// this process, and is lost when the process ends.
func Memory() Journal { return &memory{entries: map[Key]*memoryEntry{}} }

type memory struct {
	mu      sync.Mutex
	entries map[Key]*memoryEntry
}

type memoryEntry struct {
	held   chan struct{}
	record Record
}

func (m *memory) Begin(ctx context.Context, key Key) (Entry, error) {
	m.mu.Lock()
	entry := m.entries[key]
	if entry == nil {
		entry = &memoryEntry{held: make(chan struct{}, 1)}
		m.entries[key] = entry
	}
	m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case entry.held <- struct{}{}:
		return &memoryHold{entry: entry}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type memoryHold struct {
	entry    *memoryEntry
	released bool
}

func (h *memoryHold) Record() Record { return h.entry.record }

func (h *memoryHold) Save(r Record) error {
	h.entry.record = r
	return nil
}

func (h *memoryHold) Remove() error { return h.Save(Record{}) }

func (h *memoryHold) Release() {
	if !h.released {
		h.released = true
		<-h.entry.held
	}
}
