package greenfield_test

import (
	"path/filepath"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// A recording is what a real server was asked and answered.
type recording struct {
	Group, Version string
	Steps          []step
}

type step = replay.Exchange

// recordings reads those of the versions and groups that a pattern such as */10-*.json names.
func recordings(t testing.TB, pattern string) []recording {
	t.Helper()
	loaded, err := replay.LoadAll(filepath.Join("..", "sandbox", "testdata", "recordings", pattern))
	if err != nil {
		t.Fatal(err)
	}
	list := make([]recording, len(loaded))
	for i, r := range loaded {
		steps, err := r.Exchanges()
		if err != nil {
			t.Fatal(err)
		}
		list[i] = recording{r.Group, r.Server.Version, steps}
	}
	return list
}

// replayed are the recordings whose exchanges the tests of the package go through, of
// every version that has the group.
func replayed(t testing.TB) (all []recording) {
	t.Helper()
	for _, group := range []string{
		"10-health-info", "11-auth-errors", "12-api-keys", "14-stores", "20-invoices", "21-invoice-payments", "22-webhooks", "32-invoice-list",
		"33-invoice-actions", "45-webhook-deliveries-neighbours", "73-authorize-reuse",
	} {
		all = append(all, recordings(t, "*/"+group+".json")...)
	}
	return all
}
