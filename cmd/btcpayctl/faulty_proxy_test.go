package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// A faultyProxy passes everything on to a server, but for POSTs to /invoices,
// which meet a fault. Its listener is a real one.
type faultyProxy struct {
	*httptest.Server
	upstream string
	client   http.Client
	fault    func() string
	ahead    func() time.Duration // of the Date of every answer, nil leaves it
	late     sync.WaitGroup
	held     chan struct{} // closed by release
	stop     context.CancelFunc
}

// newFaultyProxy knows these faults:
//
//	cut    the invoice is made, and the answer stops after half of it
//	close  the invoice is made, and the connection closes without an answer
//	reset  the connection is reset before anything is passed on
//	504    the invoice is made, and the answer is 504
//	late   the answer is 504, and the invoice is made a little later
//	held   the answer is 504, and the invoice is made after release
//	never  the invoice is made, and no answer comes
//	none   nothing is wrong
//
// Its Date is ahead of ours by what ahead says; nil leaves the server's.
func newFaultyProxy(upstream string, ahead func() time.Duration, fault func() string) *faultyProxy {
	p := &faultyProxy{upstream: upstream, fault: fault, ahead: ahead, client: http.Client{Transport: &http.Transport{}}, held: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(ctx, w, r) }))
	return p
}

// release carries out what was held, and holds nothing from now on.
func (p *faultyProxy) release() { close(p.held) }

func (p *faultyProxy) Close() {
	p.stop()
	p.late.Wait()
	p.CloseClientConnections()
	p.Server.Close()
	p.client.CloseIdleConnections()
}

func (p *faultyProxy) serve(stop context.Context, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if p.ahead != nil {
		w.Header().Set("Date", time.Now().Add(p.ahead()).UTC().Format(http.TimeFormat))
	}
	fault := "none"
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/invoices") {
		fault = p.fault()
	}
	switch fault {
	case "reset":
		connection := hijack(w)
		connection.(*net.TCPConn).SetLinger(0)
		connection.Close()
		return
	case "late":
		p.late.Go(func() {
			time.Sleep(200 * time.Millisecond)
			p.pass(r, body)
		})
		w.WriteHeader(http.StatusGatewayTimeout)
		return
	case "held":
		p.late.Go(func() {
			select {
			case <-p.held:
				p.pass(r, body)
			case <-stop.Done():
			}
		})
		w.WriteHeader(http.StatusGatewayTimeout)
		return
	}
	status, header, answer := p.pass(r, body)
	switch fault {
	case "close":
		hijack(w).Close()
	case "cut":
		connection := hijack(w)
		io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
		connection.Write(answer[:len(answer)/2])
		connection.Close()
	case "504":
		w.WriteHeader(http.StatusGatewayTimeout)
	case "never":
		select {
		case <-r.Context().Done():
		case <-stop.Done():
		}
	default:
		for name, values := range header {
			if name != "Date" || p.ahead == nil {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(status)
		w.Write(answer)
	}
}

// pass sends a request on as it came: its signature covers host and path.
func (p *faultyProxy) pass(r *http.Request, body []byte) (status int, header http.Header, answer []byte) {
	out, err := http.NewRequest(r.Method, p.upstream+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	out.Header, out.Host = r.Header.Clone(), r.Host
	response, err := p.client.Do(out)
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	return response.StatusCode, response.Header, answer
}

func hijack(w http.ResponseWriter) net.Conn {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err) // HTTP/1.1 can always be taken over
	}
	return connection
}
