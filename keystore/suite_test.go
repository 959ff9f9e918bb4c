package keystore_test

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest"
)

func init() {
	keystore.Leaks = keystoretest.Holds
	keystore.ConformSuite = func(t *testing.T, name string, longest int, slow bool, open func() keystore.Store) {
		keystoretest.Conform(t, keystoretest.Backend{Name: name, Max: longest, Slow: slow, Open: open})
	}
	keystore.ReadingSuite = func(t *testing.T, name string, longest int, open func() keystore.Store) {
		keystoretest.Reading(t, keystoretest.Backend{Name: name, Max: longest, Open: open})
	}
}
