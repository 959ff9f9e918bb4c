package serve

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
)

// Response is a response while a handler writes it. It is kept in memory, since handlers run under the world's lock.
type Response struct {
	header http.Header
	status int
	body   bytes.Buffer
	note   requestlog.Note

	takeOver func(conn net.Conn, in *bufio.Reader, accept func() error)
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

// TakeOver gives the connection to a function instead of sending the response of a handler, which is a 101. The function
// sends it by calling accept, and runs without the world's lock. The connection is closed after it.
func TakeOver(w http.ResponseWriter, run func(conn net.Conn, in *bufio.Reader, accept func() error)) {
	w.(*Response).takeOver = run
}

// Send sends the response. It returns after the connection that was taken over, if it was, is closed.
func (w *Response) Send(to http.ResponseWriter) {
	if w.takeOver == nil {
		w.SendUpTo(to, w.body.Len())
		return
	}
	conn, in, err := http.NewResponseController(to).Hijack()
	if err != nil { // over HTTP/2, for instance
		to.WriteHeader(http.StatusNotFound)
		return
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return
	}
	w.takeOver(conn, in.Reader, func() error {
		var head bytes.Buffer
		fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", w.Status(), http.StatusText(w.Status()))
		w.header.Write(&head)
		head.WriteString("\r\n")
		_, err := conn.Write(head.Bytes())
		return err
	})
}

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
