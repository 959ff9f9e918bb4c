package keystore

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// getProgram gets one secret. It is a program of its own, since a test binary
// starts slowly.
const getProgram = `package main

import (
	"context"
	"os"

	"github.com/btcpayctl/btcpayctl/keystore"
)

func main() {
	store, err := keystore.Open("file", keystore.Options{Dir: os.Args[1], IdentityFile: os.Args[2]})
	if err != nil {
		panic(err)
	}
	secret, err := store.Get(context.Background(), os.Args[3])
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(secret)
}
`

// TestTortureGetAgainstAge times two processes in turn: one that opens the store
// and gets a secret, and age -d on the same file. Medians of 50 runs each.
func TestTortureGetAgainstAge(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	age := programs.Age.Need(t)
	dir := t.TempDir()
	o := identityOptions(dir)
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("-----BEGIN EC PRIVATE KEY-----")))
	source, get := filepath.Join(dir, "get.go"), filepath.Join(dir, "get")
	must(t, os.WriteFile(source, []byte(getProgram), 0o600))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", get, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := func(path string, args ...string) time.Duration {
		start := time.Now()
		out, err := exec.CommandContext(t.Context(), path, args...).Output()
		took := time.Since(start)
		if err != nil || !bytes.HasPrefix(out, []byte("-----BEGIN EC")) {
			t.Fatalf("%s: %v, %q", path, err, out)
		}
		return took
	}
	var ours, theirs []time.Duration
	for range 55 {
		ours = append(ours, run(get, dir, o.IdentityFile, name))
		theirs = append(theirs, run(age, "-d", "-i", o.IdentityFile, dir+"/keystore/"+secretFile(name)))
	}
	ours, theirs = ours[5:], theirs[5:]
	slices.Sort(ours)
	slices.Sort(theirs)
	ratio := float64(ours[25]) / float64(theirs[25])
	t.Logf("get, a process each: %v; age -d of the same file: %v", ours[25], theirs[25])
	t.Attr("figure", fmt.Sprintf("get of the keystore file, against age -d of the same file | %.3f× | ≤ 1.2×", ratio))
	if ratio > 1.2 {
		t.Fail()
	}
}

// TestTortureList times the names of 10,000 secrets, from the index and from the
// files.
func TestTortureList(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	const many, limit = 10000, 100 * time.Millisecond
	dir := manyEntries(t, many)
	store := open(t, "file", identityOptions(dir))
	must(t, store.Put(t.Context(), "bitid/T0", nil))
	data := must2(os.ReadFile(dir + "/keystore/" + secretFile("bitid/T0")))
	for i := 1; i < many; i++ {
		must(t, os.WriteFile(dir+"/keystore/"+secretFile("bitid/T"+itoa(i)), data, 0o600))
	}
	for _, from := range []struct {
		what string
		list func() int
	}{
		{"index", func() int { return len(must2(OpenIndex(dir).List(t.Context()))) }},
		{"keystore file", func() int { return len(must2(store.(Lister).List(t.Context()))) }},
	} {
		var took []time.Duration
		for range 11 {
			start := time.Now()
			if n := from.list(); n != many {
				t.Fatalf("%s: %d listed", from.what, n)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		t.Attr("figure", fmt.Sprintf("%d secrets listed from the %s | %v | < %v", many, from.what, took[5].Round(10*time.Microsecond), limit))
		if took[5] >= limit {
			t.Fail()
		}
	}
}
