package keystore

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of its own for the test.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount; TestRightsWritesFail injects the error instead")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,"+options); err != nil {
		t.Skip("no file system can be mounted here:", err)
	}
	// A process that another test starts may hold a file of it for a moment.
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestDiskFull(t *testing.T) {
	for what, options := range map[string]string{"no space": "size=128k", "no inodes": "size=8m,nr_inodes=24"} {
		t.Run(what, func(t *testing.T) {
			dir := smallDisk(t, options)
			o := identityOptions(dir)
			o.IdentityFile = filepath.Join(t.TempDir(), "identity")
			store := open(t, "file", o)
			index := OpenIndex(dir)
			stored := map[string]string{}
			var failed int
			for i := range 200 {
				n := fmt.Sprintf("bitid/N%d", i)
				secret := string(random(2000))
				if err := store.Put(t.Context(), n, []byte(secret)); err != nil {
					wantError(t, err, "file", "put", ErrUnavailable)
					wantHint(t, err, "free space")
					failed++
					continue
				}
				stored[n] = secret
			}
			if failed == 0 || len(stored) == 0 {
				t.Fatalf("%d writes failed, %d did not: the disk is not what this test is about", failed, len(stored))
			}
			wantError(t, index.Add(t.Context(), Entry{Name: name}), "index", "put", ErrUnavailable)
			fresh := open(t, "file", o)
			for n, secret := range stored {
				wantSecret(t, fresh, n, secret)
			}
			noLeftovers(t, dir)
			// Deleting makes room again.
			for n := range stored {
				must(t, fresh.Delete(t.Context(), n))
			}
			must(t, fresh.Put(t.Context(), name, []byte("fits")))
			t.Logf("%d stored and readable, %d refused", len(stored), failed)
		})
	}
}

func TestDiskReadOnly(t *testing.T) {
	dir := smallDisk(t, "size=1m")
	o := passphraseOptions(dir)
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("old")))
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	store := open(t, "file", o)
	wantSecret(t, store, name, "old")
	wantError(t, store.Put(t.Context(), name, []byte("new")), "file", "put", ErrUnavailable)
	wantError(t, store.Delete(t.Context(), name), "file", "delete", ErrUnavailable)
	err := OpenIndex(dir).Add(t.Context(), Entry{Name: name})
	wantError(t, err, "index", "put", ErrUnavailable)
	wantHint(t, err, "export XDG_DATA_HOME=")
	_, err = open(t, "file", identityOptions(dir)).Get(t.Context(), name)
	wantError(t, err, "file", "get", ErrPassphrase) // and no identity is made
}
