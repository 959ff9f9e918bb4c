package aspnet

import (
	"bytes"
	"net/http"
)

// ModelNames is the namespace of most types of requests.
const ModelNames = "BTCPayServer.Client.Models."

// Bind reads the object of a Greenfield request by read, as a model of the named type. It
// reports whether it could; if not, it answered an error. Some actions of the server also
// say that their parameter, named request, is missing.
func Bind(w http.ResponseWriter, r *http.Request, body []byte, typ string, namesParameter bool, read func(m *Model)) bool {
	parameter := ""
	if namesParameter {
		parameter = "request"
	}
	return BindParameter(w, r, body, typ, parameter, read)
}

// BindParameter is like [Bind] for an action that says that its parameter of some name is missing; "" for one that does not.
func BindParameter(w http.ResponseWriter, r *http.Request, body []byte, typ, parameter string, read func(m *Model)) bool {
	if !IsJSON(r.Header.Get("Content-Type")) {
		removeSecurityHeaders(w)
		writeUnsupportedMediaType(w)
		return false
	}
	f := &Faults{}
	n := ReadBody(WithoutBOM(body), f)
	switch {
	case len(bytes.TrimSpace(f.Body)) == 0 || n.Kind == 'n':
		f.add("", "A non-empty request body is required.")
	case n.Kind == '{':
		read(&Model{n, f})
	case len(f.All) == 0:
		(&Model{n, f}).NotObject(n, typ)
	}
	return !f.refuse(w, parameter)
}

// WithoutBOM reads a body as the framework's text reader does (recording 60-bitid-message).
func WithoutBOM(body []byte) []byte {
	if len(body) >= 3 && body[0] == 0xef && body[1] == 0xbb && body[2] == 0xbf {
		return body[3:]
	}
	return body
}
