package once_test

import (
	"os"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

// TestMain also is the program of the tests that kill processes.
func TestMain(m *testing.M) {
	// The settings of this machine's network are not part of the tests.
	for _, name := range []string{
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	} {
		os.Unsetenv(name)
	}
	if os.Getenv(programVariable) != "" {
		os.Exit(program())
	}
	leaks.Main(m)
}

// patience only ends a hang.
const patience = 2 * time.Minute

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func decimal(text string) *client.Decimal {
	if text == "" {
		return nil
	}
	d, err := client.ParseDecimal(text)
	if err != nil {
		panic(err) // a literal of a test
	}
	return &d
}
