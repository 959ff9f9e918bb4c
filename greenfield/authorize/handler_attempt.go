package authorize

import (
	"context"
	"errors"
	"sync"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// attempts lets a POST that a browser repeats, at once or later, get the response of the
// first: a browser shows only the last response. The zero value is ready for use.
type attempts struct {
	mu    sync.Mutex
	byID  map[string]*attempt
	order []string // finished ones, oldest first
}

type attempt struct {
	key  greenfield.APIKey
	done chan struct{} // closed at the end
	page string
	err  error // of an attempt that failed, which is forgotten
}

// keptAttempts bounds the memory of finished attempts.
const keptAttempts = 1000

// errInterrupted is the error of an attempt whose function panicked.
var errInterrupted = errors.New("the login was interrupted")

// once calls receive unless a call for the same login is running or has succeeded. Then it
// returns the result of that one, for the same key, and [ErrNoLogin] for another key.
// After a failure the next caller tries again.
func (a *attempts) once(ctx context.Context, id string, key greenfield.APIKey, receive func() (string, error)) (string, error) {
	for {
		current, first := a.enter(id, key)
		if first {
			a.run(id, current, receive)
			return current.page, current.err
		}
		select {
		case <-current.done:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
		same := current.key.Secret().Equal(key.Secret())
		switch {
		case same:
			return current.page, current.err
		case current.err == nil:
			return "", ErrNoLogin
		}
	}
}

func (a *attempts) enter(id string, key greenfield.APIKey) (current *attempt, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if current = a.byID[id]; current != nil {
		return current, false
	}
	if a.byID == nil {
		a.byID = map[string]*attempt{}
	}
	current = &attempt{key: key, done: make(chan struct{}), err: errInterrupted}
	a.byID[id] = current
	return current, true
}

func (a *attempts) run(id string, current *attempt, receive func() (string, error)) {
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		defer close(current.done)
		if current.err != nil {
			delete(a.byID, id)
			return
		}
		if a.order = append(a.order, id); len(a.order) > keptAttempts {
			delete(a.byID, a.order[0])
			a.order = a.order[1:]
		}
	}()
	current.page, current.err = receive()
}
