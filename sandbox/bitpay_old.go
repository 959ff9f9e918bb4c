package sandbox

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// Up to 2.3.5 the BitPay half was a middleware in front of everything else, with rules of its own for what it takes
// (recordings 60-bitid-auth and 62-pairing-claims of 2.0.8).

// isOldBitpay reports whether the middleware took the request for its own.
func isOldBitpay(r *http.Request, path string) bool {
	preflight, read := r.Method == http.MethodOptions, r.Method == http.MethodGet
	lower := aspnet.LowerASCII(path)
	switch {
	case path == "/tokens":
		return preflight || read || r.Method == http.MethodPost
	case path == "/invoices", path == "/invoices/":
		return preflight || carriesCredential(r) && (read || r.Method == http.MethodPost && sendsJSON(r))
	case strings.HasPrefix(lower, "/invoices/"):
		return preflight || read && asksForInvoice(r)
	case strings.HasPrefix(lower, "/rates"):
		return preflight || read
	}
	return false
}

// allowAll allows every origin, asked or not, and answers any OPTIONS.
func allowAll(w *answer, r *http.Request) bool {
	w.header.Set("Access-Control-Allow-Origin", "*")
	if r.Method != http.MethodOptions {
		return false
	}
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		w.header.Set("Access-Control-Allow-Headers", asked)
	}
	aspnet.WriteEmpty(w, http.StatusOK)
	return true
}

// bareErrors takes the charset off an error.
func bareErrors(w *answer) {
	if w.status >= 400 && w.header.Get("Content-Type") == aspnet.JSONUTF8[0] {
		w.header["Content-Type"] = aspnet.JSONBare
	}
}
