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
	Invitation   string // the secret part of the invitation link; empty if there is none
	Created      time.Time
	Failures     int // wrong passwords since the last right one
	LockedUntil  time.Time
	AllowsBasic  bool // set by the owner; newer releases require it
	SecondFactor bool // log-ins here do not ask for it
	// NoNotifications are the identifiers of notifications that the user does not want.
	NoNotifications []string `json:",omitempty"`
}

const (
	// passwordRounds is small on purpose: no password here protects anything, and tests log in often.
	passwordRounds = 500

	lockoutAfter    = 5
	lockoutDuration = 5 * time.Minute
)

// Forever is the lock expiry of a user locked by an administrator.
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

// HasPassword reports whether the account has that password.
func (u *User) HasPassword(password string) bool {
	return subtle.ConstantTimeCompare(hashPassword(password, u.Salt), u.PasswordHash) == 1
}

// AllUsers returns all users, oldest first.
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

// DeleteUser deletes an account with its keys, sessions and memberships. Its stores stay.
func (st *State) DeleteUser(u *User) {
	delete(st.Users, u.ID)
	delete(st.userByEmail, strings.ToUpper(u.Email))
	maps.DeleteFunc(st.APIKeys, func(_ string, k *APIKey) bool { return k.UserID == u.ID })
	maps.DeleteFunc(st.Sessions, func(_ string, s *Session) bool { return s.UserID == u.ID })
	for _, n := range st.notificationsOf[u.ID] {
		st.dropNotification(n)
	}
	delete(st.notificationsOf, u.ID)
	for _, s := range st.Stores {
		delete(s.Members, u.ID)
	}
}

// FindUserBy returns the user with an id or an e-mail address; nil if there is none.
func (st *State) FindUserBy(idOrEmail string) *User {
	if u := st.Users[idOrEmail]; u != nil {
		return u
	}
	return st.FindUser(idOrEmail)
}

// FindUser returns the user with an e-mail address, in any case; nil if there is none.
func (st *State) FindUser(email string) *User { return st.userByEmail[strings.ToUpper(email)] }

// Locked reports whether the account is locked now, by an administrator or by too many wrong passwords. The server
// treats a locked account as disabled, for API keys too (recording 71-login-pages).
func (u *User) Locked(now time.Time) bool { return now.Before(u.LockedUntil) }

// CheckPassword reports whether a log-in has the right password, and counts failures.
func (w *World) CheckPassword(u *User, password string, now time.Time) bool {
	if u.Locked(now) {
		return false
	}
	if u.HasPassword(password) {
		if u.Failures == 0 {
			return true
		}
		w.State.Change()
		u.Failures = 0
		return true
	}
	w.State.Change()
	u.Failures++
	if u.Failures >= lockoutAfter {
		u.Failures = 0
		u.LockedUntil = now.Add(lockoutDuration)
	}
	return false
}
