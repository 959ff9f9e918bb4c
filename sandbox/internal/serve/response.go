package serve

import (
	"bytes"
	"cmp"
	"maps"
	"net/http"
	"strconv"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
)

// Response is a response while a handler writes it. It is kept in memory, since handlers run under the world's lock.
type Response struct {
	header http.Header
	status int
	body   bytes.Buffer
	note   requestlog.Note
}

// NewResponse returns an empty response.
func NewResponse() *Response { return &Response{header: http.Header{}} }

// Header returns the header, as an [http.ResponseWriter] does.
func (w *Response) Header() http.Header { return w.header }

// WriteHeader sets the status. The first call counts.
func (w *Response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write appends to the body.
func (w *Response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Status returns the status, 200 if none was set.
func (w *Response) Status() int { return cmp.Or(w.status, http.StatusOK) }

// Body returns the body.
func (w *Response) Body() []byte { return w.body.Bytes() }

// Send sends the response.
func (w *Response) Send(to http.ResponseWriter) { w.SendUpTo(to, w.body.Len()) }

// SendUpTo sends the response with the length of its whole body, and the body up to a byte.
func (w *Response) SendUpTo(to http.ResponseWriter, end int) {
	h := to.Header()
	maps.Copy(h, w.header)
	status := w.Status()
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified {
		h["Content-Length"] = []string{strconv.Itoa(w.body.Len())}
	}
	to.WriteHeader(status)
	to.Write(w.body.Bytes()[:end])
}
