package authorize

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// maxHead leaves room for the cookies that a browser may send.
	maxHead     = 64 << 10
	maxCallback = 64 << 10
	headTime    = 10 * time.Second
	bodyTime    = 10 * time.Second
	// lingerTime is how long a sender may continue to send after the response. If the
	// connection were closed earlier, the sender could lose the response.
	lingerTime = 500 * time.Millisecond
)

// serve reads one request from a connection and sends the response.
func (l *Listener) serve(g *guest) {
	conn := g.conn
	head, rest, err := l.readHead(g)
	if err != nil {
		if errors.Is(err, errNoRequest) {
			l.refuse(g)
		}
		return
	}
	// serve does not use net/http's server, which keeps connections open for too long,
	// continues to read after it has refused a request, and logs.
	body := io.MultiReader(bytes.NewReader(rest), conn)
	r, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(head), body)))
	if err != nil || r.ProtoMajor != 1 || countHosts(head) != 1 || bareLineEnds(head) {
		l.refuse(g)
		return
	}
	switch {
	case r.Host != l.host:
		if r.Method == http.MethodPost && same(r.RequestURI, l.path()) {
			l.misdirected.Add(1)
		}
		l.refuse(g)
	case r.Method == http.MethodPost && same(r.RequestURI, l.path()):
		l.receive(g, r)
	case r.Method == http.MethodGet && same(r.RequestURI, l.done) && l.isClaimed() && l.shown.CompareAndSwap(false, true):
		if l.write(g, received()) {
			linger(g)
		}
		l.stop()
	default:
		l.refuse(g)
	}
}

// receive reads a POST whose sender knows the nonce.
func (l *Listener) receive(g *guest, r *http.Request) {
	if r.ContentLength > maxCallback {
		l.refuse(g)
		return
	}
	g.conn.SetDeadline(time.Now().Add(bodyTime))
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		io.WriteString(g.conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCallback+1))
	if err != nil || len(body) > maxCallback {
		l.refuse(g)
		return
	}
	callback, err := parseCallback(r.Header.Get("Content-Type"), body)
	if err != nil || !l.claim() {
		l.refuse(g)
		return
	}
	l.keep(g, callback)
}

func (l *Listener) isClaimed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stage == claimed
}

// same reports whether the two are equal. Its time does not depend on how much of a nonce
// is right.
func same(given, want string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}

var errNoRequest = errors.New("not a request")

var endOfHead = []byte("\r\n\r\n")

// readHead reads up to the empty line, and also returns what it read beyond it. Until
// then the room may drop the connection to make place for another, except during
// firstLook at the beginning and lastLook at the end.
func (l *Listener) readHead(g *guest) (head, rest []byte, err error) {
	buffer := make([]byte, 0, 2<<10)
	end, looked := time.Now().Add(headTime), false
	g.conn.SetReadDeadline(time.Now().Add(firstLook))
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := g.conn.Read(buffer[len(buffer):min(cap(buffer), maxHead)])
		scanned := max(0, len(buffer)-len(endOfHead))
		buffer = buffer[:len(buffer)+n]
		if i := bytes.Index(buffer[scanned:], endOfHead); i >= 0 {
			i += scanned + len(endOfHead)
			// The response follows in a moment, and the sender may be the browser.
			l.room.hold(g)
			return buffer[:i], buffer[i:], nil
		}
		late := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case len(buffer) > 0 && (buffer[0] < 'A' || buffer[0] > 'Z') || len(buffer) >= maxHead:
			return nil, nil, errNoRequest
		case err == nil || late && !g.settled:
			l.room.settle(g, end)
		case late && !looked && l.room.isLeaving(g):
			looked = true
			g.conn.SetReadDeadline(time.Now().Add(lastLook))
		default:
			return nil, nil, err
		}
	}
}

// countHosts counts the Host headers; net/http keeps only the first.
func countHosts(head []byte) int {
	return bytes.Count(bytes.ToLower(head), []byte("\nhost:"))
}

// bareLineEnds reports whether a line does not end as browsers end it. Two programs may
// read such a line differently.
func bareLineEnds(head []byte) bool {
	return bytes.Count(head, []byte("\n")) != bytes.Count(head, []byte("\r\n"))
}

func (l *Listener) refuse(g *guest) {
	l.refused.Add(1)
	if l.write(g, notFound()) {
		l.room.settle(g, time.Now().Add(lingerTime))
		linger(g)
	}
}

// write reports whether it could write the response, which is small enough not to wait
// for its reader.
func (l *Listener) write(g *guest, answer []byte) bool {
	g.conn.SetDeadline(time.Now().Add(lingerTime))
	_, err := g.conn.Write(answer)
	return err == nil
}

// linger reads and discards what the sender still sends: if a connection is closed with
// unread bytes, the sender may lose the response.
func linger(g *guest) {
	if tcp, ok := g.conn.(*net.TCPConn); ok && tcp.CloseWrite() == nil {
		io.Copy(io.Discard, g.conn)
	}
}
