package world

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

// User is an account.
type User struct {
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

// Forever is until when a user is locked whom somebody locked.
var Forever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

func hashPassword(password string, salt []byte) []byte {
	hash, err := pbkdf2.Key(sha256.New, password, salt, passwordRounds, 32)
	if err != nil {
		panic(err) // only refuses key lengths
	}
	return hash
}

// NewUser makes an account with a password.
func (st *State) NewUser(email, password string, now time.Time) *User {
	u := &User{ID: random.UUID(), Created: now}
	u.SetPassword(password)
	st.Users[u.ID] = u
	st.SetEmail(u, email)
	return u
}

// SetEmail changes the address that an account is found by.
func (st *State) SetEmail(u *User, email string) {
	if u.Email != "" {
		delete(st.userByEmail, strings.ToUpper(u.Email))
	}
	u.Email = email
	st.userByEmail[strings.ToUpper(email)] = u
}

// SetPassword replaces the password.
func (u *User) SetPassword(password string) {
	u.Salt = random.Bytes(16)
	u.PasswordHash = hashPassword(password, u.Salt)
}

// HasPassword reports whether that is the account's password.
func (u *User) HasPassword(password string) bool {
	return subtle.ConstantTimeCompare(hashPassword(password, u.Salt), u.PasswordHash) == 1
}

// AllUsers lists all, oldest first.
func (st *State) AllUsers() []*User {
	users := slices.Collect(maps.Values(st.Users))
	slices.SortFunc(users, func(a, b *User) int { return a.Created.Compare(b.Created) })
	return users
}

// Admins counts the administrators.
func (st *State) Admins() int {
	n := 0
	for _, u := range st.Users {
		if u.Admin {
			n++
		}
	}
	return n
}

// DeleteUser takes an account out of everything, with its keys and log-ins. Its stores stay.
func (st *State) DeleteUser(u *User) {
	delete(st.Users, u.ID)
	delete(st.userByEmail, strings.ToUpper(u.Email))
	maps.DeleteFunc(st.APIKeys, func(_ string, k *APIKey) bool { return k.UserID == u.ID })
	maps.DeleteFunc(st.Sessions, func(_ string, s *Session) bool { return s.UserID == u.ID })
	for _, s := range st.Stores {
		delete(s.Members, u.ID)
	}
}

// FindUserBy looks an id or an e-mail address up; nil if there is none.
func (st *State) FindUserBy(idOrEmail string) *User {
	if u := st.Users[idOrEmail]; u != nil {
		return u
	}
	return st.FindUser(idOrEmail)
}

// FindUser looks an e-mail address up in any case; nil if there is none.
func (st *State) FindUser(email string) *User { return st.userByEmail[strings.ToUpper(email)] }

// Locked tells whether too many wrong passwords disabled the account for now. The server's can-log-in check counts
// that as disabled, for API keys too (recording 71-login-pages).
func (u *User) Locked(now time.Time) bool { return now.Before(u.LockedUntil) }

// CheckPassword judges a log-in and keeps count of the failures.
func (s *World) CheckPassword(u *User, password string, now time.Time) bool {
	if u.Locked(now) {
		return false
	}
	if u.HasPassword(password) {
		if u.Failures == 0 {
			return true
		}
		s.State.Change()
		u.Failures = 0
		return true
	}
	s.State.Change()
	u.Failures++
	if u.Failures >= lockoutAfter {
		u.Failures = 0
		u.LockedUntil = now.Add(lockoutDuration)
	}
	return false
}
