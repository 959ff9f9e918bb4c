package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

func TestAppend(t *testing.T) {
	dir, path := create(t)
	must(t, dir.Append("log", []byte("one")))
	must(t, dir.Append("log", []byte("two")))
	wantContent(t, dir, "log", "one\ntwo\n")
	info, err := os.Stat(path + "/log")
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	lines, end, err := dir.ReadAfter("log", 4, 10)
	if err != nil || string(lines) != "two\n" || end != 8 {
		t.Errorf("%q %d %v", lines, end, err)
	}
	// A crash left a part of a line.
	must(t, os.WriteFile(path+"/log", []byte("one\ntwo\nthr"), 0o600))
	if lines, end, err = dir.ReadAfter("log", end, 10); err != nil || len(lines) != 0 || end != 8 {
		t.Errorf("%q %d %v", lines, end, err)
	}
	must(t, dir.Append("log", []byte("four")))
	if lines, end, err = dir.ReadAfter("log", end, 10); err != nil || string(lines) != "thr\nfour\n" || end != 17 {
		t.Errorf("%q %d %v", lines, end, err)
	}
	if lines, end, err = dir.ReadAfter("log", end, 10); err != nil || len(lines) != 0 || end != 17 {
		t.Errorf("%q %d %v", lines, end, err)
	}
}

func TestBadInputAppend(t *testing.T) {
	dir, path := create(t)
	if err := dir.Append("log", []byte("two\nlines")); err == nil {
		t.Error("a line with a line feed was taken")
	}
	must(t, os.Mkdir(path+"/folder", 0o700))
	wantPathError(t, dir.Append("folder", []byte("x")), path+"/folder", durable.ErrNotRegular)
	if err := dir.Append("../log", []byte("x")); !errors.Is(err, durable.ErrName) {
		t.Error(err)
	}
	_, _, err := dir.ReadAfter("none", 0, 10)
	wantPathError(t, err, path+"/none", fs.ErrNotExist)
	must(t, dir.Append("long", []byte(strings.Repeat("x", 99))))
	_, _, err = dir.ReadAfter("long", 50, 49)
	wantPathError(t, err, path+"/long", durable.ErrTooLarge)
	if _, end, err := dir.ReadAfter("long", 101, 49); err == nil || end != 101 {
		t.Errorf("a file that became shorter: %d, %v", end, err)
	}
	if err := os.Symlink("long", path+"/link"); err != nil {
		t.Skip("this file system has no symbolic links:", err)
	}
	wantPathError(t, dir.Append("link", []byte("x")), path+"/link", durable.ErrSymlink)
	wantContent(t, dir, "long", strings.Repeat("x", 99)+"\n")
}
