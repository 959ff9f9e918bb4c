package sandbox

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// Every shape of error the server has, once. Bodies that stay empty are empty on the real server too: its error pages
// are for callers that accept text/html, and those are the page handlers' business.

// showErrorPage gives a refusal without a body the page that a browser gets in its place. What the server died of, and
// what never reached it, stays bare.
func showErrorPage(w *answer, r *http.Request, root string) {
	if w.status < 400 || w.status >= http.StatusInternalServerError || w.body.Len() > 0 || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return
	}
	if w.header["Referrer-Policy"] == nil {
		aspnet.SetSecurityHeaders(w.header)
	}
	w.header.Set("Content-Type", "text/html; charset=utf-8")
	words := http.StatusText(w.status)
	if w.status == http.StatusNotFound {
		words = "Page not found"
	}
	p := page{Title: strconv.Itoa(w.status) + " - " + words, Root: root, Content: errorAdvice[w.status]}
	if err := pages["error"]().ExecuteTemplate(&w.body, "layout", p); err != nil {
		panic(err) // the template and what it is given are our own
	}
}

// errorPage is where a person is sent who may not do what was asked for.
func (s *Sandbox) errorPage(w http.ResponseWriter, r *http.Request, _ *caller) {
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil || status < 400 || status > 499 {
		status = http.StatusNotFound
	}
	aspnet.WriteEmpty(w, status)
}

// errorAdvice says what a person can do.
var errorAdvice = map[int]string{
	http.StatusBadRequest:            "The form was not sent from this server's own page, or the page was open for too long. Load the page again and send it once more.",
	http.StatusForbidden:             "Your account may not do this.",
	http.StatusNotFound:              "There is nothing at this address, or not for you.",
	http.StatusMethodNotAllowed:      "This address takes no request of this kind.",
	http.StatusRequestEntityTooLarge: "What was sent is too long.",
	http.StatusTooManyRequests:       "Too many attempts came from here. Wait a minute and try again.",
}

// bitpayError is the BitPay half's error of a controller.
type bitpayError struct {
	Errors []bitpayReason `json:"errors,omitempty"`
	Error  string         `json:"error"`
}

type bitpayReason struct {
	Error string `json:"error"`
}

func writeBitpayError(w http.ResponseWriter, status int, message string) {
	aspnet.WriteJSON(w, status, bitpayError{Error: message})
}

// writeBitpayUnauthenticated is written before any controller, so it has no charset and no security headers
// (recording 60-bitid-auth).
func writeBitpayUnauthenticated(w http.ResponseWriter, reason string) {
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusUnauthorized)
	aspnet.EncodeJSON(w, bitpayError{Errors: []bitpayReason{{reason}}, Error: reason})
}

// apiError is the Greenfield half's business error.
type apiError struct {
	MissingPermission string `json:"missingPermission,omitempty"`
	Code              string `json:"code"`
	Message           string `json:"message"`
}

func writeAPIError(w http.ResponseWriter, status int, code, message string) {
	aspnet.WriteJSON(w, status, apiError{Code: code, Message: message})
}

func writeUnauthenticated(w http.ResponseWriter, message string) {
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusUnauthorized)
	aspnet.EncodeJSON(w, apiError{Code: "unauthenticated", Message: message})
}

func writeForbidden(w http.ResponseWriter, permission string) {
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusForbidden)
	aspnet.EncodeJSON(w, missingPermission(permission))
}

func missingPermission(permission string) apiError {
	return apiError{
		MissingPermission: permission,
		Code:              "missing-permission",
		Message:           "Insufficient API Permissions. Please use an API key with permission \"" + permission + "\". You can create an API key in your account's settings / Api Keys.",
	}
}
