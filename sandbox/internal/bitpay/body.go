package bitpay

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// readBody returns the fields of a request, and reports whether its body is an object. If the body cannot be read at
// all, it answered an error and returns nil.
func readBody(w http.ResponseWriter, r *serve.Request) (*aspnet.Binder, bool) {
	text, charset := aspnet.BodyText(r.Header.Get("Content-Type"), r.Content)
	switch charset {
	case aspnet.CharsetUnknown:
		aspnet.WriteEmpty(w, http.StatusUnsupportedMediaType)
		return nil, false
	case aspnet.CharsetViolated:
		aspnet.WriteCrash(w)
		return nil, false
	case aspnet.CharsetKnown:
	}
	m, ok := aspnet.ParseMembers(text)
	return &aspnet.Binder{Members: m}, ok
}
