//go:build unix

package durable_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// What is in the place of a file is refused by its own error, and not waited for.
func TestBadInputKinds(t *testing.T) {
	outside := t.TempDir() + "/outside"
	must(t, os.WriteFile(outside, []byte("outside"), 0o600))
	for what, c := range map[string]struct {
		make func(path string) error
		want error
	}{
		"link":           {func(p string) error { return os.Symlink(outside, p) }, durable.ErrSymlink},
		"dangling link":  {func(p string) error { return os.Symlink("/nowhere", p) }, durable.ErrSymlink},
		"link inside":    {func(p string) error { return os.Symlink("real", p) }, durable.ErrSymlink},
		"link to itself": {func(p string) error { return os.Symlink("file", p) }, durable.ErrSymlink},
		"directory":      {func(p string) error { return os.Mkdir(p, 0o700) }, durable.ErrNotRegular},
		"pipe":           {func(p string) error { return syscall.Mkfifo(p, 0o600) }, durable.ErrNotRegular},
		"open to all":    {func(p string) error { return errors.Join(os.WriteFile(p, nil, 0o600), os.Chmod(p, 0o666)) }, durable.ErrWorldWritable},
	} {
		t.Run(what, func(t *testing.T) {
			dir, path := create(t)
			must(t, dir.Write("real", []byte("real")))
			must(t, c.make(path+"/file"))
			_, err := dir.Read("file", 100)
			wantPathError(t, err, path+"/file", c.want)
			_, err = dir.Lock(t.Context(), "file", patience)
			wantPathError(t, err, path+"/file", c.want)
			if what == "directory" {
				wantPathError(t, dir.Remove("file"), path+"/file", c.want)
				return
			}
			// Writing replaces the name, never what it leads to.
			must(t, dir.Write("file", []byte("new")))
			wantContent(t, dir, "file", "new")
			wantContent(t, dir, "real", "real")
			if got, err := os.ReadFile(outside); err != nil || string(got) != "outside" {
				t.Errorf("a file outside was touched: %q, %v", got, err)
			}
			must(t, dir.Remove("file"))
		})
	}
}

func TestBadInputDirectoryOpenToAll(t *testing.T) {
	path := t.TempDir()
	must(t, os.Chmod(path, 0o777))
	_, err := durable.Open(path)
	wantPathError(t, err, path, durable.ErrWorldWritable)
	if os.Geteuid() == 0 {
		must(t, os.Chmod(path, 0o700))
		if err := os.Chown(path, 12345, 12345); errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
			t.Skip("folders cannot be given away here: ", err) // a container of one user
		}
		_, err = durable.Open(path)
		wantPathError(t, err, path, durable.ErrForeignOwner)
	}
}

// An attacker who may write to the directory swaps a file for a link to a
// secret elsewhere, again and again. Reading never returns that secret and
// writing never changes it.
func TestSymlinkRace(t *testing.T) {
	if testing.Short() {
		raceSymlinks(t, 200)
		return
	}
	raceSymlinks(t, 2000)
}

func TestTortureSymlinkRace(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
	raceSymlinks(t, 100_000)
}

func raceSymlinks(t *testing.T, tries int) {
	dir, path := create(t)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("outside"), 0o600))
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			os.Symlink(outside, path+"/.swap")
			os.Rename(path+"/.swap", path+"/file")
			os.WriteFile(path+"/.swap", []byte("inside"), 0o600)
			os.Rename(path+"/.swap", path+"/file")
		}
	})
	var refused, read, lost int
	for i := 0; i < tries || read == 0 || refused == 0; i++ {
		got, err := dir.Read("file", 100)
		switch {
		case err == nil && string(got) == "outside":
			lost++
		case err == nil:
			read++
		default:
			refused++
		}
		if i%20 == 0 {
			if err := dir.Write("file", []byte("written")); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	group.Wait()
	if got, err := os.ReadFile(outside); err != nil || string(got) != "outside" {
		lost++
		t.Errorf("the file outside holds %q, %v", got, err)
	}
	t.Logf("%d read, %d refused", read, refused)
	t.Attr("figure", fmt.Sprintf("files outside read or changed, symlink race of %d tries | %d | = 0", tries, lost))
	if lost > 0 {
		t.Fail()
	}
}

func TestReadNamed(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/file"
	must(t, os.WriteFile(file, []byte("content"), 0o600))
	must(t, os.Symlink("file", dir+"/link"))
	for _, path := range []string{file, dir + "/link"} {
		if got, err := durable.ReadNamed(path, 100, patience, true); err != nil || string(got) != "content" {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	must(t, os.Chmod(file, 0o644))
	if _, err := durable.ReadNamed(file, 100, patience, false); err != nil {
		t.Error(err)
	}
	_, err := durable.ReadNamed(file, 100, patience, true)
	wantPathError(t, err, file, durable.ErrReadable)
	_, err = durable.ReadNamed(file, 6, patience, false)
	wantPathError(t, err, file, durable.ErrTooLarge)
	must(t, os.Chmod(file, 0o602))
	_, err = durable.ReadNamed(file, 100, patience, false)
	wantPathError(t, err, file, durable.ErrWorldWritable)
	_, err = durable.ReadNamed(dir, 100, patience, false)
	wantPathError(t, err, dir, durable.ErrNotRegular)
	_, err = durable.ReadNamed("/dev/null", 100, patience, false)
	wantPathError(t, err, "/dev/null", durable.ErrNotRegular)
	_, err = durable.ReadNamed(dir+"/none", 100, patience, false)
	wantPathError(t, err, dir+"/none", fs.ErrNotExist)
}

// A pipe gives what its writer says, and is not waited for without end.
func TestReadNamedPipe(t *testing.T) {
	path := t.TempDir() + "/pipe"
	must(t, syscall.Mkfifo(path, 0o600))
	both, err := os.OpenFile(path, os.O_RDWR, 0) // keeps the pipe open
	must(t, err)
	_, err = durable.ReadNamed(path, 100, 50*time.Millisecond, false)
	wantPathError(t, err, path, os.ErrDeadlineExceeded)
	must(t, both.Close())
	writer := make(chan error, 1)
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			_, err = w.WriteString(strings.Repeat("x", 5000))
			err = errors.Join(err, w.Close())
		}
		writer <- err
	}()
	hold, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // lets the writer in
	must(t, err)
	must(t, <-writer)
	got, err := durable.ReadNamed(path, 10000, patience, true)
	if err != nil || len(got) != 5000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	must(t, hold.Close())
}
