package pages

import (
	"bufio"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestSilentSocket has what a client gets that sends little: texts now and then, until it does not receive them.
func TestSilentSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		bell, ended := &world.Bell{Rung: make(chan struct{}, 1)}, make(chan struct{})
		go func() {
			defer close(ended)
			listen(server, bufio.NewReader(server), bell, nil)
		}()
		start := time.Now()
		ping := func(want time.Duration) {
			t.Helper()
			frame := make([]byte, 6)
			if _, err := client.Read(frame); err != nil || string(frame) != "\x81\x04ping" || time.Since(start) != want {
				t.Errorf("%q after %v, %v; want a ping after %v", frame, time.Since(start), err, want)
			}
			start = time.Now()
		}
		ping(30 * time.Second)
		ping(25 * time.Second)
		time.Sleep(20 * time.Second)
		if _, err := client.Write([]byte{0x81, 0x80, 0, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
		ping(50 * time.Second) // a message of the client begins the wait anew
		select {               // then it receives nothing
		case <-ended:
		case <-time.After(time.Minute):
			t.Error("a client that does not receive is kept")
		}
		client.Close()
		<-ended
	})
}
