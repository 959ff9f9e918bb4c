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
	n, bad := readBody(withoutBOM(c.body))
	f.all = bad
	switch {
	case len(bytes.TrimSpace(c.body)) == 0 || n.kind == 'n':
		f.add("", "A non-empty request body is required.")
	case n.kind == '{':
		read(&model{n, f})
	case len(bad) > 0:
	default:
		(&model{n, f}).notObject(n, typ)
	}
	return !f.refuse(w, tellsParameter)
}

// refuse answers what binding found, if anything.
func (f *faults) refuse(w http.ResponseWriter, tellsParameter bool) bool {
	switch {
	case f.crashed:
		writeCrash(w)
	case f.thrown != nil:
		writeUnbound(w, *f.thrown)
	case len(f.all) > 0:
		if tellsParameter {
			f.add("request", "The request field is required.")
		}
		writeUnbound(w, f.all...)
	default:
		return false
	}
	return true
}

// writeUnbound answers before a controller runs, so without security headers.
func writeUnbound(w http.ResponseWriter, errs ...fieldError) {
	withoutSecurityHeaders(w)
	writeValidation(w, errs...)
}

// withoutSecurityHeaders takes back what is set before a handler runs.
func withoutSecurityHeaders(w http.ResponseWriter) {
	for _, name := range []string{"Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"} {
		w.Header().Del(name)
	}
}
