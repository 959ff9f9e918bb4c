package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode"

	"filippo.io/age"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
)

const (
	identityFile  = "identity.age"
	identityLimit = 64 << 10
)

const passphraseHint = "export BTCPAYCTL_PASSPHRASE_FILE=/run/secrets/passphrase"

func (s *fileStore) enter(ctx context.Context) error {
	select {
	case s.unlocking <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *fileStore) leave() { <-s.unlocking }

// unlock returns the identity of an existing store. It is derived once.
func (s *fileStore) unlock(ctx context.Context, dir *durable.Dir) (*fileIdentity, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if s.identity != nil {
		return s.identity, nil
	}
	header, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	id, err := s.find(ctx, dir, header)
	if err == nil {
		s.identity = id
	}
	return id, err
}

// forgetStale reports whether it dropped the identity, because it no longer opens this
// store: another process removed the store and created it again.
func (s *fileStore) forgetStale(ctx context.Context, dir *durable.Dir, id *fileIdentity) bool {
	header, err := readHeader(dir)
	if err != nil || header == nil || header.check(dir, id) == nil || s.enter(ctx) != nil {
		return false
	}
	defer s.leave()
	if s.identity == id {
		s.identity = nil
	}
	return true
}

// find reads the identity of a store from where the options say it is.
func (s *fileStore) find(ctx context.Context, dir *durable.Dir, header *fileHeader) (*fileIdentity, error) {
	var id *fileIdentity
	var err error
	switch {
	case s.identityFile != "":
		if id, err = readIdentityFile(s.identityFile, s.wait); errors.Is(err, fs.ErrNotExist) {
			err = &Error{Err: err, Hint: hintLostIdentity + "\n" + setAside(s.path)}
		}
	case header != nil && header.Protection == byIdentityFile:
		err = noIdentityNamed(dir)
	default:
		id, err = s.askAgain(func() (*fileIdentity, error) { return s.askAndDerive(ctx, dir, header) })
	}
	if err == nil && header != nil {
		err = header.check(dir, id)
	}
	if err != nil {
		return nil, err
	}
	return id, nil
}

func noIdentityNamed(dir *durable.Dir) error {
	return &Error{Err: fmt.Errorf("%w: %s is encrypted to an identity file, but none is given", ErrPassphrase, dir.Path("")),
		Hint: "name it: export BTCPAYCTL_IDENTITY_FILE=/path/to/identity"}
}

// unlockOrMake is unlock, but creates a store if there is none.
func (s *fileStore) unlockOrMake(ctx context.Context, dir *durable.Dir) (*fileIdentity, error) {
	header, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	if header == nil {
		if id, err := s.makeStore(ctx, dir); id != nil || err != nil {
			return id, err
		}
	}
	id, err := s.unlock(ctx, dir)
	if err == nil && s.forgetStale(ctx, dir, id) {
		id, err = s.unlock(ctx, dir)
	}
	return id, err
}

// makeStore creates a store. It returns no identity if another call created it meanwhile.
func (s *fileStore) makeStore(ctx context.Context, dir *durable.Dir) (*fileIdentity, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	header, err := readHeader(dir)
	if header != nil || err != nil {
		return nil, err
	}
	s.identity = nil // of a store that was removed
	var id *fileIdentity
	if s.identityFile != "" {
		id, err = s.makeByIdentityFile(ctx, dir)
	} else {
		id, err = s.askAgain(func() (*fileIdentity, error) { return s.makeByPassphrase(ctx, dir) })
	}
	if err != nil {
		return nil, err
	}
	s.identity = id
	return id, nil
}

// askAgain repeats a try with a passphrase that was wrong, if the user wants to.
func (s *fileStore) askAgain(try func() (*fileIdentity, error)) (*fileIdentity, error) {
	for wrong := 1; ; wrong++ {
		id, err := try()
		if err == nil || !errors.Is(err, ErrWrongPassphrase) || s.again == nil || !s.again(wrong) {
			return id, err
		}
	}
}

func (s *fileStore) makeByIdentityFile(ctx context.Context, dir *durable.Dir) (*fileIdentity, error) {
	lock, err := dir.Lock(ctx, fileLock, s.wait)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	id, err := readIdentityFile(s.identityFile, s.wait)
	if errors.Is(err, fs.ErrNotExist) {
		if err := mustBeEmpty(dir, s.identityFile); err != nil {
			return nil, err
		}
		if err = makeIdentityFile(s.identityFile, s.path); err == nil || errors.Is(err, fs.ErrExist) {
			id, err = readIdentityFile(s.identityFile, s.wait)
		}
	}
	if err != nil {
		return nil, err
	}
	header, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	if header != nil { // created by another process during the wait
		return id, header.check(dir, id)
	}
	return id, adopt(dir, &fileHeader{Protection: byIdentityFile}, id)
}

func (s *fileStore) makeByPassphrase(ctx context.Context, dir *durable.Dir) (*fileIdentity, error) {
	_, err := dir.Read(identityFile, identityLimit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	fresh := err != nil
	if fresh {
		if err := mustBeEmpty(dir, dir.Path(identityFile)); err != nil {
			return nil, err
		}
	}
	passphrase, err := s.passphrase(ctx, fresh)
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	lock, err := dir.Lock(ctx, fileLock, s.wait)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	header, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	if header == nil {
		if err := wrapIdentity(dir, passphrase); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	} else if header.Protection == byIdentityFile {
		return nil, noIdentityNamed(dir)
	}
	// The file on disk is opened, not the identity in memory: the store is usable only if
	// this passphrase opens that file.
	data, err := dir.Read(identityFile, identityLimit)
	if err != nil {
		return nil, err
	}
	id, err := unwrapIdentity(dir, data, passphrase, header)
	if err != nil {
		return nil, err
	}
	if header != nil {
		return id, header.check(dir, id)
	}
	return id, adopt(dir, &fileHeader{Protection: byPassphrase, IdentitySHA256: digest(data)}, id)
}

func (s *fileStore) askAndDerive(ctx context.Context, dir *durable.Dir, header *fileHeader) (*fileIdentity, error) {
	data, err := dir.Read(identityFile, identityLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is missing, and without it no secret can be opened", ErrDamaged, dir.Path(identityFile))
	}
	if err != nil {
		return nil, err
	}
	passphrase, err := s.passphrase(ctx, false)
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	// The lock keeps a hundred processes from taking 256 MiB each at once. If nothing can
	// be written, reading must still work.
	lock, err := dir.Lock(ctx, fileLock, s.wait)
	switch {
	case err == nil:
		defer lock.Unlock()
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS),
		errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
	default:
		return nil, err
	}
	id, err := unwrapIdentity(dir, data, passphrase, header)
	if err == nil && lock != nil && header != nil && header.IdentitySHA256 != digest(data) && header.check(dir, id) == nil {
		// The passphrase was changed with the age program.
		header.IdentitySHA256 = digest(data)
		err = header.write(dir)
	}
	return id, err
}

func (s *fileStore) passphrase(ctx context.Context, confirm bool) ([]byte, error) {
	if s.ask == nil {
		return nil, &Error{Err: fmt.Errorf("%w: there is no terminal to ask for it", ErrPassphrase), Hint: passphraseHint}
	}
	passphrase, err := s.ask(ctx, confirm)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &Error{Err: fmt.Errorf("%w: %w", ErrPassphrase, err), Hint: passphraseHint}
	case len(passphrase) == 0:
		return nil, &Error{Err: fmt.Errorf("%w: it is empty, which protects nothing", ErrPassphrase), Hint: passphraseHint}
	}
	return passphrase, nil
}

// wrapIdentity creates an identity and encrypts it with a passphrase, in the form that the
// age program takes with -i. It never replaces one.
func wrapIdentity(dir *durable.Dir, passphrase []byte) error {
	if _, err := dir.Read(identityFile, identityLimit); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fs.ErrExist) // saves the second that a derivation takes
	}
	text, err := newIdentityText()
	if err != nil {
		return err
	}
	defer clear(text)
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(work.Factor)
	var data bytes.Buffer
	w, err := age.Encrypt(&data, recipient)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return dir.WriteNew(identityFile, data.Bytes())
}

func unwrapIdentity(dir *durable.Dir, data, passphrase []byte, header *fileHeader) (*fileIdentity, error) {
	intact := header != nil && header.IdentitySHA256 == digest(data)
	scrypt, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, err
	}
	scrypt.SetMaxWorkFactor(work.Limit)
	r, err := age.Decrypt(bytes.NewReader(data), scrypt)
	switch wrong := errors.Is(err, age.ErrIncorrectIdentity); {
	case wrong && header != nil && header.IdentitySHA256 != "" && !intact:
		return nil, &Error{Err: fmt.Errorf("%w: %w %s, which was changed after this program wrote it", ErrDamaged, ErrWrongPassphrase, dir.Path(identityFile)),
			Hint: "restore it from a backup; or, if you changed the passphrase with age, type the new one"}
	case wrong:
		return nil, &Error{Err: fmt.Errorf("%w: %w %s", ErrPassphrase, ErrWrongPassphrase, dir.Path(identityFile)),
			Hint: "try again; these secrets cannot be read without the passphrase\n" + setAside(dir.Path(""))}
	}
	var text []byte
	if err == nil {
		text, err = readSealed(r, len(data), identityLimit)
	}
	defer clear(text)
	var id *fileIdentity
	if err == nil {
		id, err = parseIdentity(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, dir.Path(identityFile), err)
	}
	return id, nil
}

// setAside is the way on without the secrets of a store. It deletes nothing, because a lost
// passphrase may be found again.
func setAside(store string) string {
	store = filepath.Clean(store)
	aside := store + ".old"
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); err != nil {
			break
		}
		aside = fmt.Sprintf("%s.old-%d", store, n)
	}
	return "or, if it is lost, keep the store under another name and start a new one: mv " + quoted(store) + " " + quoted(aside)
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-", r) || unicode.IsDigit(r) || r < 0x80 && unicode.IsLetter(r)
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

func newIdentityText() ([]byte, error) {
	x, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "# created: %s\n# public key: %s\n%s\n",
		time.Now().UTC().Format(time.RFC3339), x.Recipient(), x), nil
}

// parseIdentity reads an identity file as age-keygen writes it.
func parseIdentity(text []byte) (*fileIdentity, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, errors.New("it is not an age identity file")
	}
	if len(ids) != 1 {
		return nil, fmt.Errorf("it has %d identities instead of one", len(ids))
	}
	x, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, errors.New("its identity is not an X25519 identity")
	}
	return newFileIdentity(x)
}
