package bitpay_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// claimUnsigned puts a SIN behind a code as anybody can who knows the code: without
// a signature.
func (w *world) claimUnsigned(code, sin string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/tokens", strings.NewReader(`{"pairingCode":"`+code+`","id":"`+sin+`"}`))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.t.Fatal(answer.Status)
	}
}

// TestTakeover is the attack: an intruder who knows the victim's code claims it
// unsigned, and the owner approves without comparing.
func TestTakeover(t *testing.T) {
	w := newWorld(t)
	victim, intruder := bitpay.Generate(), bitpay.Generate()
	c := w.client(victim)
	pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{Label: "till"})
	if err != nil {
		t.Fatal(err)
	}
	if taken, err := c.CodeTaken(t.Context(), pairing.Code); taken || err != nil {
		t.Fatalf("a code that waits: %t, %v", taken, err)
	}
	// The look claims the code for the victim again: the page shows whose it is.
	w.claimUnsigned(pairing.Code, intruder.SIN())
	if taken, err := c.CodeTaken(t.Context(), pairing.Code); taken || err != nil {
		t.Fatalf("a code that was claimed and not approved: %t, %v", taken, err)
	}
	if page, err := w.owner.Open(t.Context(), pairing.ApproveURL); err != nil || !slices.Contains(page.Texts, victim.SIN()) {
		t.Fatalf("the page does not show the victim's SIN: %v", err)
	}
	w.claimUnsigned(pairing.Code, intruder.SIN())
	if page, err := w.owner.Open(t.Context(), pairing.ApproveURL); err != nil || !slices.Contains(page.Texts, intruder.SIN()) {
		t.Fatalf("the page does not show the intruder's SIN: %v", err)
	}
	if _, err := w.owner.Approve(t.Context(), pairing.ApproveURL, w.server.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, w.client(intruder), true)
	wantPaired(t, c, false)
	if taken, err := c.CodeTaken(t.Context(), pairing.Code); !taken || err != nil {
		t.Errorf("after it: %t, %v", taken, err)
	}
	if _, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{Code: pairing.Code, Until: pairing.Expires, Interval: time.Millisecond}); !errors.Is(err, bitpay.ErrCodeTaken) {
		t.Errorf("the wait ends with %v", err)
	}
	// Without the code nothing can tell.
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := c.WaitPaired(ctx, bitpay.WaitOptions{Until: pairing.Expires, Interval: time.Millisecond}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without the code: %v", err)
	}
}

// TestNotTaken has codes that end otherwise, which is no takeover.
func TestNotTaken(t *testing.T) {
	w := newWorld(t)
	c := w.client(bitpay.Generate())
	request := func(c *bitpay.Client) bitpay.Pairing {
		p, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	expired := request(c)
	w.control("effect", map[string]string{"expirePairingCode": expired.Code})
	if taken, err := c.CodeTaken(t.Context(), expired.Code); taken || err != nil {
		t.Errorf("expired: %t, %v", taken, err)
	}
	approved := request(c)
	if _, err := w.owner.Approve(t.Context(), approved.ApproveURL, w.server.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	if taken, err := c.CodeTaken(t.Context(), approved.Code); taken || err != nil {
		t.Errorf("approved for this key: %t, %v", taken, err)
	}
	// For another store the server refuses the key, which is paired all the same.
	reused := request(c)
	if _, err := w.owner.Approve(t.Context(), reused.ApproveURL, w.store(map[string]any{"name": "other"})); err != nil {
		t.Fatal(err)
	}
	if taken, err := c.CodeTaken(t.Context(), reused.Code); taken || err != nil {
		t.Errorf("used up for another store: %t, %v", taken, err)
	}
	bare := newClient(t, w.server.URL, nil)
	if _, err := bare.CodeTaken(t.Context(), "AbCdEfG"); !errors.Is(err, bitpay.ErrNoIdentity) {
		t.Error(err)
	}
	if _, err := c.CodeTaken(t.Context(), "../x"); err == nil {
		t.Error("no code, and no error")
	}
	for _, store := range []string{"", "../x", "a b"} {
		if page, err := c.TokensURL(bitpay.StoreID(store)); err == nil {
			t.Errorf("%q became %s", store, page)
		}
	}
}
