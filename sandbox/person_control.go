package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Refuse refuses a pairing as a store's owner does, who closes the page: the page has no button for it, and the server reports
// nothing to the client that waits. The code expires now instead of after its 15 minutes. An error says that there is no such
// code.
func (s *Sandbox) Refuse(pairingCode string) error {
	return s.do(func() error { return s.refuse(pairingCode) })
}

func (s *Sandbox) refuse(pairingCode string) error {
	p := s.state.Pairings[strings.TrimSpace(pairingCode)]
	if p == nil {
		return fmt.Errorf("there is no pairing code %q", pairingCode)
	}
	if now := s.world.Now(); p.Expires.After(now) {
		p.Expires = now
	}
	s.state.Change()
	return nil
}

// Replace makes a transaction that pays elsewhere replace an unconfirmed payment, as a buyer can who cheats. An error says
// that there is no such transaction, or that it is in a block.
func (s *Sandbox) Replace(txID string) error {
	return s.do(func() error { return s.replace(txID) })
}

func (s *Sandbox) replace(txID string) error {
	if !s.world.Replace(txID) {
		return fmt.Errorf("there is no transaction %q, or it is in a block", txID)
	}
	return nil
}

func (s *Sandbox) controlReplace(body []byte) (any, error) {
	var ask struct {
		TxID string `json:"txid"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	return struct{}{}, s.replace(ask.TxID)
}

// payInvoice is the payment of an invoice by its id: of an amount, or of a share of what is due.
func (s *Sandbox) payInvoice(id, share string, p Payment) (any, error) {
	part := world.Shares[share]
	switch {
	case share == "":
		part = world.Shares["all"]
	case part == nil:
		return nil, errors.New("share: must be half, all or double")
	case p.Amount != "":
		return nil, errors.New("share: give either a share or an amount")
	}
	inv, amount, err := s.preparePayment(id, p, part)
	if err != nil {
		return nil, err
	}
	paid := s.world.Receive(inv, amount, p.RBF, p.Confirmations)
	return map[string]any{"txid": paid.TxID, "vout": paid.Vout, "address": paid.Address, "amount": amount.Text()}, nil
}

// preparePayment returns the invoice and the amount of a payment. The part is taken of the amount due if the payment has none.
func (s *Sandbox) preparePayment(invoiceID string, p Payment, part func(money.Decimal) money.Decimal) (*world.Invoice, money.Decimal, error) {
	inv := s.state.Invoices[invoiceID]
	if inv == nil {
		return nil, money.Decimal{}, fmt.Errorf("there is no invoice %q", invoiceID)
	}
	s.world.ActivateLazy(inv)
	if inv.Prompt == nil || inv.Prompt.Address == "" {
		return nil, money.Decimal{}, fmt.Errorf("the invoice %s has no address to pay to", invoiceID)
	}
	if p.Amount == "" {
		due := inv.Account(money.Digits(inv.Currency)).Due
		if due.Sign() <= 0 {
			return nil, money.Decimal{}, fmt.Errorf("nothing is due on the invoice %s: give an amount", invoiceID)
		}
		p.Amount = part(due).Text()
	}
	amount, err := p.check()
	return inv, amount, err
}

// askedPairing is what control asks of a pairing.
type askedPairing struct {
	Code    string `json:"code"`
	StoreID string `json:"storeId"`
	Refuse  bool   `json:"refuse"`
}

// controlApprove approves or refuses a pairing.
func (s *Sandbox) controlApprove(body []byte) (any, error) {
	var ask askedPairing
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	if ask.Refuse {
		return struct{}{}, s.refuse(ask.Code)
	}
	storeID, err := s.approve(ask.Code, ask.StoreID)
	if err != nil {
		return nil, err
	}
	return map[string]string{"storeId": storeID}, nil
}

// controlConsent decides on a consent page. It is not run with the world's lock held: the page is opened, and the program's
// address too.
func (s *Sandbox) controlConsent(ctx context.Context, body []byte) (any, error) {
	var ask struct {
		URL     string   `json:"url"`
		StoreID string   `json:"storeId"`
		Refuse  bool     `json:"refuse"`
		Add     []string `json:"add"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	outcome, err := s.Consent(ctx, ask.URL, human.Choice{StoreID: ask.StoreID, Refuse: ask.Refuse, Add: ask.Add})
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"decision": string(outcome.Decision), "storeId": outcome.StoreID, "redirect": outcome.Redirect, "apiKey": outcome.APIKey,
	}, nil
}
