package serve

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// bitpayError is the body of an error of the BitPay API.
type bitpayError struct {
	Errors []bitpayReason `json:"errors,omitempty"`
	Error  string         `json:"error"`
}

type bitpayReason struct {
	Error string `json:"error"`
}

// WriteBitpayError answers an error of a controller of the BitPay API.
func WriteBitpayError(w http.ResponseWriter, status int, message string) {
	aspnet.WriteJSON(w, status, bitpayError{Error: message})
}

// writeBitpayUnauthenticated answers before any controller, so without charset and security headers (recording
// 60-bitid-auth).
func writeBitpayUnauthenticated(w http.ResponseWriter, reason string) {
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusUnauthorized)
	aspnet.EncodeJSON(w, bitpayError{Errors: []bitpayReason{{reason}}, Error: reason})
}

// APIError is the body of an error of the Greenfield API.
type APIError struct {
	MissingPermission string `json:"missingPermission,omitempty"`
	Code              string `json:"code"`
	Message           string `json:"message"`
}

// WriteAPIError answers an error of a controller of the Greenfield API.
func WriteAPIError(w http.ResponseWriter, status int, code, message string) {
	aspnet.WriteJSON(w, status, APIError{Code: code, Message: message})
}

func writeUnauthenticated(w http.ResponseWriter, message string) {
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusUnauthorized)
	aspnet.EncodeJSON(w, APIError{Code: "unauthenticated", Message: message})
}

// WriteForbidden answers 403 as authorization does, before a controller.
func WriteForbidden(w http.ResponseWriter, permission string) {
	w.Header()["Content-Type"] = aspnet.JSONBare
	w.WriteHeader(http.StatusForbidden)
	aspnet.EncodeJSON(w, MissingPermission(permission))
}

// MissingPermission is the error of a caller who lacks a permission.
func MissingPermission(permission string) APIError {
	return APIError{
		MissingPermission: permission,
		Code:              "missing-permission",
		Message:           "Insufficient API Permissions. Please use an API key with permission \"" + permission + "\". You can create an API key in your account's settings / Api Keys.",
	}
}
