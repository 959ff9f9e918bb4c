package serve

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/iotest"
)

// chunked is a connection from which a text is read.
type chunked struct {
	net.Conn
	io.Reader
}

func (c chunked) Read(p []byte) (int, error) { return c.Reader.Read(p) }

func TestMendPaths(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{"GET /a/% HTTP/1.1\r\nX: %\r\n\r\n", "GET /a/%25 HTTP/1.1\r\nX: %\r\n\r\n"},
		{"GET /%zz/%4 HTTP/1.1\r\n\r\n", "GET /%25zz/%254 HTTP/1.1\r\n\r\n"},
		{"GET /%41%2f?q=% HTTP/1.1\r\n\r\n", "GET /%41%2f?q=% HTTP/1.1\r\n\r\n"},
		{"ET /% HTTP/1.1\r\n", "ET /%25 HTTP/1.1\r\n"}, // its first character was read ahead
		{`{"a": "50 %"}`, `{"a": "50 %"}`},
		{"GET /%", "GET /%"},
		{"GET /%2", "GET /%2"},
	} {
		for name, read := range map[string]func(io.Reader) io.Reader{
			"at once":            func(r io.Reader) io.Reader { return r },
			"a byte at a time":   iotest.OneByteReader,
			"an error with data": iotest.DataErrReader,
		} {
			c := &mendingConn{Conn: chunked{Reader: read(bytes.NewReader([]byte(test.sent)))}}
			MendPathsState(c, http.StateIdle)
			if got, err := io.ReadAll(c); err != nil || string(got) != test.want {
				t.Errorf("%q, %s: %q, %v, want %q", test.sent, name, got, err, test.want)
			}
		}
	}
}
