package canary

import (
	"os"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
)

func TestMain(m *testing.M) { os.Exit(programtest.Run(m)) }

// patience bounds every wait of a test; it is far more than any takes.
const patience = 2 * time.Minute

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func torture(t *testing.T) {
	t.Helper()
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
}
