package random

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
)

// source makes random bytes that are the same for a seed: for each stream a sequence of its own, so that what is drawn by
// reads or in the background does not change the ids of what is made.
type source struct {
	mu    sync.Mutex
	seed  uint64
	drawn Position
}

// Position is how much was drawn of each stream.
type Position map[string]uint64

// seeded is the source of the process, if it has a seed.
var seeded atomic.Pointer[source]

// Seed makes all that this package makes repeatable, until the end is called. There may be one seed at a time in a process.
func Seed(seed uint64) (end func(), err error) {
	s := &source{seed: seed, drawn: Position{}}
	if !seeded.CompareAndSwap(nil, s) {
		return nil, errors.New("another sandbox of this process has a seed")
	}
	return sync.OnceFunc(func() { seeded.CompareAndSwap(s, nil) }), nil
}

// At returns the position of the seeded streams; nil without a seed.
func At() Position {
	s := seeded.Load()
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.drawn)
}

// GoTo goes to a position of the seeded streams. Without a seed it does nothing.
func GoTo(p Position) {
	s := seeded.Load()
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn = maps.Clone(p); s.drawn == nil {
		s.drawn = Position{}
	}
}

func (s *source) fill(stream string, b []byte) {
	s.mu.Lock()
	s.drawn[stream]++
	draw := s.drawn[stream]
	s.mu.Unlock()
	var block []byte
	for i := 0; i < len(b); i += copy(b[i:], block) {
		text := binary.BigEndian.AppendUint64([]byte("btcpayctl sandbox "+stream), s.seed)
		text = binary.BigEndian.AppendUint64(text, draw)
		text = binary.BigEndian.AppendUint64(text, uint64(i))
		sum := sha256.Sum256(text)
		block = sum[:]
	}
}
