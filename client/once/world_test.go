package once_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/client/once"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A world is a sandbox, and the owner's key for what the tests look at.
type world struct {
	*sandbox.Sandbox
	address string
	seed    sandbox.Seed
	owner   *greenfield.Client
	open    atomic.Int64 // connections
	posts   atomic.Int64 // requests for an invoice that arrived
}

func newWorld(t testing.TB) *world {
	t.Helper()
	s, err := sandbox.NewHandler(sandbox.Options{})
	must(t, err)
	w := &world{Sandbox: s, seed: s.Seed()}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && (r.URL.Path == bitpayPath || r.URL.Path == w.greenfieldPath()) {
			w.posts.Add(1)
		}
		s.ServeHTTP(rw, r)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			w.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			w.open.Add(-1)
		case http.StateActive, http.StateIdle:
		}
	}
	server.Start()
	w.address = server.URL
	w.owner = w.greenfield(t, w.seed.APIKey)
	t.Cleanup(func() {
		w.owner.CloseIdleConnections()
		server.Close()
		must(t, s.Close())
	})
	return w
}

// quiet waits until the server has carried out all requests of clients that ended. The
// server accepts connections in their order, so it has accepted theirs once it answers a
// new one.
func (w *world) quiet(t testing.TB, h half) {
	t.Helper()
	h.hangUp()
	w.owner.CloseIdleConnections()
	if _, err := w.owner.Server.Health(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.owner.CloseIdleConnections()
	for end := time.Now().Add(patience); w.open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are still open", w.open.Load())
		}
	}
}

func (w *world) greenfield(t testing.TB, key string) *greenfield.Client {
	t.Helper()
	gf, err := connectGreenfield(w.address, key)
	must(t, err)
	t.Cleanup(gf.CloseIdleConnections)
	return gf
}

func connectGreenfield(address, key string) (*greenfield.Client, error) {
	credential, err := greenfield.NewAPIKey(client.NewSecret(key))
	if err != nil {
		return nil, err
	}
	return greenfield.New(address, credential, client.WithTimeout(patience), client.WithRetries(0))
}

func connectBitPay(address, key string) (*bitpay.Client, error) {
	imported, err := bitpay.ParsePrivateKey([]byte(key))
	if err != nil {
		return nil, err
	}
	return bitpay.New(address, imported.Identity, client.WithTimeout(patience), client.WithRetries(0))
}

// withOrder returns the ids of the store's invoices with an order id.
func (w *world) withOrder(t testing.TB, store client.StoreID, orderID string) (found []client.InvoiceID) {
	t.Helper()
	options := greenfield.InvoiceListOptions{OrderIDs: []string{orderID}, IncludeArchived: true}
	for invoice, err := range w.owner.Invoices.All(t.Context(), store, options) {
		must(t, err)
		found = append(found, invoice.ID)
	}
	return found
}

func (w *world) wantOne(t testing.TB, orderID string, id client.InvoiceID) {
	t.Helper()
	if found := w.withOrder(t, w.store(), orderID); !slices.Equal(found, []client.InvoiceID{id}) {
		t.Errorf("order %.40q has the invoices %v, want only %q", orderID, found, id)
	}
}

func (w *world) store() client.StoreID { return client.StoreID(w.seed.StoreID) }

func (w *world) secondStore(t testing.TB) client.StoreID {
	t.Helper()
	store, err := w.owner.Stores.Create(t.Context(), greenfield.StoreRequest{Name: "Second"})
	must(t, err)
	return store.ID
}

const bitpayPath = "/invoices"

func (w *world) greenfieldPath() string { return "/api/v1/stores/" + w.seed.StoreID + "/invoices" }

// An asked is a request for an invoice, in either API.
type asked struct{ orderID, amount, currency string }

// A half is CreateOnce of one API, with a credential.
type half struct {
	path   string // of the request for an invoice
	secret string
	create func(context.Context, once.Journal, client.StoreID, asked) (client.InvoiceID, error)
	hangUp func() // closes idle connections
}

// Names of the halves.
const (
	greenfieldHalf = "greenfield"
	bitpayHalf     = "bitpay"
)

// half connects a new credential for a store.
func (w *world) half(t testing.TB, name string, store client.StoreID) half {
	t.Helper()
	if name == greenfieldHalf {
		made, err := w.owner.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{
			Label: "once", Permissions: []greenfield.Permission{greenfield.CanCreateInvoice.ForStore(store), greenfield.CanViewInvoices.ForStore(store)},
		})
		must(t, err)
		secret := made.Key.Reveal()
		gf := w.greenfield(t, secret)
		return half{w.greenfieldPath(), secret, func(ctx context.Context, j once.Journal, store client.StoreID, a asked) (client.InvoiceID, error) {
			return createGreenfield(ctx, gf, j, store, a)
		}, gf.CloseIdleConnections}
	}
	identity := bitpay.Generate()
	bp, err := bitpay.New(w.address, identity, client.WithTimeout(patience), client.WithRetries(0))
	must(t, err)
	t.Cleanup(bp.CloseIdleConnections)
	pairing, err := bp.RequestPairing(t.Context(), bitpay.PairingRequest{Label: "once"})
	must(t, err)
	must(t, w.Approve(pairing.Code, string(store)))
	return half{bitpayPath, identity.PEM().Reveal(), func(ctx context.Context, j once.Journal, store client.StoreID, a asked) (client.InvoiceID, error) {
		return createBitPay(ctx, bp, j, store, a)
	}, bp.CloseIdleConnections}
}

func createGreenfield(ctx context.Context, gf *greenfield.Client, j once.Journal, store client.StoreID, a asked) (client.InvoiceID, error) {
	request := greenfield.InvoiceRequest{Amount: decimal(a.amount), Currency: a.currency}
	request.Metadata.SetText(greenfield.MetaOrderID, a.orderID)
	invoice, err := gf.Invoices.CreateOnce(ctx, j, store, request)
	return invoice.ID, err
}

func createBitPay(ctx context.Context, bp *bitpay.Client, j once.Journal, store client.StoreID, a asked) (client.InvoiceID, error) {
	invoice, err := bp.Invoices.CreateOnce(ctx, j, store, bitpay.InvoiceRequest{Price: decimal(a.amount), Currency: a.currency, OrderID: a.orderID})
	return invoice.ID, err
}

// halves runs a test with each half.
func halves(t *testing.T, test func(*testing.T, *world, half, string)) {
	for _, name := range []string{greenfieldHalf, bitpayHalf} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test(t, w, w.half(t, name, w.store()), name)
		})
	}
}
