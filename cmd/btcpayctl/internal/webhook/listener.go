package webhook

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// Limits of a listener, which anyone who reaches its address can connect to.
const (
	mostDeliveries = 64 // at once
	headerTime     = 10 * time.Second
	bodyTime       = time.Minute
	mostHeader     = 16 << 10
	closeTime      = 5 * time.Second
)

// A listener receives deliveries on an address of this machine, and verifies them.
type listener struct {
	socket  net.Listener
	handler *webhook.Handler
	server  *http.Server
	arrived chan receivedRecord
	ctx     context.Context
	stop    context.CancelFunc
}

type bodyKey struct{}

// newListener opens the socket. It receives nothing until serve is called.
func newListener(ctx context.Context, address string, secret webhook.Secret) (*listener, error) {
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &listener{socket: socket, arrived: make(chan receivedRecord)}
	l.ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.handler, err = webhook.NewHandler(webhook.HandlerOptions{Secrets: []webhook.Secret{secret}, Handle: l.handle, HandleUnknown: true})
	if err != nil {
		socket.Close()
	}
	return l, err
}

func (l *listener) address() string { return l.socket.Addr().String() }

// handle passes an event on to the printer. The server gets 200 when it is taken.
func (l *listener) handle(ctx context.Context, e webhook.Event) error {
	body, _ := ctx.Value(bodyKey{}).(*bytes.Buffer)
	r := receivedRecord{eventRecord: eventRecordOf(e)}
	if body != nil {
		r.Body = body.Bytes()
	}
	select {
	case l.arrived <- r:
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

// serve receives deliveries whose path ends with a text that no one can guess.
func (l *listener) serve(path string) {
	places := make(chan struct{}, mostDeliveries)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// A proxy may have taken a part of the path away or added one.
		if len(r.URL.Path) < len(path) || r.URL.Path[len(r.URL.Path)-len(path):] != path {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var body bytes.Buffer
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, &body))
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, &body), r.Body}
		l.handler.ServeHTTP(w, r)
	})
	l.server = &http.Server{Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, MaxHeaderBytes: mostHeader}
	go l.server.Serve(l.socket) // it ends when the listener is closed
}

// close waits for the responses to what was taken.
func (l *listener) close() {
	defer l.stop()
	if l.server == nil {
		l.socket.Close()
		return
	}
	l.stop()
	ctx, stop := context.WithTimeout(context.Background(), closeTime)
	defer stop()
	if l.server.Shutdown(ctx) != nil {
		l.server.Close()
	}
}
