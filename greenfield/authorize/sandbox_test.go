package authorize_test

import (
	"errors"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// TestConsentIsProven lets a person consent on the page that the URL leads to,
// and copies the key.
func TestConsentIsProven(t *testing.T) {
	ctx, s := t.Context(), sandbox.New(t)
	anybody := connect(t, s.URL, nil)
	request := authorize.Request{
		ApplicationName: "Shop & Co", Permissions: []greenfield.Permission{greenfield.CanViewInvoices, greenfield.CanViewProfile},
	}
	page, err := authorize.URL(anybody, request)
	if err != nil {
		t.Fatal(err)
	}
	person := human.New(s.URL)
	defer person.Close()
	if err := person.LogIn(ctx, s.Seed.Email, s.Seed.Password); err != nil {
		t.Fatal(err)
	}
	if _, err := person.Open(ctx, page); err != nil {
		t.Fatal(err)
	}
	if _, err := person.Press(ctx, "Authorize"); err != nil {
		t.Fatal(err)
	}
	key, err := greenfield.ParsePastedKey(` "` + person.At().Query().Get("key") + "\"\n")
	if err != nil {
		t.Fatal(err)
	}
	proof, err := authorize.Prove(ctx, anybody, key, request)
	if err != nil || proof.Grant.Match != authorize.MatchSame || proof.User == nil || proof.User.Email != s.Seed.Email || proof.Key.Label != "Shop & Co" {
		t.Fatalf("%+v, %v", proof, err)
	}
	if _, err := authorize.Prove(ctx, anybody, apiKey(t, testKey), request); !errors.Is(err, authorize.ErrNotProven) {
		t.Error(err)
	}
}
