package bitpay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// Every method that sends something takes options for that call.
func TestEveryCallTakesOptions(t *testing.T) {
	options, ctx := reflect.TypeFor[[]client.CallOption](), reflect.TypeFor[context.Context]()
	found := 0
	for _, of := range []any{&bitpay.Client{}, &bitpay.InvoiceService{}, &bitpay.RateService{}} {
		kind := reflect.TypeOf(of)
		for method := range kind.Methods() {
			if sends := method.Type.NumIn() > 1 && method.Type.In(1) == ctx; !sends {
				continue
			}
			found++
			if last := method.Type.In(method.Type.NumIn() - 1); !method.Type.IsVariadic() || last != options {
				t.Errorf("%v.%s takes no options", kind, method.Name)
			}
		}
	}
	if found < 15 {
		t.Errorf("%d methods were looked at", found)
	}
}

// One call may have another credential, by which its answer is understood, too.
func TestCallOptions(t *testing.T) {
	var got *http.Request
	c := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if key := r.Header.Get("X-Identity"); key != "" {
			public, err := bitpay.ParsePublicKey(key)
			if err != nil || public.Verify(bitpay.SignedText("http://"+r.Host+r.RequestURI, nil), r.Header.Get("X-Signature")) != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
		got = r
		if r.URL.Path == "/btcpay/tokens" || r.URL.Path == "/tokens" {
			fmt.Fprint(w, `{"data":[]}`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
	}), nil)
	id := bitpay.Generate()
	if _, err := c.Tokens(t.Context()); !errors.Is(err, bitpay.ErrNoIdentity) {
		t.Errorf("got %v, want ErrNoIdentity", err)
	}
	var response client.Response
	if _, err := c.Tokens(t.Context(), bitpay.As(id), client.CallHeader("X-A", "1"), client.CallQuery("a", "b"), client.Capture(&response)); err != nil {
		t.Fatal(err)
	}
	message := bitpay.SignedText("http://"+got.Host+got.RequestURI, nil)
	if err := id.Public().Verify(message, got.Header.Get("X-Signature")); err != nil || got.Header.Get("X-A") != "1" || got.URL.RawQuery != "a=b" || response.Status != 200 {
		t.Errorf("got %v: %v", got, err)
	}
	if _, err := c.Invoices.Get(t.Context(), "inv"); !errors.Is(err, bitpay.ErrNoCredential) {
		t.Errorf("got %v, want ErrNoCredential", err)
	}
	if _, err := c.Invoices.Get(t.Context(), "inv", bitpay.As(id)); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Errorf("got %v, want ErrNotPaired", err)
	}
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}, bitpay.As(bitpay.Anonymous{StoreID: "shop"})); !errors.Is(err, bitpay.ErrForbidden) || got.URL.Query().Get("storeId") != "shop" {
		t.Errorf("got %v of %v", err, got.URL)
	}
}
