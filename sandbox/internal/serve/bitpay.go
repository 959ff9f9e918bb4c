package serve

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// Up to 2.3.5 the BitPay API was a middleware in front of everything else, with rules of
// its own for which requests it takes (recordings 60-bitid-auth and 62-pairing-claims of
// 2.0.8). Later releases have an endpoint selector.

// middlewareTakes reports whether the middleware took the request.
func middlewareTakes(r *http.Request, path string) bool {
	preflight, read := r.Method == http.MethodOptions, r.Method == http.MethodGet
	lower := aspnet.LowerASCII(path)
	switch {
	case path == "/tokens":
		return preflight || read || r.Method == http.MethodPost
	case path == "/invoices", path == "/invoices/":
		return preflight || CarriesCredential(r) && (read || r.Method == http.MethodPost && SendsJSON(r))
	case strings.HasPrefix(lower, "/invoices/"):
		return preflight || read && AsksForInvoice(r)
	case strings.HasPrefix(lower, "/rates"):
		return preflight || read
	}
	return false
}

// CarriesCredential reports whether a request to /invoices is for the BitPay API.
func CarriesCredential(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" || r.Header.Get("X-Identity") != "" && r.Header.Get("X-Signature") != "" {
		return true
	}
	_, named := aspnet.LookupQuery(r, "storeId")
	return named
}

// AsksForInvoice reports whether a request to /invoices/{id} is for the BitPay API:
// without a token parameter or a JSON content type it is for the page of that path.
func AsksForInvoice(r *http.Request) bool {
	_, token := aspnet.LookupQuery(r, "token")
	return token || SendsJSON(r)
}

// SendsJSON reports whether the content type is JSON.
func SendsJSON(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json")
}

// allowAll allows every origin, asked or not, and answers any OPTIONS. It reports whether it
// answered.
func allowAll(w *Response, r *http.Request) bool {
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

// removeCharset removes the charset from an error.
func removeCharset(w *Response) {
	if w.status >= 400 && w.header.Get("Content-Type") == aspnet.JSONUTF8[0] {
		w.header["Content-Type"] = aspnet.JSONBare
	}
}
