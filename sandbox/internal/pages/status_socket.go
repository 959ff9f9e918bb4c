package pages

import (
	"bufio"
	"net"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/websocket"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The socket of an invoice's status needs no credential. Each change is a binary message of one zero byte, which does not
// say what changed: a client that gets it asks for the status. A change may ring several times. (neighbours.md, and
// GetStatusWebSocket in the server's UIInvoiceController.UI.cs)

func statusSocketByQuery(w http.ResponseWriter, r *serve.Request) {
	openSocket(w, r, aspnet.QueryValue(r.Request, "invoiceId"))
}

func statusSocket(w http.ResponseWriter, r *serve.Request) {
	openSocket(w, r, r.PathValue("invoiceId"))
}

func openSocket(w http.ResponseWriter, r *serve.Request, id string) {
	inv := r.State.Invoices[id]
	switch {
	case !websocket.Asked(r.Request), inv == nil, isFinal(inv), inv.Archived && !maySeeInvoices(r, inv):
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	case r.World.Bells.Full():
		aspnet.WriteEmpty(w, http.StatusServiceUnavailable)
		return
	}
	seen, at := inv.Moment(), r.World
	websocket.Accept(w.Header(), r.Request)
	w.WriteHeader(http.StatusSwitchingProtocols)
	serve.TakeOver(w, func(conn net.Conn, in *bufio.Reader, accept func() error) {
		bell, unhang := at.Hang(seen) // before the client learns of the socket, so that it misses nothing
		if bell == nil {
			return
		}
		defer unhang()
		if accept() == nil {
			listen(conn, in, bell, at.Done())
		}
	})
}

// isFinal reports whether nothing more is expected of an invoice. A socket that is open when this comes to be stays open.
func isFinal(inv *world.Invoice) bool {
	return inv.Status == world.StatusSettled || inv.Status == world.StatusInvalid || inv.Status == world.StatusExpired
}

// While a client is silent, it gets a message now and then: the text ping. This is in real time, since it is there for the
// proxies on the way, which close a connection that is idle.
const (
	firstPing = 30 * time.Second // after the beginning, or a message of the client
	nextPing  = 25 * time.Second
)

// listen sends the client a message for each ring, until it goes away, does not receive, or the sandbox is closed.
func listen(conn net.Conn, in *bufio.Reader, bell *world.Bell, closed <-chan struct{}) {
	socket := websocket.NewConn(conn, in)
	received, gone := make(chan struct{}), make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(gone)
		for socket.Receive() == nil {
			select {
			case received <- struct{}{}:
			case <-stop:
				return
			}
		}
	}()
	defer func() {
		close(stop)
		conn.Close()
		<-gone
	}()
	idle := time.NewTimer(firstPing)
	defer idle.Stop()
	for {
		var err error
		select {
		case <-bell.Rung:
			for range bell.Take() {
				if err == nil {
					err = socket.Send(websocket.Binary, []byte{0})
				}
			}
		case <-idle.C:
			err = socket.Send(websocket.Text, []byte("ping"))
			idle.Reset(nextPing)
		case <-received:
			idle.Reset(firstPing)
		case <-gone:
			return
		case <-closed:
			socket.Close(websocket.GoingAway, "")
			return
		}
		if err != nil {
			return
		}
	}
}
