package authorize_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

func listen(t testing.TB, options authorize.ListenOptions) *authorize.Listener {
	t.Helper()
	l, err := authorize.Listen(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	// A browser of this test may be slow to ask for the page.
	l.SetPageTime(patience)
	return l
}

// theForm is what a server's page makes a browser post, stray field included.
var theForm = url.Values{
	"__RequestVerificationToken": {"CfDJ8-anti-forgery"}, "apiKey": {testKey}, "userId": {"25739ae3-9d71-4696-bd31-a3eb29f311f0"},
	"permissions[]": {"btcpay.store.canviewinvoices:StoreA", "btcpay.user.canviewprofile"},
}

// browser sends what a browser sends, and does not follow redirects by itself.
func browser(t testing.TB) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func post(t testing.TB, address, contentType, body string) (*http.Response, string) {
	t.Helper()
	response, err := browser(t).Post(address, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return response, bodyOf(t, response)
}

func bodyOf(t testing.TB, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCallback goes the whole way: POST, redirect, page, end.
func TestCallback(t *testing.T) {
	l := listen(t, authorize.ListenOptions{Server: "https://shop.example.com"})
	if !strings.HasPrefix(l.URL(), fmt.Sprintf("http://127.0.0.1:%d/callback/", l.Port())) || !strings.HasSuffix(l.URL(), l.Nonce().Reveal()) {
		t.Fatal(l.URL())
	}
	response, _ := post(t, l.URL(), formType, theForm.Encode())
	if response.StatusCode != http.StatusSeeOther {
		t.Fatal(response.Status)
	}
	got, err := l.Wait(t.Context())
	if err != nil || got.APIKey.Secret().Reveal() != testKey || got.UserID != theForm.Get("userId") || len(got.Permissions) != 2 || got.Permissions[0] != "btcpay.store.canviewinvoices:StoreA" {
		t.Fatalf("%+v, %v", got, err)
	}
	page, err := response.Location()
	if err != nil || strings.Contains(page.String(), l.Nonce().Reveal()) || strings.Contains(page.String(), testKey) {
		t.Fatal(page, err)
	}
	shown, err := browser(t).Get(page.String())
	if err != nil {
		t.Fatal(err)
	}
	text := bodyOf(t, shown)
	if shown.StatusCode != 200 || !strings.Contains(text, "<h1>The key has arrived</h1>") || strings.Contains(text, testKey) || strings.Contains(text, "<script") {
		t.Errorf("%s\n%s", shown.Status, text)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
	} {
		if shown.Header.Get(name) != want || response.Header.Get(name) != want {
			t.Errorf("%s: %q, %q", name, response.Header.Get(name), shown.Header.Get(name))
		}
	}
	if policy := shown.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Error(policy)
	}
	select {
	case <-l.Done():
	case <-time.After(patience):
		t.Fatal("the listener did not end after the page was shown")
	}
	if _, err := net.Dial("tcp", page.Host); err == nil {
		t.Error("the port is still open")
	}
	// The outcome stays.
	if again, err := l.Wait(t.Context()); err != nil || again.APIKey.Secret().Reveal() != testKey {
		t.Error(again, err)
	}
}

func TestCallbackJSON(t *testing.T) {
	l := listen(t, authorize.ListenOptions{})
	response, _ := post(t, l.URL(), "application/json; charset=UTF-8", `{"apiKey":"`+testKey+`","userId":"u","permissions":["btcpay.store.cancreateinvoice","odd one"],"more":{"a":1}}`)
	got, err := l.Wait(t.Context())
	if response.StatusCode != http.StatusSeeOther || err != nil || got.UserID != "u" || len(got.Permissions) != 1 || got.Permissions[0] != greenfield.CanCreateInvoice {
		t.Fatalf("%s, %+v, %v", response.Status, got, err)
	}
}

func TestCallbackMinimal(t *testing.T) {
	l := listen(t, authorize.ListenOptions{})
	// A key without permissions, from a server that sends no other field.
	if response, _ := post(t, l.URL(), formType, "apiKey="+testKey); response.StatusCode != http.StatusSeeOther {
		t.Fatal(response.Status)
	}
	if got, err := l.Wait(t.Context()); err != nil || got.UserID != "" || got.Permissions != nil {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestCallbackNotStored(t *testing.T) {
	full := errors.New("the disk is full")
	l := listen(t, authorize.ListenOptions{Store: func(context.Context, authorize.Callback) error { return full }})
	response, text := post(t, l.URL(), formType, theForm.Encode())
	if response.StatusCode != 500 || !strings.Contains(text, "<h1>The key was not kept</h1>") || strings.Contains(text, testKey) {
		t.Errorf("%s\n%s", response.Status, text)
	}
	// The key comes with the error, so that it can be revoked.
	if got, err := l.Wait(t.Context()); !errors.Is(err, full) || got.APIKey.Secret().Reveal() != testKey {
		t.Errorf("%+v, %v", got, err)
	}
	<-l.Done()
}

func TestCallbackIsGivenUp(t *testing.T) {
	l := listen(t, authorize.ListenOptions{})
	why := errors.New("a key was pasted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := l.Wait(ctx); !errors.Is(err, why) {
		t.Error(err)
	}
	<-l.Done()
	if _, err := l.Wait(t.Context()); !errors.Is(err, authorize.ErrClosed) {
		t.Error(err)
	}

	running, stop := context.WithCancel(t.Context())
	other, err := authorize.Listen(running, authorize.ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := other.Wait(t.Context()); !errors.Is(err, authorize.ErrClosed) {
		t.Error(err)
	}
	if _, err := authorize.Listen(running, authorize.ListenOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestCallbackAgain: a login that is to find the old key has the same address.
func TestCallbackAgain(t *testing.T) {
	first := listen(t, authorize.ListenOptions{})
	_, err := authorize.Listen(t.Context(), authorize.ListenOptions{Port: first.Port()})
	taken, ok := errors.AsType[*authorize.PortTakenError](err)
	if !ok || taken.Port != first.Port() || !strings.Contains(err.Error(), fmt.Sprint(first.Port())) {
		t.Fatal(err)
	}
	first.Close()
	second := listen(t, authorize.ListenOptions{Port: first.Port(), Nonce: first.Nonce()})
	if second.URL() != first.URL() {
		t.Error(first.URL(), second.URL())
	}
	third := listen(t, authorize.ListenOptions{})
	if third.Nonce().Equal(first.Nonce()) {
		t.Error("two listeners have one nonce")
	}
	if n := len(third.Nonce().Reveal()); n*5 < 128 {
		t.Error("the nonce has", n, "letters of five bits")
	}
	for _, bad := range []string{"short", strings.Repeat("x", 21), strings.Repeat("x", 129), strings.Repeat("x", 30) + "/", strings.Repeat("é", 30), strings.Repeat(".", 30)} {
		if _, err := authorize.Listen(t.Context(), authorize.ListenOptions{Nonce: client.NewSecret(bad)}); !errors.Is(err, authorize.ErrNonce) || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, port := range []int{-1, 65536} {
		if _, err := authorize.Listen(t.Context(), authorize.ListenOptions{Port: port}); err == nil {
			t.Error(port, "was taken for a port")
		}
	}
}

// TestCallbackHosts: the listener has another name than the server, since a
// browser sends a server's cookies to every port of its name.
func TestCallbackHosts(t *testing.T) {
	for server, want := range map[string]string{
		"https://shop.example.com": "127.0.0.1", "http://127.0.0.1:14142/btcpay": "localhost", "http://localhost:14142": "127.0.0.1",
		"http://[::1]:14142": "127.0.0.1", "https://127.1": "localhost", "https://2130706433": "localhost", "http://[::ffff:127.0.0.1]:1": "localhost",
		"https://10.0.0.1": "127.0.0.1", "http://abc.onion": "127.0.0.1", "": "127.0.0.1", "::": "127.0.0.1", "https://shop.localhost": "127.0.0.1",
	} {
		l := listen(t, authorize.ListenOptions{Server: server})
		if got, err := url.Parse(l.URL()); err != nil || got.Hostname() != want {
			t.Errorf("for %s the listener is %s, want %s", server, l.URL(), want)
		}
		l.Close()
	}
	for host, want := range map[string]string{
		"callback.example.com:8443": "callback.example.com:8443", "proxy:80": "proxy", "LOCALHOST": "localhost", "127.0.0.1": "127.0.0.1", "[::1]:99": "[::1]:99",
	} {
		if host == "[::1]:99" && !hasIPv6() {
			continue
		}
		l := listen(t, authorize.ListenOptions{Host: host})
		if !strings.HasPrefix(l.URL(), "http://"+want) {
			t.Errorf("for the host %s the listener is %s", host, l.URL())
		}
		l.Close()
	}
	for _, bad := range []string{"http://x", "a b", "x/y", "x:0", "x:70000", "x:y", "-", "u@x", "x?y", strings.Repeat("x", 300), ":::", "fe80::1%lo/x"} {
		if _, err := authorize.Listen(t.Context(), authorize.ListenOptions{Host: bad}); !errors.Is(err, authorize.ErrHost) {
			t.Errorf("the host %q: %v", bad, err)
		}
	}
}

func hasIPv6() bool {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	probe.Close()
	return true
}

// TestCallbackBothLoopbacks: where the name is localhost, no other program can
// wait on the address that the listener does not use.
func TestCallbackBothLoopbacks(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	defer probe.Close()
	l := listen(t, authorize.ListenOptions{Host: "localhost"})
	for _, host := range []string{"127.0.0.1", "::1"} {
		if other, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(l.Port()))); err == nil {
			other.Close()
			t.Error(host, "is free for another program")
		}
	}
	// A port that is taken on one of them is taken.
	port := probe.Addr().(*net.TCPAddr).Port
	if _, err := authorize.Listen(t.Context(), authorize.ListenOptions{Host: "localhost", Port: port}); err == nil {
		t.Error("the listener shares a port with another program")
	}
	u, _ := url.Parse(l.URL())
	request := "POST " + u.Path + " HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: " + formType + "\r\nContent-Length: 47\r\n\r\napiKey=" + testKey
	if status := raw(t, net.JoinHostPort("::1", fmt.Sprint(l.Port())), request); status != "303 See Other" {
		t.Error(status)
	}
}

// raw sends bytes as they are, and returns the status of the answer.
func raw(t testing.TB, address, request string) string {
	t.Helper()
	status, err := tryRaw(address, request)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func tryRaw(address, request string) (string, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.Copy(conn, bytes.NewReader([]byte(request))); err != nil {
		return "", err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	return response.Status, nil
}

func TestCallbackExpectContinue(t *testing.T) {
	l := listen(t, authorize.ListenOptions{})
	req, err := http.NewRequestWithContext(t.Context(), "POST", l.URL(), strings.NewReader(theForm.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("Expect", "100-continue")
	c := browser(t)
	c.Transport.(*http.Transport).ExpectContinueTimeout = patience
	response, err := c.Do(req)
	if err != nil || response.StatusCode != http.StatusSeeOther {
		t.Fatal(response, err)
	}
	response.Body.Close()
}

// TestCallbackOddBrowsers are honest senders that are wordy or gone.
func TestCallbackOddBrowsers(t *testing.T) {
	body := theForm.Encode()
	request := func(u *url.URL, more string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: %s; charset=UTF-8\r\nContent-Length: %d\r\n\r\n%s", u.Path, u.Host, more, formType, len(body), body)
	}
	for name, send := range map[string]func(*testing.T, *url.URL){
		"with many cookies": func(t *testing.T, u *url.URL) {
			if status := raw(t, u.Host, request(u, "Cookie: "+strings.Repeat("c=0123456789; ", 3000)+"\r\n")); status != "303 See Other" {
				t.Error(status)
			}
		},
		"gone before the answer": func(t *testing.T, u *url.URL) {
			conn, err := net.Dial("tcp", u.Host)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, request(u, ""))
			conn.Close()
		},
		"chunked": func(t *testing.T, u *url.URL) {
			text := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", u.Path, u.Host, formType, len(body), body)
			if status := raw(t, u.Host, text); status != "303 See Other" {
				t.Error(status)
			}
		},
		"of old": func(t *testing.T, u *url.URL) {
			if status := raw(t, u.Host, strings.Replace(request(u, ""), "HTTP/1.1", "HTTP/1.0", 1)); status != "303 See Other" {
				t.Error(status)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, authorize.ListenOptions{})
			u, err := url.Parse(l.URL())
			if err != nil {
				t.Fatal(err)
			}
			send(t, u)
			if got, err := l.Wait(t.Context()); err != nil || got.UserID != theForm.Get("userId") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestCallbackMisdirected tells a proxy that changes the name from strangers.
func TestCallbackMisdirected(t *testing.T) {
	l := listen(t, authorize.ListenOptions{})
	u, _ := url.Parse(l.URL())
	body := "Content-Type: " + formType + "\r\nContent-Length: 47\r\n\r\napiKey=" + testKey
	for path, host := range map[string]string{u.Path: "proxy.example", u.Path + "x": "evil.example", "/": u.Host} {
		if status := raw(t, u.Host, "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+body); status != "404 Not Found" {
			t.Error(status)
		}
	}
	if l.Refused() != 3 || l.Misdirected() != 1 {
		t.Error(l.Refused(), l.Misdirected())
	}
}
