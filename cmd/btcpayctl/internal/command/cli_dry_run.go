package command

import (
	"errors"

	"github.com/btcpayctl/btcpayctl/client"
)

// dryRunIsDone takes the end that --dry-run asked for as success.
func dryRunIsDone(err error) error {
	if errors.Is(err, client.ErrDryRun) {
		return nil
	}
	return err
}
