package sandbox

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

type user struct {
	ID           string
	Email        string
	Salt         []byte
	PasswordHash []byte
	Name         *string
	ImageURL     *string
	Admin        bool
	Approved     bool
	Invitation   string // the secret part of the invitation link; empty without one
	Created      time.Time
	Failures     int // wrong passwords since the last right one
	LockedUntil  time.Time
	AllowsBasic  bool // the owner said so; newer releases ask
	SecondFactor bool // which a log-in here does not ask for
}

const (
	// passwordRounds is small on purpose: no password here guards anything, and a test logs in often.
	passwordRounds = 500

	lockoutAfter    = 5
	lockoutDuration = 5 * time.Minute
)

// forever is until when a user is locked whom somebody locked.
var forever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

func hashPassword(password string, salt []byte) []byte {
	hash, err := pbkdf2.Key(sha256.New, password, salt, passwordRounds, 32)
	if err != nil {
		panic(err) // only refuses key lengths
	}
	return hash
}

func (st *state) newUser(email, password string, now time.Time) *user {
	u := &user{ID: random.UUID(), Created: now}
	u.setPassword(password)
	st.Users[u.ID] = u
	st.setEmail(u, email)
	return u
}

func (st *state) setEmail(u *user, email string) {
	if u.Email != "" {
		delete(st.userByEmail, strings.ToUpper(u.Email))
	}
	u.Email = email
	st.userByEmail[strings.ToUpper(email)] = u
}

func (u *user) setPassword(password string) {
	u.Salt = random.Bytes(16)
	u.PasswordHash = hashPassword(password, u.Salt)
}

func (u *user) hasPassword(password string) bool {
	return subtle.ConstantTimeCompare(hashPassword(password, u.Salt), u.PasswordHash) == 1
}

// users lists all, oldest first.
func (st *state) users() []*user {
	users := slices.Collect(maps.Values(st.Users))
	slices.SortFunc(users, func(a, b *user) int { return a.Created.Compare(b.Created) })
	return users
}

// admins counts the administrators.
func (st *state) admins() int {
	n := 0
	for _, u := range st.Users {
		if u.Admin {
			n++
		}
	}
	return n
}

func (st *state) deleteUser(u *user) {
	delete(st.Users, u.ID)
	delete(st.userByEmail, strings.ToUpper(u.Email))
	maps.DeleteFunc(st.APIKeys, func(_ string, k *apiKey) bool { return k.UserID == u.ID })
	maps.DeleteFunc(st.Sessions, func(_ string, s *session) bool { return s.UserID == u.ID })
	for _, s := range st.Stores {
		delete(s.Members, u.ID)
	}
}

// findUserBy looks an id or an e-mail address up; nil if there is none.
func (st *state) findUserBy(idOrEmail string) *user {
	if u := st.Users[idOrEmail]; u != nil {
		return u
	}
	return st.findUser(idOrEmail)
}

// findUser looks an e-mail address up in any case; nil if there is none.
func (st *state) findUser(email string) *user { return st.userByEmail[strings.ToUpper(email)] }

// locked tells whether too many wrong passwords disabled the account for now. The server's can-log-in check counts
// that as disabled, for API keys too (recording 71-login-pages).
func (u *user) locked(now time.Time) bool { return now.Before(u.LockedUntil) }

// checkPassword judges a log-in and keeps count of the failures.
func (s *World) checkPassword(u *user, password string, now time.Time) bool {
	if u.locked(now) {
		return false
	}
	if u.hasPassword(password) {
		if u.Failures == 0 {
			return true
		}
		s.state.change()
		u.Failures = 0
		return true
	}
	s.state.change()
	u.Failures++
	if u.Failures >= lockoutAfter {
		u.Failures = 0
		u.LockedUntil = now.Add(lockoutDuration)
	}
	return false
}
