package aspnet

import (
	"bytes"
	"encoding/binary"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
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

// BindParameter is like [Bind] for an action whose parameter has another name, or "" if the action does not name it. It
// reports whether it could read the object.
func BindParameter(w http.ResponseWriter, r *http.Request, body []byte, typ, parameter string, read func(m *Model)) bool {
	text, charset := BodyText(r.Header.Get("Content-Type"), body)
	switch {
	case charset == CharsetUnknown:
		removeSecurityHeaders(w)
		writeUnsupportedMediaType(w)
		return false
	case charset == CharsetViolated:
		WriteCrash(w)
		return false
	}
	f := &Faults{}
	n := ReadBody(text, f)
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

// BindOptional is like [BindParameter] for a parameter that may be null. It reports whether it could read it.
func BindOptional(w http.ResponseWriter, r *http.Request, body []byte, typ string, read func(m *Model)) bool {
	text, charset := BodyText(r.Header.Get("Content-Type"), body)
	if f := (&Faults{}); charset == CharsetKnown && ReadBody(text, f).Kind == 'n' && len(f.All) == 0 {
		return true
	}
	return BindParameter(w, r, body, typ, "", read)
}

// Charset is what becomes of a body by the charset of its content type.
type Charset int

// What becomes of a body.
const (
	CharsetKnown    Charset = iota
	CharsetUnknown          // the content type is not JSON in UTF-8 or UTF-16, and the server refuses the body
	CharsetViolated         // the body is not in its charset, and the server crashes
)

// BodyText returns a JSON body as UTF-8 (recording 41-invoices-bodies). The framework does not decompress, and keeps a
// byte order mark.
func BodyText(contentType string, body []byte) ([]byte, Charset) {
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil && media == "" || !IsJSON(media) {
		return nil, CharsetUnknown
	}
	switch strings.ToLower(parameters["charset"]) {
	case "", "utf-8":
		if !utf8.Valid(body) {
			return nil, CharsetViolated
		}
		return body, CharsetKnown
	case "utf-16", "utf-16le", "unicode", "ucs-2":
		text, ok := fromUTF16(body)
		if !ok {
			return nil, CharsetViolated
		}
		return text, CharsetKnown
	}
	return nil, CharsetUnknown
}

func fromUTF16(body []byte) ([]byte, bool) {
	if len(body)%2 != 0 {
		return nil, false
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(body[2*i:])
	}
	runes := utf16.Decode(units)
	if !slices.Equal(utf16.Encode(runes), units) {
		return nil, false // half a pair of surrogates
	}
	return []byte(string(runes)), true
}

// WithoutBOM reads a body as the check of a signature does (recording 60-bitid-message).
func WithoutBOM(body []byte) []byte {
	if len(body) >= 3 && body[0] == 0xef && body[1] == 0xbb && body[2] == 0xbf {
		return body[3:]
	}
	return body
}
