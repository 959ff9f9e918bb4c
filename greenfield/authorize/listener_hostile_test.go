package authorize_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// An attack is a request that must not be taken, or the rest of one.
type attack struct {
	name, request string
	// mute attacks are no requests, so they may be closed without an answer.
	mute bool
}

// attacks are all made against one listener, whose nonce some of them have:
// such an attacker may then break a rule of form alone.
func attacks(address string) []attack {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return attacksOn(u.Host, u.Path)
}

func attacksOn(host, path string) []attack {
	request := func(method, target, host, contentType, body string) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", method, target, host, contentType, len(body), body)
	}
	good := "apiKey=" + testKey + "&userId=u"
	var list []attack
	add := func(name, request string) { list = append(list, attack{name: name, request: request}) }
	bare := func(name, request string) { list = append(list, attack{name, request, true}) }

	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "post", "Post", "POSTS", "PROPFIND"} {
		add("method "+method, request(method, path, host, formType, good))
	}
	add("preflight", "OPTIONS "+path+" HTTP/1.1\r\nHost: "+host+"\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n")

	name, port, _ := net.SplitHostPort(host)
	for _, other := range []string{"evil.example", "evil.example:" + port, name, name + ":1", "localhost:" + port, "127.0.0.2:" + port, "[::1]:" + port,
		host + ".", host + "x", " " + host + "x", "user@" + host, "", "0:" + port, "0.0.0.0:" + port, strings.ToUpper("x" + host), "127.1:" + port, "2130706433:" + port} {
		if other != host {
			add("host "+other, request("POST", path, other, formType, good))
		}
	}
	add("no host", "POST "+path+" HTTP/1.0\r\nContent-Type: "+formType+"\r\nContent-Length: 47\r\n\r\napiKey="+testKey)
	add("two hosts", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nHost: evil.example\r\nContent-Type: "+formType+"\r\nContent-Length: 47\r\n\r\napiKey="+testKey)
	add("the same host twice", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nhOsT: "+host+"\r\nContent-Type: "+formType+"\r\nContent-Length: 47\r\n\r\napiKey="+testKey)

	for _, target := range nearMisses(path) {
		add("path "+target, request("POST", target, host, formType, good))
	}
	for _, target := range []string{"http://" + host + path, "http://evil.example" + path, "//" + host + path, "*", host + path} {
		add("target "+target, request("POST", target, host, formType, good))
	}
	for _, contentType := range []string{"text/plain", "multipart/form-data; boundary=x", "", ";", "application/xml", "application/json", "text/html",
		formType + "; charset=utf-16", formType + "; charset=iso-8859-1", formType + "x", "application/x-www-form-urlencoded, text/plain"} {
		add("type "+contentType, request("POST", path, host, contentType, good))
	}
	for _, body := range hostileForms() {
		add("form "+head(body), request("POST", path, host, formType, body))
	}
	for _, body := range hostileJSON() {
		add("JSON "+head(body), request("POST", path, host, "application/json", body))
	}
	add("chunked and too long", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: "+formType+"\r\nTransfer-Encoding: chunked\r\n\r\n"+
		strings.Repeat("1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n", 20)+"0\r\n\r\n")
	add("a chunk that is none", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: "+formType+"\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"+good+"\r\n0\r\n\r\n")
	add("a negative length", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: -1\r\n\r\n"+good)
	add("a claim of 10 GB", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nContent-Type: "+formType+"\r\nContent-Length: 10000000000\r\n\r\n"+good)

	add("lines that end in LF", "POST "+path+" HTTP/1.1\nHost: "+host+"\nContent-Type: "+formType+"\nContent-Length: 47\r\n\r\napiKey="+testKey)
	add("HTTP/0.0", "POST "+path+" HTTP/0.0\r\nHost: "+host+"\r\nContent-Type: "+formType+"\r\nContent-Length: 47\r\n\r\napiKey="+testKey)
	bare("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	bare("zeros", strings.Repeat("\x00", 4096))
	bare("binary", "\xff\xfe\xfd"+strings.Repeat("\x80", 100)+"\r\n\r\n")
	bare("HTTP/0.9", "GET /\r\n\r\n")
	bare("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	bare("a header without a colon", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nrubbish\r\n\r\n"+good)
	bare("a blank before the colon", "POST "+path+" HTTP/1.1\r\nHost : "+host+"\r\n\r\n"+good)
	bare("a header of 100 KB", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\nCookie: "+strings.Repeat("x", 100<<10)+"\r\n\r\n"+good)
	bare("50,000 headers", "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+strings.Repeat("a:\r\n", 50000)+"\r\n"+good)
	return list
}

func head(text string) string { return text[:min(len(text), 40)] }

// nearMisses are paths that are almost the right one.
func nearMisses(path string) []string {
	i := strings.LastIndexByte(path, '/') + 1
	folder, nonce := path[:i], path[i:]
	list := []string{
		"/", "/favicon.ico", "/callback", "/callback/", folder + "x", folder + nonce + "/", folder + nonce + "?", folder + nonce + "?x=1", folder + nonce + "#x",
		"/" + nonce, folder + nonce[1:], folder + nonce[:len(nonce)-1], folder + nonce + "A", folder + nonce + "%00", folder + nonce + "%20", folder + strings.ToLower(nonce),
		folder + "../callback/" + nonce, "/." + folder + nonce, "/" + folder + nonce, folder + "/" + nonce, folder + "%2e/" + nonce, strings.ToUpper(folder) + nonce,
		"/callback%2F" + nonce, folder + nonce + ";x", "/done/" + nonce, folder + strings.Repeat("A", len(nonce)), folder + strings.Repeat("A", 20000),
		folder + fmt.Sprintf("%%%02X", nonce[0]) + nonce[1:],
	}
	for i := range nonce {
		other := byte('A')
		if nonce[i] == other {
			other = 'B'
		}
		list = append(list, folder+nonce[:i]+string(other)+nonce[i+1:])
	}
	return list
}

func hostileForms() []string {
	return []string{
		"", "&", "apiKey", "apiKey=", "apiKey=short", "apiKey=" + strings.Repeat("a", 257), "apikey=" + testKey, "APIKEY=" + testKey, "key=" + testKey,
		"apiKey=" + testKey + "&apiKey=" + testKey, "apiKey=" + testKey + "&apiKey=" + strings.Repeat("f", 40), "apiKey=" + testKey + "&apiKey=",
		"apiKey=" + testKey + "&userId=a&userId=b", "apiKey=" + testKey + ";userId=a", "apiKey=" + testKey + "%", "apiKey=" + testKey + "&x=%zz",
		"apiKey=" + testKey + "%00", "apiKey=" + testKey + "%0d%0aSet-Cookie:x", "apiKey=" + testKey + "&userId=%1b%5b2J", "apiKey=" + testKey + "&userId=%ff",
		"apiKey=" + testKey + "&userId=" + strings.Repeat("u", 129), "apiKey=%C3%A9" + testKey, "apiKey=" + testKey[:39] + "%2F", "apiKey=" + strings.ToUpper(testKey),
		"apiKey=+" + testKey, "apiKey[]=" + testKey, `{"apiKey":"` + testKey + `"}`, "\x00", "apiKey=" + testKey + "&x=" + strings.Repeat("y", 64<<10),
	}
}

func hostileJSON() []string {
	return []string{
		"", "null", "[]", "1", `"` + testKey + `"`, "{}", `{"apiKey":null}`, `{"apiKey":1}`, `{"apiKey":["` + testKey + `"]}`, `{"apiKey":{}}`, `{"apikey":"` + testKey + `"}`,
		`{"apiKey":"` + testKey + `","apiKey":"` + testKey + `"}`, `{"apiKey":"` + testKey + `","\u0061piKey":"` + strings.Repeat("f", 40) + `"}`,
		`{"apiKey":"` + testKey + `"}{}`, `{"apiKey":"` + testKey + `"} x`, `{"apiKey":"` + testKey + `","permissions":"all"}`, `{"apiKey":"` + testKey + `","permissions":[1]}`,
		`{"apiKey":"` + testKey + `","userId":7}`, `{"apiKey":"` + testKey + `","userId":"\u001b[2J"}`, `{"apiKey":"` + testKey + `"`, `{"apiKey":"` + testKey + `",}`,
		strings.Repeat("[", 30000), strings.Repeat(`{"a":`, 10000), `{"apiKey":"short"}`, "apiKey=" + testKey, `{"apiKey":"` + testKey + `","x":"` + strings.Repeat("y", 64<<10) + `"}`,
	}
}

// strike makes one attack and returns all that came back.
func strike(address, request string) ([]byte, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	// The listener may close before it has read everything.
	_, _ = io.WriteString(conn, request)
	conn.(*net.TCPConn).CloseWrite()
	text, err := io.ReadAll(conn)
	if len(text) > 0 {
		err = nil
	}
	return text, err
}

// TestBadInputCallback makes 10,000 attacks, eight at a time, and then lets the
// real browser come.
func TestBadInputCallback(t *testing.T) {
	total := int64(10000)
	if testing.Short() {
		total = 1500 // each attack more than once
	}
	l := listen(t, authorize.ListenOptions{})
	u, err := url.Parse(l.URL())
	if err != nil {
		t.Fatal(err)
	}
	list := attacks(l.URL())
	refusal, err := strike(u.Host, list[0].request)
	if err != nil || !bytes.HasPrefix(refusal, []byte("HTTP/1.1 404 Not Found\r\n")) {
		t.Fatalf("%q, %v", refusal, err)
	}
	big := "POST " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: " + formType + "\r\nContent-Length: 10485760\r\n\r\n" + strings.Repeat("x", 10<<20)
	slow := slowLoris(t, u, 20)
	start := time.Now()
	var next atomic.Int64
	var attackers sync.WaitGroup
	for range 8 {
		attackers.Go(func() {
			for i := next.Add(1); i <= total && !t.Failed(); i = next.Add(1) {
				a := list[int(i)%len(list)]
				if i%1000 == 0 {
					a = attack{name: "10 MB", request: big}
				}
				text, err := strike(u.Host, a.request)
				switch {
				case bytes.Equal(text, refusal), a.mute && len(text) == 0:
				case a.name == "10 MB" && err != nil: // cut off while it sends
				default:
					t.Errorf("%s: %.200q, %v", a.name, text, err)
				}
			}
		})
	}
	attackers.Wait()
	t.Logf("%d hostile requests in %v, %d answered with 404", total, time.Since(start).Round(time.Millisecond), l.Refused())
	if response, _ := post(t, l.URL(), formType, theForm.Encode()); response.StatusCode != http.StatusSeeOther {
		t.Fatal("the real POST got", response.Status)
	}
	if got, err := l.Wait(t.Context()); err != nil || got.UserID != theForm.Get("userId") {
		t.Fatalf("%+v, %v", got, err)
	}
	// The page is not for strangers either.
	for _, a := range list[:40] {
		if text, err := strike(u.Host, a.request); err == nil && !bytes.Equal(text, refusal) {
			t.Errorf("%s, after the key came: %.200q", a.name, text)
		}
	}
	l.Close()
	slow()
}

// slowLoris keeps connections open that send a byte now and then. What is
// returned waits for their end.
func slowLoris(t *testing.T, u *url.URL, n int) (wait func()) {
	var all sync.WaitGroup
	for i := range n {
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer conn.Close()
			request := "POST " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\nX: " + strings.Repeat("y", 10000)
			for j := range request {
				if _, err := io.WriteString(conn, request[j:j+1]); err != nil {
					return
				}
				conn.SetReadDeadline(time.Now().Add(time.Duration(i+1) * time.Millisecond))
				if _, err := conn.Read(make([]byte, 1)); err != nil && !strings.Contains(err.Error(), "timeout") {
					return
				}
			}
		})
	}
	return all.Wait
}

// TestCallbackPageOnce: the page is shown once, and to GET alone.
func TestCallbackPageOnce(t *testing.T) {
	l := listen(t, authorize.ListenOptions{})
	response, _ := post(t, l.URL(), formType, theForm.Encode())
	page, err := response.Location()
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"HEAD", "POST", "OPTIONS"} {
		if status := raw(t, page.Host, method+" "+page.Path+" HTTP/1.1\r\nHost: "+page.Host+"\r\n\r\n"); status != "404 Not Found" {
			t.Error(method, status)
		}
	}
	if status := raw(t, page.Host, "GET "+page.Path+" HTTP/1.1\r\nHost: evil.example\r\n\r\n"); status != "404 Not Found" {
		t.Error(status)
	}
	// Hold the first showing open, so that the listener has not ended yet.
	conn, err := net.Dial("tcp", page.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET "+page.Path+" HTTP/1.1\r\nHost: "+page.Host+"\r\n\r\n")
	if shown, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || shown.StatusCode != 200 {
		t.Fatal(shown, err)
	}
	if status, err := tryRaw(page.Host, "GET "+page.Path+" HTTP/1.1\r\nHost: "+page.Host+"\r\n\r\n"); err == nil && status != "404 Not Found" {
		t.Error("the page was shown twice:", status)
	}
}

// TestCallbackRace: of many valid posts at once exactly one wins.
func TestCallbackRace(t *testing.T) {
	var stored atomic.Int64
	l := listen(t, authorize.ListenOptions{Store: func(context.Context, authorize.Callback) error { stored.Add(1); return nil }})
	u, _ := url.Parse(l.URL())
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			body := fmt.Sprintf("apiKey=%040x", i)
			status, err := tryRaw(u.Host, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", u.Path, u.Host, formType, len(body), body))
			switch {
			case err != nil:
				t.Error(err)
			case status == "303 See Other":
				won.Add(1)
			case status != "404 Not Found":
				t.Error(status)
			}
		})
	}
	all.Wait()
	if _, err := l.Wait(t.Context()); err != nil || won.Load() != 1 || stored.Load() != 1 {
		t.Error(won.Load(), "won,", stored.Load(), "stored,", err)
	}
}
