package bitpay_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A program that imports this package takes on what it links: the standard library, the
// curve, Base58 and RIPEMD-160.
func TestLinks(t *testing.T) {
	// The flags go before those of GOFLAGS: nothing is written, and version control is
	// not asked.
	cmd := exec.Command("go", "list", "-mod=readonly", "-buildvcs=false", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	allowed := []string{
		"github.com/btcpayctl/btcpayctl/bitpay", "github.com/btcpayctl/btcpayctl/client", "github.com/btcpayctl/btcpayctl/client/once",
		"github.com/btcsuite/btcd/btcec/v2", "github.com/btcsuite/btcd/btcec/v2/ecdsa", "github.com/btcsuite/btcd/btcutil/base58",
		"github.com/btcsuite/btcd/chaincfg/chainhash", "github.com/decred/dcrd/dcrec/secp256k1/v4",
		"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa", "golang.org/x/crypto/ripemd160",
	}
	for path := range strings.FieldsSeq(string(out)) {
		if !slices.Contains(allowed, path) {
			t.Errorf("it links %s", path)
		}
	}
}
