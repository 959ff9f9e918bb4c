//go:build unix

package keystore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Root may do what rights forbid, so the tests whose names begin with
// TestRights run again as a user who may not.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("this user is an ordinary one already")
	}
	if testing.Short() {
		t.Skip("left out of the inner loop: it copies this test and runs it again")
	}
	const nobody = 65534
	base := must2(os.MkdirTemp("", "keystore-rights-"))
	t.Cleanup(func() { os.RemoveAll(base) })
	must(t, os.Chmod(base, 0o755))
	binary := filepath.Join(base, "keystore.test")
	must(t, writeProgram(binary, must2(os.ReadFile(must2(os.Executable()))), 0o755))
	must(t, os.Chmod(binary, 0o755))
	home := filepath.Join(base, "home")
	must(t, os.Mkdir(home, 0o700))
	chown(t, home, nobody)

	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestRights", "-test.v")
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "TMPDIR="+home, "HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		t.Skip("no other user can run this test here: ", err) // a container of one user, or a temporary folder of root's
	}
	if err != nil {
		t.Fatalf("as user %d: %v\n%s", nobody, err, out)
	}
	if ran := bytes.Count(out, []byte("--- PASS: TestRights")); ran < 5 || bytes.Contains(out, []byte("--- SKIP")) {
		t.Errorf("%d tests ran as user %d, none may be skipped:\n%s", ran, nobody, out)
	}
}

// chown gives a file away, which root of a container of one user cannot do.
func chown(t *testing.T, path string, user int) {
	t.Helper()
	if err := os.Chown(path, user, user); errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
		t.Skip("files cannot be given away here: ", err)
	} else {
		must(t, err)
	}
}

// ordinary skips what root cannot be forbidden; it runs in TestAsOrdinaryUser.
func ordinary(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may do all; TestAsOrdinaryUser runs this as another user")
	}
}

func TestRightsReadOnlyDirectory(t *testing.T) {
	ordinary(t)
	for _, options := range []func(string) Options{passphraseOptions, identityOptions} {
		dir := t.TempDir()
		must(t, open(t, "file", options(dir)).Put(t.Context(), name, []byte("old")))
		must(t, os.Remove(dir+"/keystore/lock"))
		must(t, os.Chmod(dir+"/keystore", 0o500))
		t.Cleanup(func() { os.Chmod(dir+"/keystore", 0o700) })
		store := open(t, "file", options(dir))
		wantSecret(t, store, name, "old")
		wantError(t, store.Put(t.Context(), name, []byte("new")), "file", "put", ErrDenied)
		wantError(t, store.Delete(t.Context(), name), "file", "delete", ErrDenied)
		wantSecret(t, store, name, "old")
	}
}

func TestRightsDirectoryCannotBeMade(t *testing.T) {
	ordinary(t)
	err := open(t, "file", identityOptions("/btcpayctl-test")).Put(t.Context(), name, nil)
	wantError(t, err, "file", "put", ErrDenied)
	err = OpenIndex("/btcpayctl-test").Add(t.Context(), Entry{Name: name})
	wantError(t, err, "index", "put", ErrDenied)
}

func TestRightsUnreadableFile(t *testing.T) {
	ordinary(t)
	dir := t.TempDir()
	store := open(t, "file", identityOptions(dir))
	must(t, store.Put(t.Context(), name, []byte("x")))
	must(t, os.Chmod(dir+"/keystore/"+secretFile(name), 0))
	_, err := store.Get(t.Context(), name)
	wantError(t, err, "file", "get", ErrDenied)
	wantHint(t, err, "who owns")
}

func TestRightsWorldWritable(t *testing.T) {
	for what, path := range map[string]string{
		"directory": "", "secret": secretFile(name), "header": "store.json", "identity": "identity.age", "lock": "lock",
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
			path := filepath.Join(dir, "keystore", path)
			must(t, os.Chmod(path, 0o777))
			_, err := open(t, "file", passphraseOptions(dir)).Get(t.Context(), name)
			wantError(t, err, "file", "get", ErrDenied)
			wantHint(t, err, "chmod o-w")
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("%v does not name %s", err, path)
			}
		})
	}
}

func TestRightsIdentityFileReadableByOthers(t *testing.T) {
	o := identityOptions(t.TempDir())
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o644} {
		must(t, os.Chmod(o.IdentityFile, mode))
		_, err := open(t, "file", o).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrDenied)
		wantHint(t, err, "chmod 600 "+o.IdentityFile)
	}
}

// Whatever the umask, files are 0600, directories 0700, and both usable.
func TestRightsUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o777} {
		top := filepath.Join(t.TempDir(), "new")
		old := syscall.Umask(mask)
		err := func() error {
			for mode, options := range map[string]func(string) Options{"a": passphraseOptions, "b": identityOptions} {
				store := open(t, "file", options(filepath.Join(top, mode)))
				if err := store.Put(context.Background(), name, []byte("x")); err != nil {
					return err
				}
				wantSecret(t, store, name, "x")
			}
			return OpenIndex(filepath.Join(top, "c")).Add(context.Background(), Entry{Name: name})
		}()
		syscall.Umask(old)
		must(t, err)
		must(t, filepath.WalkDir(top, func(path string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			want := fs.FileMode(0o600)
			if entry.IsDir() {
				want = 0o700
			}
			if info, err := entry.Info(); err != nil || info.Mode().Perm() != want {
				t.Errorf("umask %03o: %s has mode %o, want %o", mask, path, info.Mode().Perm(), want)
			}
			return nil
		}))
	}
}

// Every write of the process fails, as on a full disk; the old secret stays.
func TestRightsWritesFail(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, "file", identityOptions(dir)).Put(t.Context(), name, []byte("old")))
	cmd := child(t, "limited")
	cmd.Env = append(cmd.Env, "CHILD_DIR="+dir)
	must(t, cmd.Run())
	wantSecret(t, open(t, "file", identityOptions(dir)), name, "old")
	noLeftovers(t, dir)
}

func init() {
	children["limited"] = func() {
		// Files may not grow beyond 10 bytes; Go turns the signal into an error.
		childMust(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 10, Max: 10}))
		dir := os.Getenv("CHILD_DIR")
		store, err := Open("file", identityOptions(dir))
		childMust(err)
		for _, secret := range []string{"", "new", strings.Repeat("long", 1000)} {
			err = store.Put(context.Background(), name, []byte(secret))
			if !errors.Is(err, ErrUnavailable) {
				childMust(errors.Join(errors.New("a write beyond the limit should fail as unavailable"), err))
			}
		}
		if err := OpenIndex(dir).Add(context.Background(), Entry{Name: name}); !errors.Is(err, ErrUnavailable) {
			childMust(errors.Join(errors.New("so should the index"), err))
		}
	}
}

func TestForeignOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	for what, path := range map[string]string{
		"directory": "", "secret": secretFile(name), "header": "store.json", "identity": "identity.age",
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
			chown(t, filepath.Join(dir, "keystore", path), 12345)
			_, err := open(t, "file", passphraseOptions(dir)).Get(t.Context(), name)
			wantError(t, err, "file", "get", ErrDenied)
			wantHint(t, err, "owns")
		})
	}
	t.Run("identity file", func(t *testing.T) {
		o := identityOptions(t.TempDir())
		must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
		chown(t, o.IdentityFile, 12345)
		_, err := open(t, "file", o).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrDenied)
	})
	for what, path := range map[string]string{"data directory": "", "index": "index.json", "lock of the index": "index.lock"} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			must(t, OpenIndex(dir).Add(t.Context(), Entry{Name: name}))
			chown(t, filepath.Join(dir, path), 12345)
			err := OpenIndex(dir).Add(t.Context(), Entry{Name: name})
			wantError(t, err, "index", "put", ErrDenied)
			wantHint(t, err, "owns")
		})
	}
}
