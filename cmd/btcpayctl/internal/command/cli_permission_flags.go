package command

import (
	"errors"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func usageOf(err error) error {
	if request, ok := errors.AsType[*greenfield.RequestError](err); ok {
		e := &output.Error{Code: output.Usage, What: request.Error(), Next: "btcpayctl authorize --help", Err: err}
		if request.Member == "permissions" {
			e.Next = "btcpayctl apikey permissions --all\nor --allow-unknown, for a plugin's"
		}
		return e
	}
	return err
}
