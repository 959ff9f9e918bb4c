package cli

import (
	"errors"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// DefaultProfile is the profile that a first key makes.
const DefaultProfile = "default"

// NormalServer checks a server's address and writes it as profiles have it.
func NormalServer(server string, allowHTTP bool) (string, error) {
	if server == "" {
		return "", nil
	}
	return client.Address(server, allowHTTP)
}

// WithLeftStore adds that a profile's store was not taken along.
func WithLeftStore(err error, s app.Settings) error {
	e, ok := errors.AsType[*output.Error](err)
	if !ok || s.LeftStore() == "" {
		return err
	}
	told := *e
	told.Why = strings.TrimSpace(s.LeftStore() + " " + told.Why)
	return &told
}
