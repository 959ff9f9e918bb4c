package durable_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

func TestMain(m *testing.M) {
	if job := os.Getenv("DURABLE_TEST_CHILD"); job != "" {
		children[job]()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
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
