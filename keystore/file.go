package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	fileFolder    = "keystore" // in Options.Dir
	fileLock      = "lock"
	fileSuffix    = ".age"
	fileSizeLimit = MaxSize + 4<<10 // age adds far less to a secret
)

// fileStore is a directory with
//
//	store.json            version, recipient and kind of identity (file_header.go)
//	identity.age          the identity under a passphrase (file_unlock.go)
//	lock                  held while something is written or derived
//	bitid-<SIN>.age       one secret each (file_seal.go)
//	apikey-<id>.age
//
// A secret never changes in place: a new file is written and renamed. So readers need no
// lock, and a crash leaves the old secret or the new one.
type fileStore struct {
	path string
	wait time.Duration // for the lock

	identityFile string
	ask          func(ctx context.Context, confirm bool) ([]byte, error)
	again        func(wrong int) bool

	// unlocking guards identity. It is a channel, so that waiting for a user who types a
	// passphrase ends with the context. It is taken before the lock, never while the lock is
	// held: two calls that wait for each other would block until the time limit.
	unlocking chan struct{}
	identity  *fileIdentity
	swept     atomic.Bool

	probes sync.Map // release functions of the existing probes
}

func newFileStore(o Options) *fileStore {
	return &fileStore{
		path:         filepath.Join(o.Dir, fileFolder),
		wait:         o.lockWait(),
		identityFile: o.IdentityFile,
		ask:          o.Passphrase,
		again:        o.PassphraseAgain,
		unlocking:    make(chan struct{}, 1),
	}
}

func secretFile(name string) string {
	return strings.Replace(name, "/", "-", 1) + fileSuffix
}

func (s *fileStore) Get(ctx context.Context, name string) ([]byte, error) {
	secret, err := s.get(ctx, name)
	if err != nil {
		return nil, diskError("file", "get", name, err)
	}
	return secret, nil
}

func (s *fileStore) get(ctx context.Context, name string) ([]byte, error) {
	dir, err := s.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	data, err := readSecret(dir, name)
	if err != nil {
		return nil, err
	}
	id, err := s.unlock(ctx, dir)
	if err != nil {
		return nil, err
	}
	secret, err := openSecret(dir, name, data, id)
	if err != nil && s.forgetStale(ctx, dir, id) {
		if id, err = s.unlock(ctx, dir); err == nil {
			secret, err = openSecret(dir, name, data, id)
		}
	}
	return secret, err
}

func (s *fileStore) Put(ctx context.Context, name string, secret []byte) error {
	if err := s.put(ctx, name, secret); err != nil {
		return diskError("file", "put", name, err)
	}
	return nil
}

func (s *fileStore) put(ctx context.Context, name string, secret []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkPut(name, secret); err != nil {
		return err
	}
	dir, err := durable.Create(s.path)
	if err != nil {
		return err
	}
	defer dir.Close()
	id, err := s.unlockOrMake(ctx, dir)
	if err != nil {
		return err
	}
	lock, err := dir.Lock(ctx, fileLock, s.wait)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	header, err := readHeader(dir)
	if err != nil {
		return err
	}
	if err := header.check(dir, id); err != nil {
		return err
	}
	s.sweep(dir)
	data, err := sealSecret(name, secret, id)
	if err != nil {
		return err
	}
	if err := s.write(dir, name, data); err != nil {
		return err
	}
	return readBack(dir, name, secret, id)
}

// write holds a probe until it is deleted, so that [Sweep] ignores it.
func (s *fileStore) write(dir *durable.Dir, name string, data []byte) error {
	if !IsProbe(name) {
		return dir.Write(secretFile(name), data)
	}
	release, err := dir.WriteHeld(secretFile(name), data)
	if err == nil {
		if before, ok := s.probes.Swap(name, release); ok {
			before.(func())()
		}
	}
	return err
}

// readBack opens the file on disk, so that a secret that cannot be read later is never
// reported as stored.
func readBack(dir *durable.Dir, name string, secret []byte, id *fileIdentity) error {
	data, err := readSecret(dir, name)
	if err != nil {
		return err
	}
	back, err := openSecret(dir, name, data, id)
	if err != nil {
		return err
	}
	defer clear(back)
	if !bytes.Equal(back, secret) {
		return fmt.Errorf("%w: %s reads differently from what was written", ErrDamaged, dir.Path(secretFile(name)))
	}
	return nil
}

// sweepAge is how old a leftover file has to be if the system does not report which process
// uses it.
const sweepAge = time.Hour

// Sweep removes what killed processes left in the store "file" of a directory, see
// [Options]: temporary files, and entries of [Check] and [Move]. Files of living processes
// stay. If there is no such store, Sweep does nothing.
func Sweep(directory string) error {
	dir, err := durable.Open(filepath.Join(directory, fileFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		defer dir.Close()
		err = errors.Join(dir.Sweep(sweepAge), dir.SweepIf(sweepAge, isProbeFile))
	}
	if err != nil {
		return diskError("file", "sweep", "", err)
	}
	return nil
}

func isProbeFile(file string) bool {
	id, probe := strings.CutPrefix(strings.TrimSuffix(file, fileSuffix), strings.Replace(probePrefix, "/", "-", 1))
	return probe && secretFile(probePrefix+id) == file
}

// sweep removes what killed writers left. Every writer holds the lock, so no temporary file
// belongs to a living one. A failure here costs only space.
func (s *fileStore) sweep(dir *durable.Dir) {
	if !s.swept.Load() && dir.Sweep(0) == nil {
		s.swept.Store(true)
	}
}

func (s *fileStore) Delete(ctx context.Context, name string) error {
	if err := s.delete(ctx, name); err != nil {
		return diskError("file", "delete", name, err)
	}
	return nil
}

func (s *fileStore) delete(ctx context.Context, name string) error {
	dir, err := s.open(ctx, name)
	if err != nil {
		return err
	}
	defer dir.Close()
	lock, err := dir.Lock(ctx, fileLock, s.wait)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if _, err := readHeader(dir); errors.Is(err, ErrVersion) {
		return err
	}
	err = dir.Remove(secretFile(name))
	if release, ok := s.probes.LoadAndDelete(name); ok {
		release.(func())()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}

// open opens an existing directory: without it there is no secret.
func (s *fileStore) open(ctx context.Context, name string) (*durable.Dir, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	dir, err := durable.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return dir, err
}

func readSecret(dir *durable.Dir, name string) ([]byte, error) {
	data, err := dir.Read(secretFile(name), fileSizeLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return data, err
}

// List returns the names of the files. It needs neither identity nor lock.
func (s *fileStore) List(ctx context.Context) ([]string, error) {
	names, err := s.list(ctx)
	if err != nil {
		return nil, diskError("file", "list", "", err)
	}
	return names, nil
}

func (s *fileStore) list(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir, err := durable.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if _, err := readHeader(dir); err != nil {
		return nil, err
	}
	names, err := secretNames(dir)
	slices.Sort(names)
	return names, err
}

// Format prints where the store is, but not what opens it.
func (s *fileStore) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "keystore file in %s", s.path) }
