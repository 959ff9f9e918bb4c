package sandbox

import (
	"bytes"
	"net/http"
)

// modelNames is where most of the types of requests are.
const modelNames = "BTCPayServer.Client.Models."

// bindBody reads a Greenfield request's object by read, as a model of the named type. False means a refusal was
// answered. Some of the server's actions also tell that their parameter, named request, got nothing.
func bindBody(w http.ResponseWriter, r *http.Request, body []byte, typ string, tellsParameter bool, read func(m *model)) bool {
	if !isJSON(r.Header.Get("Content-Type")) {
		withoutSecurityHeaders(w)
		writeUnsupportedMediaType(w)
		return false
	}
	f := &faults{}
	n := readBody(withoutBOM(body), f)
	switch {
	case len(bytes.TrimSpace(f.body)) == 0 || n.kind == 'n':
		f.add("", "A non-empty request body is required.")
	case n.kind == '{':
		read(&model{n, f})
	case len(f.all) == 0:
		(&model{n, f}).notObject(n, typ)
	}
	return !f.refuse(w, tellsParameter)
}

// withoutBOM reads a body as the framework's text reader does (recording 60-bitid-message).
func withoutBOM(body []byte) []byte {
	if len(body) >= 3 && body[0] == 0xef && body[1] == 0xbb && body[2] == 0xbf {
		return body[3:]
	}
	return body
}
