package bitpay

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestManyPairs has so many pairs that work which grows with their square would take hours.
func TestManyPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: its input is long")
	}
	var pairs strings.Builder
	for i := range 600_000 {
		fmt.Fprintf(&pairs, "A%06d_B,", i)
	}
	st := &world.Store{Rates: world.RateConfiguration{Custom: true, Script: "BTC_USD = 1"}}
	if rates, ok := ratesOf(httptest.NewRecorder(), st, strings.TrimSuffix(pairs.String(), ",")); !ok || len(rates) != 0 {
		t.Errorf("%d rates, %v", len(rates), ok)
	}
}
