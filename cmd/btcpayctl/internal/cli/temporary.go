package cli

import (
	"errors"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Temporary reports whether a failure may pass by itself, and how long the server asked to
// wait; 0 if it did not say. The caller must know that it may repeat the request.
func Temporary(err error) (after time.Duration, temporary bool) {
	explained, ok := errors.AsType[*output.Error](err)
	unavailable := ok && explained.Code == output.Unavailable
	if answer, ok := errors.AsType[*client.Error](err); ok {
		return answer.RetryAfter, unavailable || isTemporaryStatus(answer.Status)
	}
	network, ok := errors.AsType[*client.NetworkError](err)
	if !ok {
		return 0, unavailable
	}
	switch network.Kind {
	case client.Refused, client.Reset, client.Timeout:
		return 0, true
	case client.DNS, client.TLS, client.Cancelled, client.Other, client.KindStatus, client.KindRedirect, client.KindAnswer:
	}
	return 0, false
}

func isTemporaryStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// WaitText writes how long to wait, and a minute if the server did not say.
func WaitText(after time.Duration) string {
	if after <= 0 {
		return "a minute"
	}
	return max(after.Round(time.Second), time.Second).String()
}
