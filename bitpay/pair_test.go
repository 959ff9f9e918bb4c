package bitpay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

func wantPaired(t *testing.T, c *bitpay.Client, want bool) {
	t.Helper()
	tokens, err := c.Tokens(t.Context())
	if err != nil || (len(tokens) == 1) != want {
		t.Fatalf("got %v, %v, want paired: %t", tokens, err, want)
	}
	if want && (tokens[0].Facade != "merchant" || len(tokens[0].Value.Reveal()) < 40) {
		t.Fatalf("got the facade %s", tokens[0].Facade)
	}
}

func TestPairClientSide(t *testing.T) {
	w := newWorld(t)
	id := bitpay.Generate()
	c := w.client(id)
	wantPaired(t, c, false)
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Errorf("before: got %v, want ErrNotPaired", err)
	}
	const lifetime = 15 * time.Minute
	start := time.Now()
	pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{Label: "till <1>", StoreID: bitpay.StoreID(w.server.Seed.StoreID)})
	if err != nil {
		t.Fatal(err)
	}
	if left := pairing.Left(); left < lifetime-time.Since(start)-time.Second || left > lifetime {
		t.Errorf("%v left", left)
	}
	want := w.server.URL + "/api-access-request?pairingCode=" + pairing.Code + "&selectedStore=" + w.server.Seed.StoreID
	if pairing.ApproveURL != want || pairing.Label != "till <1>" || pairing.Facade != "merchant" || len(pairing.Code) != 7 {
		t.Errorf("got %+v", pairing)
	}
	if text := fmt.Sprintf("%+v", pairing); strings.Contains(text, pairing.Token.Reveal()) {
		t.Errorf("the token prints: %s", text)
	}

	var asked []bitpay.PairProgress
	var least time.Duration // that is left at the first question
	tokens, err := c.WaitPaired(t.Context(), bitpay.WaitOptions{
		Until: pairing.Expires, Interval: 10 * time.Millisecond,
		Progress: func(p bitpay.PairProgress) {
			if asked = append(asked, p); len(asked) == 1 {
				least = lifetime - time.Since(start) - time.Second
			}
			if len(asked) == 2 {
				if _, err := w.owner.Approve(t.Context(), pairing.ApproveURL, w.server.Seed.StoreID); err != nil {
					t.Error(err)
				}
			}
		},
	})
	if err != nil || len(tokens) != 1 || !tokens[0].Value.Equal(pairing.Token) {
		t.Fatalf("got %v, %v", tokens, err)
	}
	if len(asked) != 2 || asked[1].Attempt != 2 || asked[0].Err != nil || asked[0].Left < least || asked[0].Left > lifetime+time.Second {
		t.Errorf("progress: %+v", asked)
	}
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); err != nil {
		t.Errorf("after: %v", err)
	}
	// An approved code is gone.
	if _, err := c.ClaimPairing(t.Context(), pairing.Code, bitpay.ClaimOptions{}); !errors.Is(err, bitpay.ErrCodeUnknown) {
		t.Errorf("got %v, want ErrCodeUnknown", err)
	}
}

func TestPairServerSide(t *testing.T) {
	w := newWorld(t)
	code := w.codeFor(w.server.Seed.StoreID, "", "")
	c := w.client(bitpay.Generate())
	pairing, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{Label: "till 2"})
	if err != nil || pairing.Code != code || pairing.Label != "till 2" || !strings.Contains(pairing.ApproveURL, code) {
		t.Fatalf("got %+v, %v", pairing, err)
	}
	wantPaired(t, c, true)
	// A label of the person who made the code goes before.
	other := w.client(bitpay.Generate())
	if pairing, err = other.ClaimPairing(t.Context(), w.codeFor(w.server.Seed.StoreID, "named", ""), bitpay.ClaimOptions{Label: "till 3"}); err != nil || pairing.Label != "named" {
		t.Errorf("got %+v, %v", pairing, err)
	}
}

func TestPairByPublicKey(t *testing.T) {
	w := newWorld(t)
	id := bitpay.Generate()
	c := w.client(id)
	w.codeFor(w.server.Seed.StoreID, "pasted", id.PublicKey())
	wantPaired(t, c, false)
	if _, err := w.owner.Press(t.Context(), "Approve"); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, true)
}

// The answer to a claim is the same, and the key is not paired.
func TestPairingWithoutAStoreIsPartial(t *testing.T) {
	w := newWorld(t)
	c := w.client(bitpay.Generate())
	pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{})
	if err != nil || strings.Contains(pairing.ApproveURL, "selectedStore") {
		t.Fatal(pairing, err)
	}
	if _, err := c.ClaimPairing(t.Context(), pairing.Code, bitpay.ClaimOptions{}); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, false)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("asked often enough")
	_, err = c.WaitPaired(ctx, bitpay.WaitOptions{Interval: time.Millisecond, Progress: func(p bitpay.PairProgress) {
		if p.Attempt == 5 {
			cancel(enough)
		}
	}})
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	if _, err := w.owner.Approve(t.Context(), pairing.ApproveURL, ""); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, true)
}

func TestReusedKey(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	code := w.codeFor(w.store(map[string]any{"name": "other"}), "", "")
	_, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{})
	if !errors.Is(err, bitpay.ErrReusedKey) || !strings.Contains(err.Error(), "ReusedKey") || client.FateUnknown(err) {
		t.Errorf("got %v, want ErrReusedKey", err)
	}
	// The code is used up, and the key still belongs to its store.
	if _, err := w.client(bitpay.Generate()).ClaimPairing(t.Context(), code, bitpay.ClaimOptions{}); !errors.Is(err, bitpay.ErrCodeUnknown) {
		t.Errorf("got %v, want ErrCodeUnknown", err)
	}
	wantPaired(t, c, true)
	// The same store again is fine.
	if _, err := c.ClaimPairing(t.Context(), w.codeFor(w.server.Seed.StoreID, "", ""), bitpay.ClaimOptions{}); err != nil {
		t.Error(err)
	}
}

func TestCodesThatCannotBeClaimed(t *testing.T) {
	w := newWorld(t)
	c := w.client(bitpay.Generate())
	expired := w.codeFor(w.server.Seed.StoreID, "", "")
	w.control("effect", map[string]string{"expirePairingCode": expired})
	for code, want := range map[string]error{expired: bitpay.ErrPairingExpired, "AbCdEfG": bitpay.ErrCodeUnknown} {
		if _, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
}

func TestBadInputPairing(t *testing.T) {
	c := newClient(t, "https://btcpay.example.com", bitpay.Generate())
	for _, code := range []string{"", "a b", "../x", "a/b", strings.Repeat("a", 65), "é"} {
		_, err := c.ClaimPairing(t.Context(), code, bitpay.ClaimOptions{})
		if request, ok := errors.AsType[*client.RequestError](err); !ok || request.Member != "pairing code" {
			t.Errorf("%q: got %v", code, err)
		}
		if _, err := c.ApproveURL(code, ""); err == nil {
			t.Errorf("%q became an address", code)
		}
		if _, err := c.AccessTokensURL(bitpay.StoreID(code)); err == nil {
			t.Errorf("%q became an address", code)
		}
	}
	if _, err := c.ApproveURL("AbCdEfG", "../x"); err == nil {
		t.Error("a store id with a slash became a part of an address")
	}
	bare := newClient(t, "https://btcpay.example.com", nil)
	_, requested := bare.RequestPairing(t.Context(), bitpay.PairingRequest{})
	_, claimed := bare.ClaimPairing(t.Context(), "AbCdEfG", bitpay.ClaimOptions{})
	_, listed := bare.Tokens(t.Context())
	_, waited := bare.WaitPaired(t.Context(), bitpay.WaitOptions{})
	for _, err := range []error{requested, claimed, listed, waited} {
		if !errors.Is(err, bitpay.ErrNoIdentity) {
			t.Errorf("got %v, want ErrNoIdentity", err)
		}
	}
	var none *bitpay.Identity
	if _, err := bitpay.New("https://btcpay.example.com", none); !errors.Is(err, bitpay.ErrNoIdentity) {
		t.Errorf("got %v, want ErrNoIdentity", err)
	}
	if _, err := bitpay.New("https://btcpay.example.com", bitpay.LegacyKey{}); !errors.Is(err, bitpay.ErrLegacyKey) {
		t.Errorf("got %v, want ErrLegacyKey", err)
	}
	if _, err := bitpay.New("https://btcpay.example.com", bitpay.Anonymous{}); err == nil {
		t.Error("no store, and no error")
	}
}

func TestBadInputPairingAnswers(t *testing.T) {
	id := bitpay.Generate()
	code := func(members string) string { return `{"data":[{"facade":"merchant","token":"t",` + members + `}]}` }
	for name, test := range map[string]struct{ body, why string }{
		"empty":               {"", "it is empty"},
		"a page":              {"<html><title>Welcome</title>", `titled "Welcome"`},
		"no data":             {`{}`, `no "data"`},
		"null for data":       {`{"data":null}`, `no "data"`},
		"no code":             {`{"data":[]}`, "0 pairing codes"},
		"two codes":           {`{"data":[{},{}]}`, "2 pairing codes"},
		"a code with a slash": {code(`"pairingCode":"a/../b","pairingExpiration":1795421440812`), "code is none"},
		"another code":        {code(`"pairingCode":"other12","pairingExpiration":1795421440812`), "another than was claimed"},
		"no expiry":           {code(`"pairingCode":"AbCdEfG"`), "no expiry"},
		"an expiry in text":   {code(`"pairingCode":"AbCdEfG","pairingExpiration":"soon"`), "unix milliseconds"},
		"an expiry for ever":  {code(`"pairingCode":"AbCdEfG","pairingExpiration":99999999999999999`), "unix milliseconds"},
		"duplicated members":  {code(`"pairingCode":"AbCdEfG","pairingCode":"AbCdEfG","pairingExpiration":1795421440812`), "duplicate JSON field"},
		"duplicated by case":  {code(`"pairingCode":"AbCdEfG","PairingCode":"AbCdEfG","pairingExpiration":1795421440812`), "duplicate JSON field"},
		"invalid UTF-8":       {code("\"label\":\"\xff\",\"pairingCode\":\"AbCdEfG\""), "not UTF-8"},
		"more than 64 KiB":    {code(`"pairingCode":"` + strings.Repeat("a", 70_000) + `"`), "more than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c := respond(t, 200, test.body, id)
			_, err := c.ClaimPairing(t.Context(), "AbCdEfG", bitpay.ClaimOptions{})
			if _, ok := errors.AsType[*client.AnswerError](err); !ok || !strings.Contains(err.Error(), test.why) || !client.FateUnknown(err) {
				t.Errorf("got %v, want an AnswerError about %q", err, test.why)
			}
		})
	}
	for _, body := range []string{`{}`, `{"data":null}`, `{"data":[{"merchant":"a","merchant":"b"}]}`, "", `[]`, `{"data":{}}`} {
		if tokens, err := respond(t, 200, body, id).Tokens(t.Context()); err == nil {
			t.Errorf("%s was read as %v", body, tokens)
		}
	}
}

func TestRevokedToken(t *testing.T) {
	w := newWorld(t)
	c, _ := w.paired(w.server.Seed.StoreID)
	tokens, err := c.Tokens(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Open(t.Context(), "/stores/"+w.server.Seed.StoreID+"/tokens/"+tokens[0].Value.Reveal()+"/revoke"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Press(t.Context(), "Revoke"); err != nil {
		t.Fatal(err)
	}
	wantPaired(t, c, false)
	if _, err := c.Invoices.Create(t.Context(), bitpay.InvoiceRequest{}); !errors.Is(err, bitpay.ErrNotPaired) {
		t.Errorf("got %v, want ErrNotPaired", err)
	}
}
