package root

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A wait reads an invoice when the server reports a change, and not before: with an
// interval of an hour only the socket can end it.
func TestWaitListens(t *testing.T) {
	c := newControlled(t)
	for _, api := range []string{"greenfield", "bitpay"} {
		t.Run(api, func(t *testing.T) {
			c.t = t
			if api == "bitpay" {
				c.env["BTCPAYCTL_PRIVATE_KEY_FILE"] = pairedKey(t, c)
			}
			id := c.ok("invoice create --amount 10 --currency USD -o name --api " + api)
			before := len(c.Requests())
			done := make(chan *given, 1)
			go func() { done <- c.run("invoice wait " + id + " --interval 1h --jq .status --api " + api) }()
			reads, sockets := 0, 0
			count := func() {
				reads, sockets = 0, 0
				for _, r := range c.Requests()[before:] {
					switch {
					case strings.HasSuffix(r.Path, "/status/ws"):
						sockets++
					case strings.Contains(r.Path, "/invoices/"+id):
						reads++
					}
				}
			}
			until := func(want int) {
				for end := time.Now().Add(2 * time.Minute); reads < want; count() {
					if time.Now().After(end) {
						t.Fatalf("%d reads, wanted %d", reads, want)
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
			until(1)
			if _, err := c.Pay(id, sandbox.Payment{}); err != nil {
				t.Fatal(err)
			}
			until(2)
			if err := c.Mine(1); err != nil {
				t.Fatal(err)
			}
			g := <-done
			count()
			if g.code != 0 || strings.TrimSpace(g.stdout) != "settled" || sockets != 1 {
				t.Errorf("exit %d after %d sockets: %s%s", g.code, sockets, g.stdout, g.stderr)
			}
			if reads > 3 {
				t.Errorf("%d reads of one invoice", reads)
			}
		})
	}
}

// pairedKey returns the file of a key that is approved for the store of the seed.
func pairedKey(t *testing.T, c *controlled) string {
	t.Helper()
	key := bitpay.Generate()
	client, err := bitpay.New(c.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	pairing, err := client.RequestPairing(t.Context(), bitpay.PairingRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Approve(pairing.Code, ""); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.hex")
	if err := os.WriteFile(file, []byte(key.Hex().Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
