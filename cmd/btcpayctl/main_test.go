package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest"
)

func TestMain(m *testing.M) {
	keystoretest.LightPassphrases()
	testscript.Main(leakChecked{m}, map[string]func(){"btcpayctl": main})
}

// leakChecked runs the tests as [programtest.Run] does.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int { return programtest.Run(l.m) }

func buildPlain(t testing.TB) string {
	t.Helper()
	return programtest.Plain.Path(t)
}

func buildKillable(t testing.TB) string {
	t.Helper()
	return programtest.Killable.Path(t)
}
