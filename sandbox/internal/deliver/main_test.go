package deliver

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }
