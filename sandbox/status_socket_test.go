package sandbox

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// socket opens a socket and returns the response, and what comes on the connection.
func (w *testbed) socket(path string, headers ...string) (*http.Response, *bufio.Reader, net.Conn) {
	w.t.Helper()
	u, err := url.Parse(w.origin)
	if err != nil {
		w.t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(w.t.Context(), "tcp", u.Host)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		w.t.Fatal(err)
	}
	head := "GET " + path + " HTTP/1.1\r\nHost: " + u.Host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	fmt.Fprint(conn, head, strings.Join(append(headers, "\r\n"), "\r\n"))
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, in, conn
}

// rings reads that many messages of a change.
func rings(t *testing.T, in io.Reader, n int) {
	t.Helper()
	for range n {
		frame := make([]byte, 3)
		if _, err := io.ReadFull(in, frame); err != nil || string(frame) != "\x82\x01\x00" {
			t.Fatalf("%x, %v; want a binary message of one zero byte", frame, err)
		}
	}
}

// TestStatusSocket follows an invoice from its address to its end by each path.
func TestStatusSocket(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/shop"})
	store := "/shop/api/v1/stores/" + w.s.Seed().StoreID
	_, answer := w.greenfield("POST", store+"/invoices", `{"amount":"20","checkout":{"lazyPaymentMethods":true}}`)
	id := member(t, answer, "id")
	var sockets []io.ReadWriter
	for _, path := range []string{"/i/" + id + "/status/ws", "/i/" + id + "/BTC-CHAIN/status/ws", "/invoice/" + id + "/status/ws", "/invoice/" + id + "/BTC-CHAIN/status", "/invoice/status/ws?invoiceId=" + id, "/I/" + id + "/STATUS/WS/"} {
		response, in, conn := w.socket("/shop" + path)
		if response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			t.Fatalf("%s: %d %v", path, response.StatusCode, response.Header)
		}
		sockets = append(sockets, readWriter{in, conn})
	}
	_, other := w.greenfield("POST", store+"/invoices", `{"amount":"20"}`)
	_, in, conn := w.socket("/shop/i/" + member(t, other, "id") + "/status/ws")

	address := w.statusOf("/shop/i/" + id + "/status")["address"].(string) // its address is the first change
	for _, in := range sockets {
		rings(t, in, 1)
	}
	for _, change := range []struct {
		act   func()
		rings int
	}{
		{func() { w.control("pay", `{"address":"`+address+`","amount":"0.0001"}`) }, 2},    // received, paid in part
		{func() { w.control("pay", `{"address":"`+address+`","amount":"0.000302"}`) }, 3},  // received, paid in full, its status
		{func() { w.control("mine", `{"blocks":1}`) }, 5},                                  // two payments settled, confirmed, completed, its status
		{func() { w.greenfield("DELETE", store+"/invoices/"+id, "") }, 0},                  // no word about it
		{func() { w.greenfield("PUT", store+"/invoices/"+id, `{"metadata":{"a":1}}`) }, 0}, // nor about that
	} {
		change.act()
		for _, in := range sockets {
			rings(t, in, change.rings)
		}
	}
	for i, refused := range []string{"/i/" + id, "/invoice/" + id, "/i/unknown", "/i/" + strings.ToLower(id), "/i/" + id + "/BTC-CHAIN"} {
		if response, _, _ := w.socket("/shop" + refused + "/status/ws"); response.StatusCode != http.StatusNotFound {
			t.Errorf("%d. a final or unknown invoice: %d", i, response.StatusCode)
		}
	}
	// The sockets are open still and silent, as was that of the other invoice: what comes next is the answer to a ping.
	for _, socket := range append(sockets, readWriter{in, conn}) {
		io.WriteString(socket, "\x89\x81\x00\x00\x00\x00x")
		answer := make([]byte, 3)
		if _, err := io.ReadFull(socket, answer); err != nil || string(answer) != "\x8a\x01x" {
			t.Errorf("%x, %v", answer, err)
		}
	}
}

type readWriter struct {
	io.Reader
	io.Writer
}

// TestStatusSocketEnds has how sockets end, and that they do not outnumber what the sandbox keeps.
func TestStatusSocketEnds(t *testing.T) {
	w := newTestbed(t, Options{})
	_, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices", `{"amount":"20"}`)
	path := "/i/" + member(t, answer, "id") + "/status/ws"
	for name, test := range map[string]struct{ sent, want string }{
		"a ping":         {"\x89\x81\x00\x00\x00\x00x", "\x8a\x01x"},
		"the end":        {"\x88\x82\x00\x00\x00\x00\x03\xe8", "\x88\x09\x03\xe8Closing"},
		"without a mask": {"\x81\x01x", "\x88"},
	} {
		_, in, conn := w.socket(path)
		io.WriteString(conn, test.sent)
		got := make([]byte, len(test.want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != test.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, header := range []string{"Sec-WebSocket-Version: 8", "Upgrade: h2c"} {
		name, _, _ := strings.Cut(header, ":")
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.origin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
		r.Header.Set(name, strings.TrimPrefix(header, name+": "))
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", header, response.StatusCode)
		}
	}
	_, in, _ := w.socket(path)
	if err := w.s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || string(got) != "\x88\x02\x03\xe9" {
		t.Errorf("closed: %q, %v", got, err)
	}
}
