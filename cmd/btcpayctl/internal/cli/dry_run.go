package cli

import (
	"errors"

	"github.com/btcpayctl/btcpayctl/client"
)

// DryRunIsDone takes the end that --dry-run asked for as success.
func DryRunIsDone(err error) error {
	if errors.Is(err, client.ErrDryRun) {
		return nil
	}
	return err
}
