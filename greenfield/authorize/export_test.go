package authorize

import (
	"context"
	"net"
	"time"
)

const (
	PageTime  = pageTime
	MaxGuests = maxGuests
	FirstLook = firstLook
)

// ListenOn is [Listen] on a network of the test's.
func ListenOn(ctx context.Context, options ListenOptions, listener net.Listener) (*Listener, error) {
	nonce, err := callbackNonce(options.Nonce)
	if err != nil {
		return nil, err
	}
	address, err := callbackAddress(options)
	if err != nil {
		return nil, err
	}
	return newListener(ctx, options, nonce, address, []net.Listener{listener}), nil
}

// SetPageTime gives the browser so long for the page, before a key comes.
func (l *Listener) SetPageTime(d time.Duration) { l.pageTime = d }
