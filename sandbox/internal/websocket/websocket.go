// Package websocket is the server's side of RFC 6455 for sockets that only tell: messages are sent, and what the client
// sends is checked and discarded, whatever its length.
package websocket

import (
	"bufio"
	"crypto/sha1" // by the standard, and no secret
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// guid is appended to the client's key, section 1.3.
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Asked reports whether a request asks for a socket, section 4.2.1.
func Asked(r *http.Request) bool {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	return r.Method == http.MethodGet && r.ProtoAtLeast(1, 1) &&
		hasToken(r.Header["Connection"], "upgrade") && hasToken(r.Header["Upgrade"], "websocket") &&
		r.Header.Get("Sec-WebSocket-Version") == "13" && err == nil && len(key) == 16
}

func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// Accept sets the headers of the response, whose status is 101.
func Accept(h http.Header, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + guid))
	h.Set("Connection", "Upgrade")
	h.Set("Upgrade", "websocket")
	h.Set("Sec-WebSocket-Accept", base64.StdEncoding.EncodeToString(sum[:]))
}

// Opcode is the kind of a frame, section 11.8.
type Opcode byte

// The kinds of frames.
const (
	continuation Opcode = 0
	Text         Opcode = 1
	Binary       Opcode = 2
	closing      Opcode = 8
	ping         Opcode = 9
	pong         Opcode = 10
)

// Codes with which a socket is closed, section 7.4.1.
const (
	NormalClosure = 1000
	GoingAway     = 1001
	protocolError = 1002
	invalidText   = 1007
)

// patience is how long a client may take to receive a frame.
const patience = 5 * time.Second

const maxControl = 125 // bytes of a control frame

// ErrClosed is the error of a socket that the client closed.
var ErrClosed = errors.New("websocket: closed by the client")

// Conn is a socket after its handshake.
type Conn struct {
	conn net.Conn
	in   *bufio.Reader

	mu     sync.Mutex // of what is sent
	closed bool       // a closing frame was sent

	// Of the message that is being received.
	open  Opcode // its kind; continuation if there is none
	runes []byte // the beginning of a character whose end is in a later frame
}

// NewConn returns the socket on a connection. in holds what was read of it already.
func NewConn(conn net.Conn, in *bufio.Reader) *Conn { return &Conn{conn: conn, in: in} }

// Send sends a message in one frame. It fails if the client does not receive it within seconds.
func (c *Conn) Send(kind Opcode, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	return c.write(kind, payload)
}

// write writes a frame of at most 125 bytes, which is all that is sent here.
func (c *Conn) write(kind Opcode, payload []byte) error {
	if len(payload) > maxControl {
		return errors.New("websocket: the message is too long")
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.conn.Write(append([]byte{0x80 | byte(kind), byte(len(payload))}, payload...))
	return err
}

// Close sends a closing frame, if none was sent. The caller closes the connection.
func (c *Conn) Close(code uint16, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.write(closing, append(binary.BigEndian.AppendUint16(nil, code), reason...))
	}
}

// fail closes the socket for what the client did.
func (c *Conn) fail(code uint16, why string) error {
	c.Close(code, why)
	return errors.New("websocket: " + why)
}

// Receive reads and discards the client's next message. It answers pings, and a closing frame, after which it returns
// [ErrClosed].
func (c *Conn) Receive() error {
	for {
		final, kind, length, mask, err := c.header()
		if err != nil {
			return err
		}
		if kind >= closing {
			if err := c.control(kind, length, mask); err != nil {
				return err
			}
			continue
		}
		switch {
		case kind == continuation && c.open == continuation:
			return c.fail(protocolError, "a continuation of no message")
		case kind != continuation && c.open != continuation:
			return c.fail(protocolError, "a message within a message")
		case kind != continuation:
			c.open = kind
		}
		if err := c.discard(length, mask, final); err != nil {
			return err
		}
		if final {
			c.open = continuation
			return nil
		}
	}
}

// header reads the header of a frame, section 5.2.
func (c *Conn) header() (final bool, kind Opcode, length uint64, mask [4]byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(c.in, head[:]); err != nil {
		return
	}
	final, kind, length = head[0]&0x80 != 0, Opcode(head[0]&0x0f), uint64(head[1]&0x7f)
	switch {
	case head[0]&0x70 != 0:
		err = c.fail(protocolError, "a reserved bit")
	case head[1]&0x80 == 0:
		err = c.fail(protocolError, "a frame without a mask")
	case kind > Binary && kind < closing || kind > pong:
		err = c.fail(protocolError, "an unknown kind of frame")
	case kind >= closing && (length > maxControl || !final):
		err = c.fail(protocolError, "a control frame that is long or in parts")
	}
	if err != nil {
		return
	}
	size := map[uint64]int{126: 2, 127: 8}[length]
	if size > 0 {
		var wide [8]byte
		if _, err = io.ReadFull(c.in, wide[8-size:]); err != nil {
			return
		}
		if length = binary.BigEndian.Uint64(wide[:]); length>>63 != 0 {
			err = c.fail(protocolError, "a length beyond 63 bits")
			return
		}
	}
	_, err = io.ReadFull(c.in, mask[:])
	return
}

// control reads the payload of a control frame, and answers it.
func (c *Conn) control(kind Opcode, length uint64, mask [4]byte) error {
	payload := make([]byte, length)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	if kind == ping {
		return c.Send(pong, payload)
	}
	if kind != closing {
		return nil
	}
	if len(payload) == 1 {
		return c.fail(protocolError, "half a code")
	}
	c.Close(NormalClosure, "Closing")
	return ErrClosed
}

// discard reads the payload of a frame of a message. A text has to be UTF-8, section 8.1.
func (c *Conn) discard(length uint64, mask [4]byte, final bool) error {
	if c.open != Text {
		_, err := io.CopyN(io.Discard, c.in, int64(length))
		return err
	}
	var part [512]byte
	for at := uint64(0); at < length; {
		n, err := c.in.Read(part[:min(uint64(len(part)), length-at)])
		for i := range n {
			part[i] ^= mask[(at+uint64(i))%4]
		}
		at += uint64(n)
		c.runes = append(c.runes, part[:n]...)
		for len(c.runes) > 0 && utf8.FullRune(c.runes) {
			r, size := utf8.DecodeRune(c.runes)
			if r == utf8.RuneError && size == 1 {
				return c.fail(invalidText, "a text that is not UTF-8")
			}
			c.runes = c.runes[size:]
		}
		c.runes = append(make([]byte, 0, utf8.UTFMax), c.runes...)
		if err != nil {
			return err
		}
	}
	if final && len(c.runes) > 0 {
		return c.fail(invalidText, "a text that is not UTF-8")
	}
	return nil
}
