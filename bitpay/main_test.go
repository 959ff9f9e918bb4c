package bitpay

import (
	"os"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) {
	// What this machine's network needs is not what is tested.
	for _, name := range []string{
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
	} {
		os.Unsetenv(name)
	}
	leaks.Main(m)
}
