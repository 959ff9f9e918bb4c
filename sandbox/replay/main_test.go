package replay

import (
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func noVariables() *variables {
	return &variables{values: map[string]string{}, now: time.Now}
}

func parsed(t testing.TB, text string) any {
	t.Helper()
	v, err := parseValue([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
