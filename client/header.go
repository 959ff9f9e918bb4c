package client

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// ErrHeader is wrapped by errors about a header that cannot be set.
var ErrHeader = errors.New("unusable header")

// ownHeaders are set by the client, the credential or net/http.
var ownHeaders = []string{
	"Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Expect", "Host", "Keep-Alive",
	"Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", "X-Identity", "X-Signature",
}

// WithHeader sends a header with every request, such as one that a gateway requires. If a
// name is given again, its new value replaces the first one. [WithDebug] shows only the
// name; give a secret value to [WithSecrets] as well, which hides it if a server repeats
// it. WithHeader refuses headers of credentials and of the connection. It also refuses
// Idempotency-Key: BTCPay Server ignores it, and with it net/http would send a POST again
// by itself.
func WithHeader(name, value string) Option {
	return func(s *settings) error {
		if err := checkHeader(name, value); err != nil {
			return err
		}
		s.header = cloneHeader(s.header)
		s.header.Set(name, value)
		return nil
	}
}

func cloneHeader(header http.Header) http.Header {
	if header == nil {
		return http.Header{}
	}
	return header.Clone()
}

func checkHeader(name, value string) error {
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~") != "":
		return fmt.Errorf("%w: %.80q is no name of one", ErrHeader, name)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return fmt.Errorf("%w %s: its value has a control character", ErrHeader, canonical)
	case slices.Contains(ownHeaders, canonical):
		return fmt.Errorf("%w: %s is set by the client or its credential", ErrHeader, canonical)
	case strings.HasSuffix(canonical, "Idempotency-Key"):
		return fmt.Errorf("%w: %s would let net/http send a POST again, and BTCPay Server ignores it", ErrHeader, canonical)
	}
	return nil
}
