package durable_test

import (
	"os"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

// patience is how long anything may take on a busy machine.
const patience = 2 * time.Minute

// await waits until ok says that what a test is about has happened.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: ", what)
		}
	}
}

func TestMain(m *testing.M) {
	if job := os.Getenv("DURABLE_TEST_CHILD"); job != "" {
		children[job]()
		os.Exit(0)
	}
	leaks.Main(m)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// create makes a fresh directory.
func create(t *testing.T) (*durable.Dir, string) {
	t.Helper()
	path := t.TempDir() + "/dir"
	dir, err := durable.Create(path)
	must(t, err)
	t.Cleanup(func() { dir.Close() })
	return dir, path
}
