package authorize

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// A Login was started by [Handler.Start], and its key has not arrived. It contains no
// secret. It can be stored as JSON.
type Login struct {
	// ID names the login. It is a hash of the state in the redirect address and does not
	// reveal the address.
	ID string
	// User is the user of the web app that the caller of [Handler.Start] named.
	User string
	// Server is the address of the BTCPay Server.
	Server string
	// Request is what the user was asked for, without Redirect and Known.
	Request Request
	// Expires is when the login can no longer be finished.
	Expires time.Time
}

// Pending stores logins between their start and the arrival of the key. [Memory] is one
// for a single process; for several, implement it with a database. The methods are used by
// several goroutines at the same time.
//
// With SQL, Put is an INSERT, and Take is
//
//	DELETE FROM logins WHERE id = $1 RETURNING login
type Pending interface {
	// Put stores a login under its ID. It replaces one with the same ID.
	Put(ctx context.Context, login Login) error
	// Take removes a login and returns it. If two callers take the same login at the same
	// time, only one gets it. It returns [ErrNoLogin] if there is none. It may return an
	// expired one, which the handler then refuses.
	Take(ctx context.Context, id string) (Login, error)
}

var (
	// ErrNoLogin means that no login has this state: it was never started, is finished,
	// or has expired.
	ErrNoLogin = errors.New("no login has this state: it was never started, is finished, or has expired")
	// ErrTooManyLogins means that a [Memory] is full.
	ErrTooManyLogins = errors.New("too many logins are waiting for a key; start again later")
)

const (
	// maxLogins bounds the memory that logins use: about 10 MB.
	maxLogins = 10_000
	// maxLoginsOfUser is how many tabs a user may have open.
	maxLoginsOfUser = 10
)

// Memory is a [Pending] in memory. It holds up to 10,000 logins, and of these up to 10 of
// one user: another start of this user replaces the user's oldest. Logins are lost if the
// process ends. The zero value is ready for use.
type Memory struct {
	mu     sync.Mutex
	logins map[string]Login
	users  map[string][]string // the ids of a user's logins, oldest first
}

// Put stores a login. It returns [ErrTooManyLogins] if 10,000 others have not expired.
func (m *Memory) Put(_ context.Context, login Login) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.logins == nil {
		m.logins, m.users = map[string]Login{}, map[string][]string{}
	}
	m.remove(login.ID)
	if own := m.users[login.User]; len(own) >= maxLoginsOfUser {
		m.remove(own[0])
	}
	if len(m.logins) >= maxLogins {
		m.sweep()
	}
	if len(m.logins) >= maxLogins {
		return ErrTooManyLogins
	}
	m.logins[login.ID] = login
	m.users[login.User] = append(m.users[login.User], login.ID)
	return nil
}

// Take removes a login and returns it, or [ErrNoLogin].
func (m *Memory) Take(_ context.Context, id string) (Login, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	login, found := m.logins[id]
	if !found {
		return Login{}, ErrNoLogin
	}
	m.remove(id)
	return login, nil
}

// sweep removes the expired logins.
func (m *Memory) sweep() {
	now := time.Now()
	for id, login := range m.logins {
		if !now.Before(login.Expires) {
			m.remove(id)
		}
	}
}

func (m *Memory) remove(id string) {
	login, found := m.logins[id]
	if !found {
		return
	}
	delete(m.logins, id)
	rest := slices.DeleteFunc(m.users[login.User], func(other string) bool { return other == id })
	if m.users[login.User] = rest; len(rest) == 0 {
		delete(m.users, login.User)
	}
}
