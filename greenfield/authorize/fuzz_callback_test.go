package authorize

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// FuzzCallback looks at what comes out of a body that anybody may have written.
func FuzzCallback(f *testing.F) {
	const key = "0123456789abcdef0123456789abcdef01234567"
	f.Add("application/x-www-form-urlencoded", []byte("apiKey="+key+"&userId=u&permissions%5B%5D=unrestricted&__RequestVerificationToken=x"))
	f.Add("application/x-www-form-urlencoded", []byte("apiKey="+key+"&apiKey="+key))
	f.Add("application/json", []byte(`{"apiKey":"`+key+`","userId":"u","permissions":["btcpay.store.canviewinvoices:a"]}`))
	f.Add("application/json; charset=utf-8", []byte(`{"apiKey":"`+key+`","apiKey":"`+key+`"}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got, err := parseCallback(contentType, body)
		if err != nil {
			if !got.APIKey.IsZero() {
				t.Fatal("a refused body left a key")
			}
			return
		}
		text := got.APIKey.Secret().Reveal()
		if len(text) < 16 || len(text) > 256 || len(got.UserID) > maxUserID || !utf8.ValidString(got.UserID) || strings.ContainsFunc(got.UserID, control) {
			t.Fatalf("%q brought %+v", body, got)
		}
		for _, p := range got.Permissions {
			if again, err := greenfield.ParsePermission(string(p)); err != nil || again != p {
				t.Fatalf("%q brought the permission %q", body, p)
			}
		}
	})
}

// A script is a connection over which everything has arrived already.
type script struct {
	bytes.Reader
	out bytes.Buffer
}

func (s *script) Write(p []byte) (int, error)      { return s.out.Write(p) }
func (*script) Close() error                       { return nil }
func (*script) LocalAddr() net.Addr                { return &net.TCPAddr{} }
func (*script) RemoteAddr() net.Addr               { return &net.TCPAddr{} }
func (*script) SetDeadline(time.Time) error        { return nil }
func (*script) SetReadDeadline(time.Time) error    { return nil }
func (*script) SetWriteDeadline(t time.Time) error { return nil }

// FuzzCallbackRequest sends bytes that may know the nonce. What is taken has to
// begin with the one right line and to name the one right host; all else is
// refused with the same answer, or not answered.
func FuzzCallbackRequest(f *testing.F) {
	const (
		host = "127.0.0.1:8765"
		path = callbackPath + "abcdefghijklmnopqrstuvwxyz"
		body = "apiKey=0123456789abcdef0123456789abcdef01234567"
		rest = "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 47\r\n\r\n" + body
	)
	for _, seed := range []string{
		"POST " + path + " HTTP/1.1\r\nHost: " + host + rest,
		"POST " + path + " HTTP/1.0\r\nhost:" + host + rest,
		"POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nExpect: 100-continue" + rest,
		"POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nHost: evil.example" + rest,
		"POST http://" + host + path + " HTTP/1.1\r\nHost: " + host + rest,
		"POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n" + body + "\r\n0\r\n\r\n",
		"POST " + path + " HTTP/0.0\r\nHost: " + host + rest, "POST " + path + " HTTP/1.1\nHost: " + host + rest,
		"GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /done/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01", "POST", "\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		l := &Listener{
			host: host, nonce: client.NewSecret(strings.TrimPrefix(path, callbackPath)), done: "/done/x", ctx: t.Context(),
			room: newRoom(), answered: make(chan struct{}), stop: func() {},
		}
		conn := &script{Reader: *bytes.NewReader(request)}
		l.serve(&guest{conn: conn})
		answer := strings.TrimPrefix(conn.out.String(), "HTTP/1.1 100 Continue\r\n\r\n")
		if answer == "" || answer == string(notFound()) {
			if l.stage != waiting {
				t.Fatalf("%q was taken and not answered", request)
			}
			return
		}
		head, _, _ := strings.Cut(string(request), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		hosts := 0
		for _, line := range lines[1:] {
			if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Host") && strings.TrimSpace(value) == host {
				hosts++
			}
		}
		if answer != string(seeOther("/done/x")) || l.stage != claimed || hosts != 1 ||
			strings.Count(strings.ToLower(head), "\nhost:") != 1 || !strings.HasPrefix(lines[0], "POST "+path+" HTTP/1.") {
			t.Fatalf("%q was answered with %q", request, answer)
		}
	})
}
