package operations

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
)

// TestOperationKinds: each kind that the ledger has open records of is gone on with by the
// doctor, once.
func TestOperationKinds(t *testing.T) {
	times := map[ledger.Kind]int{}
	for _, k := range operationKinds {
		for _, kind := range k.kinds {
			times[kind]++
			if (k.check == nil) != (kind == ledger.KindBatch) {
				t.Errorf("%s: check %t", kind, k.check != nil)
			}
		}
	}
	for _, kind := range []ledger.Kind{ledger.KindPair, ledger.KindInvoice, ledger.KindBatch, ledger.KindAuthorize, ledger.KindMint, ledger.KindRotate, ledger.KindRevoke, ledger.KindListen, ledger.KindForward, ledger.KindMove} {
		if times[kind] != 1 {
			t.Errorf("%s is there %d times", kind, times[kind])
		}
		delete(times, kind)
	}
	if len(times) > 0 {
		t.Errorf("the ledger has no open records of %v", times)
	}
	for _, kind := range []ledger.Kind{ledger.KindAuthorize, ledger.KindMint, ledger.KindRotate, ledger.KindRevoke} {
		if keyEndings[kind] == nil {
			t.Errorf("%s has no end", kind)
		}
	}
	r := checkOperation(t.Context(), &Checker{}, ledger.Entry{Header: ledger.Header{Kind: "future", ID: "FUTUREOPERATION"}})
	if r.Check != "future FUTUREOPERATION" || r.Status != "warning" || r.Next != "use that version" {
		t.Errorf("%+v", r)
	}
}
