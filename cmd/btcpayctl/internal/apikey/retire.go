package apikey

import (
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// maxKeepOld is longer than any program uses a key that it has read.
const maxKeepOld = 7 * 24 * time.Hour

func checkKeepOld(d time.Duration) error {
	switch {
	case d < 0:
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--keep-old is %s, but cannot be negative", d), Why: "Nothing was sent.", Next: "--keep-old 10m"}
	case d > maxKeepOld:
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("--keep-old is %s, but an old key is kept for 168h at most", d), Why: "Nothing was sent.", Next: "--keep-old 168h"}
	}
	return nil
}
