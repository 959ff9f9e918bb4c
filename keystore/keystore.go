// Package keystore keeps secrets at rest: BitId private keys and API keys.
//
// # A store
//
// [Open] returns one of five stores by its name, each with the same three methods, [Store]:
//
//   - "keyring" is the desktop's keyring: Secret Service, macOS Keychain
//     or the Windows Credential Manager.
//   - "file" is a directory of age files, one for each secret, that the age
//     program opens as well.
//   - "helper:/absolute/path" is a credential helper of docker.
//   - "env" reads keys from environment variables and files named by them. It cannot write.
//   - "memory" is cleared when the process ends.
//
// A sixth one, the KV engine of OpenBao and Vault, is in the package keystore/vault, which
// opens names that begin with "vault:". Programs that do not use it link no HTTP client.
//
// A store never falls back to another one, and none writes a secret in plaintext. Put reads
// the secret back before it returns nil.
//
// # Names
//
// A name is a kind, a slash and an id: "bitid/" and the SIN, or "apikey/" and the first 16
// hex digits of the SHA-256 of the key. The id is derived from the secret, so a reader can
// check that it is the right one. "keyring" and "file" bind a secret to its name as well,
// and "env" checks the digits of an API key. Keyrings cannot list their entries; the names
// are in an [Index].
//
// # Unlocking
//
// "file" encrypts all secrets to one identity. Either a passphrase protects that identity,
// which [Options].Passphrase asks for, once for each store; or it is in a file of its own,
// [Options].IdentityFile, for machines without a user at a terminal. For "keyring" the
// desktop asks; [Options].Timeout limits the time for the answer.
//
// # Timeouts
//
// Every call has a timeout. A keyring call that hangs is abandoned, with one goroutine;
// later calls then time out without starting a second one.
//
// # Errors
//
// Every error of this package is an [*Error]. Its cause is one of the Err values below or a
// context error, found by [errors.Is]; its Hint says what to do next. No error holds a
// secret, and the text of a keyring service is never repeated.
//
// # Promise
//
// The package follows semantic versioning with the module it is in. Later versions read
// what an earlier one stored.
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

// MaxSize is how many bytes a secret may have. The Windows Credential Manager and the macOS
// Keychain allow about 1,800 and 2,100, which is enough for a key.
const MaxSize = 64 << 10

// A Store keeps secrets under names. Its methods may be called from several
// goroutines and from several processes at once.
type Store interface {
	// Get returns a secret. It fails with [ErrNotFound] if there is none. The caller owns
	// the bytes and may clear them.
	Get(ctx context.Context, name string) ([]byte, error)
	// Put stores a secret, replacing one of the same name. When it returns nil, the secret
	// has been read back and is as durable as the store can make it.
	Put(ctx context.Context, name string, secret []byte) error
	// Delete removes a secret. It fails with [ErrNotFound] if there is none.
	Delete(ctx context.Context, name string) error
}

// A Lister is a store that can list the names it holds: "file", "helper", "memory" and that
// of keystore/vault. "keyring" and "env" cannot.
type Lister interface {
	// List returns the names, sorted. It reads no secret.
	List(ctx context.Context) ([]string, error)
}

// Causes of an [Error], for [errors.Is].
var (
	// ErrNotFound: the store works, but has no secret of this name.
	ErrNotFound = errors.New("there is no such secret")
	// ErrLocked: the keyring is locked, and was not unlocked in time.
	ErrLocked = errors.New("the store is locked")
	// ErrDenied: file permissions or the keyring deny access.
	ErrDenied = errors.New("access was denied")
	// ErrDismissed: the user closed the prompt. Nothing was changed.
	ErrDismissed = errors.New("the prompt was dismissed")
	// ErrTimeout: no response, or another process held the lock. After a Put it is unknown
	// whether a slow keyring stores the secret later.
	ErrTimeout = errors.New("the store did not respond in time")
	// ErrUnavailable: there is no such store here, it failed, or it is read-only.
	ErrUnavailable = errors.New("the store cannot be used")
	// ErrTooLarge: more than MaxSize bytes, or more than this keyring accepts.
	ErrTooLarge = errors.New("the secret is too large")
	// ErrDamaged: the secret is not the one that was stored under this name.
	ErrDamaged = errors.New("the store is damaged")
	// ErrPassphrase: there is no terminal to ask for it, or it is wrong.
	ErrPassphrase = errors.New("the passphrase or identity is missing or wrong")
	// ErrWrongPassphrase: there is a passphrase, but it opens nothing. It comes together with
	// ErrPassphrase, or with ErrDamaged if the file was changed.
	ErrWrongPassphrase = errors.New("the passphrase does not open")
	// ErrVersion: a newer version of this program wrote it. Nothing was changed.
	ErrVersion = errors.New("the store was written by a newer version")
	// ErrName: see Names above.
	ErrName = errors.New("the name is not of the form kind/id")
)

// An Error says which store failed at which operation, and what to do next.
type Error struct {
	// Backend is the name given to Open, up to a colon; "index" or "backup"; or "any" for
	// two stores that do not fit each other.
	Backend string
	// Op is the operation: "open", "get", "put", "delete", "list", "lock"; for a backup
	// "read" or "write"; or "move".
	Op   string
	Name string // of the secret; empty if the error is about all of them
	Err  error
	Hint string // what to do next; may be empty
}

// Error returns everything but the hint, on one line of bounded length. It never contains a
// secret.
func (e *Error) Error() string {
	if e.Backend == "" && e.Op == "" { // within another Error
		return e.Err.Error()
	}
	cause := oneLine(e.Err.Error())
	if e.Name == "" {
		return fmt.Sprintf("keystore %s: %s: %s", e.Backend, e.Op, cause)
	}
	return fmt.Sprintf("keystore %s: %s %s: %s", e.Backend, e.Op, e.Name, cause)
}

// maxCause is how many bytes of a cause are printed: an error can quote a damaged file at
// any length.
const maxCause = 1000

// oneLine makes text safe for a log, whatever it quotes.
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

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Options say where a store is and how it asks the user.
type Options struct {
	// Dir is the data directory. "file" needs it and keeps its files in its subdirectory
	// keystore; "helper" uses it for a lock that keeps its calls apart. The first write
	// creates it.
	Dir string
	// Timeout limits a keyring, a helper, a pipe or a lock; zero means 3 seconds, and 30
	// for a lock, because under it other processes derive a key from a passphrase, which
	// takes a second each. The time that a user needs to type a passphrase for "file" does
	// not count.
	Timeout time.Duration
	// Passphrase asks for the passphrase of "file", once for each store, and again after a
	// wrong one. If confirm is set, the user chooses a new one and should type it twice.
	// Nil means that the user cannot be asked. An empty passphrase is refused. The store
	// clears the bytes. Calls never overlap.
	Passphrase func(ctx context.Context, confirm bool) ([]byte, error)
	// PassphraseAgain, if not nil, is called after a passphrase that did not open "file",
	// with how many were wrong in this attempt. If it reports true, the store calls
	// Passphrase again; otherwise the call of the store fails with [ErrWrongPassphrase].
	PassphraseAgain func(wrong int) bool
	// IdentityFile, if not empty, is the path of an age identity file that opens "file"
	// instead of a passphrase. It is created with mode 0600 if neither it nor the store
	// exists. It is not encrypted: anyone who can read it and the data directory has the
	// secrets, so it belongs in another place, on another disk or among the secrets of a
	// container. It cannot be in the directory of the store itself.
	IdentityFile string
	// Getenv reads the environment for "env", and for the variables that a helper gets; nil
	// means [os.Getenv].
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

// Open returns the store with this name: "keyring", "file", "env", "memory", or "helper:"
// and the absolute path of a credential helper. It does not access the store, so it
// succeeds even if the store will turn out to be unusable.
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
		Err:  fmt.Errorf("%w: unknown keystore", ErrUnavailable),
		Hint: "use one of: keyring, file, env, memory, helper:/absolute/path, vault:https://host/mount/path",
	}
}

// CheckName checks that a name has the form that all stores take, see Names above.
// Otherwise it returns [ErrName].
func CheckName(name string) error { return checkName(name) }

// checkName accepts 1 to 16 small letters, a slash, and 1 to 64 ASCII letters and digits.
// So a name is safe in a path, in a message and in a log.
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
