package command

import (
	"errors"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

const defaultProfile = "default"

func normalServer(server string, allowHTTP bool) (string, error) {
	if server == "" {
		return "", nil
	}
	var options []client.Option
	if allowHTTP {
		options = append(options, client.WithAllowHTTP())
	}
	c, err := client.New(server, options...)
	if err != nil {
		return "", err
	}
	return c.Server(), nil
}

// withLeftStore adds that a profile's store was not taken along.
func withLeftStore(err error, s app.Settings) error {
	e, ok := errors.AsType[*output.Error](err)
	if !ok || s.LeftStore() == "" {
		return err
	}
	told := *e
	told.Why = strings.TrimSpace(s.LeftStore() + " " + told.Why)
	return &told
}
