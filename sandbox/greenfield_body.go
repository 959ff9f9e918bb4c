package sandbox

import (
	"bytes"
	"net/http"
)

// modelNames is where most of the types of requests are.
const modelNames = "BTCPayServer.Client.Models."

// bindBody reads a Greenfield request's object by read, as a model of the named type. False means a refusal was
// answered. Some of the server's actions also tell that their parameter, named request, got nothing.
func bindBody(w http.ResponseWriter, r *http.Request, c *caller, typ string, tellsParameter bool, read func(m *model)) bool {
	if !isJSON(r.Header.Get("Content-Type")) {
		withoutSecurityHeaders(w)
		writeUnsupportedMediaType(w)
		return false
	}
	f := &faults{}
	n := readBody(withoutBOM(c.body), f)
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
