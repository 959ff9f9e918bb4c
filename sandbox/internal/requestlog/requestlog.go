// Package requestlog keeps the last requests of a sandbox: who asked for what, and why a request was refused. An entry is
// cheap to add. What it shows is made only when it is read, without secrets.
package requestlog

import (
	"strings"
	"sync"
	"time"
)

// Kept is how many requests a [Log] keeps.
const Kept = 1000

// Kind is the kind of a credential.
type Kind uint8

// The kinds of credentials.
const (
	None      Kind = iota
	APIKey         // Name is its label, Secret the key
	Basic          // Name is the email
	Session        // the cookie of a log-in; Name is the email
	BitID          // Name is the SIN
	LegacyKey      // Name is the id of its store, Secret the key
)

// Caller is the credential of a request.
type Caller struct {
	Kind         Kind
	Name, Secret string
	// Refused says that the credential is unknown, or wrong.
	Refused bool
}

// Note is what the server finds out about a request.
type Note struct {
	Caller
	Permission string // that the request needs; empty for none
	Reason     string // why it was refused; empty if it was not
	Hidden     string // a segment of the path that is a secret
}

// Entry is a request with its response.
type Entry struct {
	Number uint64 // 1 for the first one
	Time   time.Time
	Method string
	Target string // path and query as they were sent
	Status int    // 0: the connection was closed without a response
	Fault  string // that the request met; empty for none
	Note
}

// Log is the last requests. The zero value is an empty log.
type Log struct {
	mu      sync.Mutex
	entries []Entry // the entry of the number n is at (n-1) % Kept
	last    uint64
	added   chan struct{} // closed with the next entry; nil if no reader waits
}

// The longest texts that an entry keeps.
const (
	longestLine = 1 << 10
	longestName = 100
	longestWhy  = 500
)

// Add numbers an entry and keeps it.
func (l *Log) Add(e Entry) {
	// A short text may be part of a long one, which it would keep in memory.
	if len(e.Target) > longestLine {
		e.Target = shorten(e.Target, longestLine)
	}
	if len(e.Name) > longestName {
		e.Name = shorten(e.Name, longestName)
	}
	if len(e.Secret) > longestName {
		e.Secret = ""
	}
	if len(e.Reason) > longestWhy {
		e.Reason = shorten(e.Reason, longestWhy)
	}
	l.mu.Lock()
	l.last++
	e.Number = l.last
	if len(l.entries) < Kept {
		l.entries = append(l.entries, e)
	} else {
		l.entries[(e.Number-1)%Kept] = e
	}
	if l.added != nil {
		close(l.added)
		l.added = nil
	}
	l.mu.Unlock()
}

// shorten returns a copy of a text that is at most so long.
func shorten(text string, most int) string {
	if len(text) <= most {
		return strings.Clone(text)
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Since returns the entries after a number, oldest first, and whether all of them are still there. A number that is not
// known yet is that of another log, and returns all entries.
func (l *Log) Since(number uint64) (entries []Entry, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number > l.last {
		number = 0
	}
	oldest := l.last - uint64(len(l.entries)) // the number before it
	all = number >= oldest
	for n := max(number, oldest); n < l.last; n++ {
		entries = append(entries, l.entries[n%Kept])
	}
	return entries, all
}

// Last returns the number of the newest entry, 0 if there is none.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Added returns a channel that is closed when there is an entry after the number.
func (l *Log) Added(number uint64) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last > number {
		return closed
	}
	if l.added == nil {
		l.added = make(chan struct{})
	}
	return l.added
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
