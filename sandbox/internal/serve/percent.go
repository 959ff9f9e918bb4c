package serve

import (
	"net"
	"net/http"
	"sync/atomic"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// The real server takes a percent sign in a path that begins no escape for itself (recording 46-paging-and-limits). Go's
// reader refuses such a request before any handler sees it. So the sign is escaped while the request line is read.

// MendPaths returns a listener whose connections escape such percent signs. Its server needs [MendPathsState] too.
func MendPaths(l net.Listener) net.Listener { return mendingListener{l} }

// MendPathsState is the [http.Server.ConnState] that prepares a connection for the next request.
func MendPathsState(conn net.Conn, state http.ConnState) {
	if c, ok := conn.(*mendingConn); ok && (state == http.StateNew || state == http.StateIdle) {
		c.fresh.Store(true)
	}
}

type mendingListener struct{ net.Listener }

func (l mendingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &mendingConn{Conn: conn}, nil
}

type mendingConn struct {
	net.Conn
	fresh  atomic.Bool // a request line comes next
	inLine bool        // up to the end of the path
	inPath bool
	ready  []byte // mended, and not read yet
	held   []byte // a percent sign and at most one character, whose next ones are not known yet
}

// NetConn returns the connection that is read.
func (c *mendingConn) NetConn() net.Conn { return c.Conn }

// CloseWrite ends the sending side, as the server does before it closes a connection.
func (c *mendingConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c *mendingConn) Read(p []byte) (int, error) {
	for {
		if len(c.ready) > 0 {
			n := copy(p, c.ready)
			c.ready = c.ready[n:]
			return n, nil
		}
		n, err := c.Conn.Read(p)
		if c.fresh.Swap(false) {
			c.inLine, c.inPath = true, false
		}
		if n == 0 || !c.inLine {
			if err != nil && len(c.held) > 0 {
				n, c.held = copy(p, c.held), nil
			}
			return n, err
		}
		c.mend(p[:n])
		if len(c.ready) == 0 && err != nil {
			return 0, err
		}
	}
}

// mend makes text that was read ready, up to an escape that is not complete yet.
func (c *mendingConn) mend(text []byte) {
	text = append(c.held, text...)
	c.held = nil
	out := make([]byte, 0, len(text)+8)
	for i := range text {
		b := text[i]
		switch {
		case !c.inLine:
		case !c.inPath && b == ' ':
			c.inPath = true
		case !c.inPath && (b < 'A' || b > 'Z'), b == '?', b == '\n', c.inPath && b == ' ':
			c.inLine = false // not a request, or behind its path
		case c.inPath && b == '%':
			if i+2 >= len(text) {
				c.held = append([]byte(nil), text[i:]...)
				c.ready = out
				return
			}
			if !aspnet.IsHex(text[i+1]) || !aspnet.IsHex(text[i+2]) {
				out = append(out, '%', '2', '5')
				continue
			}
		}
		out = append(out, b)
	}
	c.ready = out
}
