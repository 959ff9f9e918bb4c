package bitpay_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// A module is a key that cannot be read, as in hardware.
type module struct {
	public bitpay.PublicKey
	sign   func(ctx context.Context, digest [32]byte) ([]byte, error)
}

func (m module) PublicKey() bitpay.PublicKey { return m.public }

func (m module) Sign(ctx context.Context, digest [32]byte) ([]byte, error) {
	return m.sign(ctx, digest)
}

func newModule(t *testing.T, form func(r, s *big.Int) []byte) module {
	t.Helper()
	key, err := btcec.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := bitpay.ParsePublicKey(hex.EncodeToString(key.PubKey().SerializeUncompressed()))
	if err != nil {
		t.Fatal(err)
	}
	return module{public, func(_ context.Context, digest [32]byte) ([]byte, error) {
		signature := ecdsa.Sign(key, digest[:])
		r, s := signature.R(), signature.S()
		rBytes, sBytes := r.Bytes(), s.Bytes()
		return form(new(big.Int).SetBytes(rBytes[:]), new(big.Int).SetBytes(sBytes[:])), nil
	}}
}

func integers(r, s *big.Int) []byte {
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

func der(r, s *big.Int) []byte {
	integer := func(n *big.Int) []byte {
		raw := n.Bytes()
		if raw[0] >= 0x80 {
			raw = append([]byte{0}, raw...)
		}
		return append([]byte{2, byte(len(raw))}, raw...)
	}
	body := append(integer(r), integer(s)...)
	return append([]byte{0x30, byte(len(body))}, body...)
}

func high(form func(r, s *big.Int) []byte) func(r, s *big.Int) []byte {
	return func(r, s *big.Int) []byte { return form(r, new(big.Int).Sub(btcec.S256().N, s)) }
}

// A key that lives elsewhere pairs and makes requests as one that lives here, whatever
// form its signatures have.
func TestRemoteIdentity(t *testing.T) {
	for name, form := range map[string]func(r, s *big.Int) []byte{"DER": der, "integers": integers, "high DER": high(der), "high integers": high(integers)} {
		remote, err := bitpay.NewRemoteIdentity(newModule(t, form))
		if err != nil {
			t.Fatal(err)
		}
		var seen *http.Request
		c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			seen = r
			fmt.Fprint(w, `{"data":[]}`)
		}), remote)
		if _, err := c.Tokens(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		message := bitpay.SignedText("http://"+seen.Host+seen.RequestURI, nil)
		if err := remote.Public().VerifyStrict(message, seen.Header.Get("X-Signature")); err != nil || seen.Header.Get("X-Identity") != remote.PublicKey() {
			t.Errorf("%s: %v", name, err)
		}
		if err := bitpay.ValidateSIN(remote.SIN()); err != nil {
			t.Error(err)
		}
	}
}

// A module that fails, or signs with another key, sends nothing.
func TestBadInputSigner(t *testing.T) {
	good := newModule(t, der)
	broken := errors.New("the module is locked")
	for name, sign := range map[string]func(context.Context, [32]byte) ([]byte, error){
		"a failure":   func(context.Context, [32]byte) ([]byte, error) { return nil, broken },
		"nothing":     func(context.Context, [32]byte) ([]byte, error) { return nil, nil },
		"another key": newModule(t, der).sign,
		"zeros":       func(context.Context, [32]byte) ([]byte, error) { return make([]byte, 64), nil },
		"more": func(ctx context.Context, d [32]byte) ([]byte, error) {
			raw, err := good.sign(ctx, d)
			return append(raw, 0), err
		},
		"another digest": func(ctx context.Context, d [32]byte) ([]byte, error) {
			return good.sign(ctx, sha256.Sum256(d[:]))
		},
	} {
		remote, err := bitpay.NewRemoteIdentity(module{good.public, sign})
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, serve(t, func(http.ResponseWriter, *http.Request) { t.Errorf("%s: it was sent", name) }), remote)
		_, err = c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{})
		if !errors.Is(err, bitpay.ErrSigner) || client.FateUnknown(err) || name == "a failure" && !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want ErrSigner", name, err)
		}
	}
	if _, err := bitpay.NewRemoteIdentity(nil); err == nil {
		t.Error("no signer was taken")
	}
	if _, err := bitpay.NewRemoteIdentity(module{}); !errors.Is(err, bitpay.ErrPublicKeyFormat) {
		t.Errorf("got %v", err)
	}
}

// Keys share the connections of one client, and a pointer or a nil is no way around the
// checks.
func TestFrom(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.Header.Get("X-Identity")+r.Header.Get("Authorization")+r.URL.Query().Get("storeId")] = true
		fmt.Fprint(w, `{"data":{"id":"inv","price":0,"currency":"USD"}}`)
	}))
	t.Cleanup(server.Close)
	conn, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.CloseIdleConnections)
	legacy, err := bitpay.NewLegacyKey(client.NewSecret(strings.Repeat("aB3", 15)[:43]))
	if err != nil {
		t.Fatal(err)
	}
	for _, credential := range []bitpay.Credential{bitpay.Generate(), bitpay.Generate(), legacy, bitpay.Anonymous{StoreID: "store"}} {
		if _, err := bitpay.From(conn, credential).Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); err != nil {
			t.Error(err)
		}
	}
	for _, credential := range []bitpay.Credential{&legacy, &bitpay.Anonymous{StoreID: "store"}} {
		if _, err := bitpay.From(conn, credential).Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); err != nil {
			t.Error(err)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d credentials arrived", len(seen))
	}
	for want, credential := range map[error]bitpay.Credential{
		bitpay.ErrNoIdentity: (*bitpay.Identity)(nil), bitpay.ErrLegacyKey: (*bitpay.LegacyKey)(nil), bitpay.ErrNoCredential: nil,
	} {
		if _, err := bitpay.From(conn, credential).Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
