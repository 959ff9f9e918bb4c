// Package keystore keeps secrets at rest: BitId private keys and API keys.
//
// # A store
//
// [Open] gives one of five stores by its name, each with the same three
// methods, [Store]:
//
//   - "keyring" is the keyring of the desktop: Secret Service, macOS Keychain
//     or the Windows Credential Manager.
//   - "file" is a directory of age files, one for each secret, that the age
//     program opens as well.
//   - "helper:/absolute/path" is a credential helper of docker.
//   - "env" reads what the environment names. It cannot write.
//   - "memory" forgets everything at the end of the process.
//
// A sixth one, the KV engine of OpenBao and Vault, is in the package
// keystore/vault, which opens what begins with "vault:". So whoever does not
// use it links no HTTP client.
//
// A store never falls back to another one, and none writes a secret in
// plaintext. What is written is read back before a Put returns nil.
//
// # Names
//
// A name is a kind, a slash and an id: "bitid/" and the SIN, or "apikey/" and
// the first 16 hex digits of the SHA-256 of the key. The id follows from the
// secret, so whoever reads a secret can check that it is the one he asked for.
// "keyring" and "file" bind a secret to its name as well, and "env" checks the
// digits of an API key. Keyrings cannot list what they hold; the names stand in
// an [Index].
//
// # Unlocking
//
// "file" encrypts all secrets to one identity. Either a passphrase protects that
// identity, which [Options].Passphrase asks for, once for each store; or it
// stands in a file of its own, [Options].IdentityFile, for machines that nobody
// can ask. "keyring" lets the desktop ask; the person at its prompt has as long
// as [Options].Timeout says.
//
// # Deadlines
//
// No call waits without end. A keyring call that hangs is left behind, with one
// goroutine; further calls then fail in time and start no second one.
//
// # Errors
//
// Every error of this package is an [*Error]. What went wrong is one of the
// Err values below, found by [errors.Is]; what to do about it is in its Hint. A
// context that ends is found in the same way. No error holds a secret, and the
// text of a keyring service is never repeated.
//
// # Promise
//
// The package follows semantic versioning with the module it is in. What one
// version has stored, later ones read.
package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"
)

// MaxSize is how many bytes a secret may have. The Windows Credential Manager
// and the macOS Keychain allow about 1,800 and 2,100, which is plenty for a key.
const MaxSize = 64 << 10

// A Store keeps secrets under names. Its methods may be called from several
// goroutines and from several processes at once.
type Store interface {
	// Get returns a secret. It fails with [ErrNotFound] where there is none.
	// The caller owns the bytes and may clear them.
	Get(ctx context.Context, name string) ([]byte, error)
	// Put stores a secret, replacing what had the name. When it returns nil
	// the secret has been read back and is as durable as the store can make it.
	Put(ctx context.Context, name string, secret []byte) error
	// Delete removes a secret. It fails with [ErrNotFound] where there is none.
	Delete(ctx context.Context, name string) error
}

// A Lister is a store that can tell by itself which names it holds: "file",
// "helper", "memory" and that of keystore/vault. "keyring" and "env" cannot.
type Lister interface {
	// List gives the names, sorted. No secret is read for it.
	List(ctx context.Context) ([]string, error)
}

// What went wrong, to be told apart with [errors.Is].
var (
	// ErrNotFound: the store can be used, and has nothing of this name.
	ErrNotFound = errors.New("there is no such secret")
	// ErrLocked: the keyring is locked, and nobody unlocked it in time.
	ErrLocked = errors.New("the store is locked")
	// ErrDenied: the rights of a file, or the keyring, forbid it.
	ErrDenied = errors.New("access was denied")
	// ErrDismissed: a person closed the prompt. Nothing was changed.
	ErrDismissed = errors.New("the prompt was dismissed")
	// ErrTimeout: no answer, or somebody else held the lock. After a Put it is
	// not known whether a slow keyring stores the secret later.
	ErrTimeout = errors.New("the store did not answer in time")
	// ErrUnavailable: there is no such store here, it failed, or it cannot be
	// written.
	ErrUnavailable = errors.New("the store cannot be used")
	// ErrTooLarge: more than MaxSize bytes, or more than this keyring takes.
	ErrTooLarge = errors.New("the secret is too large")
	// ErrDamaged: what is there is not what was stored under this name.
	ErrDamaged = errors.New("the store is damaged")
	// ErrPassphrase: nobody can be asked, or what he said does not fit.
	ErrPassphrase = errors.New("the passphrase or identity is missing or wrong")
	// ErrVersion: a later version of this program wrote it. Nothing was changed.
	ErrVersion = errors.New("the store was written by a newer version")
	// ErrName: see Names above.
	ErrName = errors.New("the name is not of the form kind/id")
)

// An Error tells which store failed at what, and what to do next.
type Error struct {
	// Backend is as given to Open, up to a colon; "index" or "backup"; or "any"
	// where two stores do not fit each other.
	Backend string
	// Op is what was done: "open", "get", "put", "delete", "list", "lock"; of a
	// backup "read" or "write"; or "move".
	Op   string
	Name string // of the secret; empty where it is about all of them
	Err  error
	Hint string // what to do next; may be empty
}

// Error tells all but the hint, on one line of bounded length. It never holds a
// secret.
func (e *Error) Error() string {
	if e.Backend == "" && e.Op == "" { // within another one
		return e.Err.Error()
	}
	cause := oneLine(e.Err.Error())
	if e.Name == "" {
		return fmt.Sprintf("keystore %s: %s: %s", e.Backend, e.Op, cause)
	}
	return fmt.Sprintf("keystore %s: %s %s: %s", e.Backend, e.Op, e.Name, cause)
}

// maxCause is how many bytes of a cause are told: a damaged file can quote itself
// at any length in the errors of those who read it.
const maxCause = 1000

// oneLine makes text safe for a log, whoever wrote what it quotes.
func oneLine(text string) string {
	if len(text) > maxCause {
		text = strings.ToValidUTF8(text[:maxCause], "") + "…"
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Options say where a store is and whom it may ask.
type Options struct {
	// Dir is the data directory, needed by "file", which keeps its files in
	// the folder keystore there, and used by "helper" for a lock, so that its
	// calls do not meet. It is made when first something is written.
	Dir string
	// Timeout is how long a keyring, a helper, a pipe or a lock may take;
	// zero means 3 seconds, and 30 for a lock, since others derive a key from
	// a passphrase under it, which takes a second each.
	// The time a person needs to type a passphrase for "file" does not count.
	Timeout time.Duration
	// Passphrase asks for the passphrase of "file", once for each store, and
	// again after a wrong one. With confirm a new one is chosen, which a person
	// should type twice. Nil means that nobody can be asked. An empty one is
	// refused. The store clears the bytes. Calls never overlap.
	Passphrase func(ctx context.Context, confirm bool) ([]byte, error)
	// IdentityFile, if not empty, is the path of an age identity file that
	// opens "file" instead of a passphrase. It is made, with mode 0600, where
	// neither it nor the store exists. It is not encrypted: whoever can read it
	// and the data directory has the secrets, so it belongs elsewhere, on
	// another disk or among the secrets of a container. None is made in the
	// folder of the store itself.
	IdentityFile string
	// Getenv reads the environment for "env", and what a helper is given of it;
	// nil means [os.Getenv].
	Getenv func(string) string
}

func (o Options) keyringWait() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return 3 * time.Second
}

func (o Options) lockWait() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return 30 * time.Second
}

// Open gives the store with this name: "keyring", "file", "env", "memory", or
// "helper:" and the absolute path of a credential helper.
// It touches nothing yet, so it succeeds where the store will prove unusable.
func Open(spec string, o Options) (Store, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	switch spec {
	case "keyring":
		return &keyringStore{wait: o.keyringWait()}, nil
	case "file":
		if o.Dir == "" {
			return nil, &Error{Backend: spec, Op: "open", Err: errNoDir}
		}
		return newFileStore(o), nil
	case "env":
		return &envStore{getenv: o.Getenv, wait: o.keyringWait()}, nil
	case "memory":
		return newMemoryStore(), nil
	}
	kind, path, _ := strings.Cut(spec, ":")
	if kind == "helper" {
		return newHelperStore(path, o)
	}
	return nil, &Error{
		Backend: kind, Op: "open",
		Err:  fmt.Errorf("%w: there is no keystore of this name", ErrUnavailable),
		Hint: "use one of: keyring, file, env, memory, helper:/absolute/path, vault:https://host/mount/path",
	}
}

// CheckName tells whether a name is of the form that all stores take, see
// Names above. Otherwise the error is [ErrName].
func CheckName(name string) error { return checkName(name) }

// checkName accepts 1 to 16 small letters, a slash, and 1 to 64 ASCII letters
// and digits. So a name is safe in a path, in a message and in a log.
func checkName(name string) error {
	kind, id, ok := strings.Cut(name, "/")
	if !ok || len(kind) < 1 || len(kind) > 16 || len(id) < 1 || len(id) > 64 {
		return ErrName
	}
	for _, c := range []byte(kind) {
		if c < 'a' || c > 'z' {
			return ErrName
		}
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ErrName
		}
	}
	return nil
}

func checkPut(name string, secret []byte) error {
	if len(secret) > MaxSize {
		return fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrTooLarge, len(secret), MaxSize)
	}
	return checkName(name)
}
