package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Payment is a payment to an invoice's address on the chain.
type Payment struct {
	// Amount is in BTC, above 0 and with at most 8 decimals, such as "0.0002". Empty is the amount due.
	Amount string
	// Confirmations is how many blocks are found right after the payment, 0 to 10,000. They confirm other payments
	// as well.
	Confirmations int
	// RBF says that the transaction may be replaced, so that it counts only with its first block.
	RBF bool
}

const (
	maxBlocks  = 10_000
	maxAdvance = 10 * 365 * 24 * time.Hour
)

var errAdvance = errors.New(`advance: must be a duration from 0 to 10 years, such as "30s" or "24h"`)

// Pay pays an invoice of either API, and returns the id of the transaction. A lazy invoice gets its address now. An
// expired invoice is paid late. An error says that nothing is due, that the invoice does not exist or has no
// address, or what is wrong with the payment.
func (s *Sandbox) Pay(invoiceID string, p Payment) (txID string, err error) {
	err = s.do(func() error {
		inv, amount, err := s.preparePayment(invoiceID, p, world.Shares["all"])
		if err != nil {
			return err
		}
		txID = s.world.Receive(inv, amount, p.RBF, p.Confirmations).TxID
		return nil
	})
	return txID, err
}

// check checks a payment with an amount.
func (p Payment) check() (amount money.Decimal, err error) {
	amount, err = money.Parse(p.Amount)
	if err != nil || amount.Sign() <= 0 || amount.Trim(0).Places() > 8 || amount.Cmp(money.New(21_000_000, 0)) > 0 {
		return money.Decimal{}, errors.New(`amount: must be BTC above 0 with at most 8 decimals, such as "0.0002"`)
	}
	if p.Confirmations < 0 || p.Confirmations > maxBlocks {
		return money.Decimal{}, fmt.Errorf("confirmations: must be 0 to %d", maxBlocks)
	}
	return amount.Trim(0), nil
}

// Expire lets a new invoice expire now. An error says that it does not exist, or is not new.
func (s *Sandbox) Expire(invoiceID string) error {
	return s.do(func() error {
		inv := s.state.Invoices[invoiceID]
		if inv == nil {
			return fmt.Errorf("there is no invoice %q", invoiceID)
		}
		if !s.world.Expire(inv) {
			return fmt.Errorf("the invoice %s is %s, so it cannot expire", invoiceID, inv.Status)
		}
		return nil
	})
}

// Mine finds 1 to 10,000 blocks. The first one includes all unconfirmed payments.
func (s *Sandbox) Mine(blocks int) error {
	return s.do(func() error { return s.findBlocks(blocks) })
}

func (s *Sandbox) findBlocks(blocks int) error {
	if blocks < 1 || blocks > maxBlocks {
		return fmt.Errorf("blocks: must be 1 to %d", maxBlocks)
	}
	s.world.Mine(blocks)
	return nil
}

// Advance moves the sandbox's clock forward, by ten years at most, and lets happen what is due by then: pairing
// codes and invoices expire, and notifications that were not accepted are sent again.
func (s *Sandbox) Advance(d time.Duration) error {
	return s.do(func() error { return s.advance(d) })
}

func (s *Sandbox) advance(d time.Duration) error {
	if d < 0 || d > maxAdvance {
		return errAdvance
	}
	s.world.Advance(d)
	return nil
}

// A Node is the state of the server's Bitcoin node.
type Node string

// The states of a node. While it is behind or away, the server cannot create invoices with a price.
const (
	NodeReady  Node = "ready"
	NodeBehind Node = "behind" // it has not read all blocks yet
	NodeAway   Node = "away"   // the server cannot reach it
)

// SetNode changes the state of the server's node, which is ready at first.
func (s *Sandbox) SetNode(state Node) error {
	return s.do(func() error { return s.setNode(state) })
}

func (s *Sandbox) setNode(state Node) error {
	own := map[Node]world.Node{NodeReady: world.NodeReady, NodeBehind: world.NodeBehind, NodeAway: world.NodeAway}
	node, known := own[state]
	if !known {
		return fmt.Errorf("node: must be %s, %s or %s", NodeReady, NodeBehind, NodeAway)
	}
	s.state.Node = node
	s.state.Change()
	return nil
}

// Now is the time of the sandbox's clock, in UTC.
func (s *Sandbox) Now() time.Time { return s.world.Now() }

// Approve approves a pairing, as an owner of the store does on the page: the key that requested the code may use the
// store from now on. If storeID is empty it is the store of the [Seed]. An error says that the code or the store
// does not exist, that the code expired, or that the key is paired with another store.
func (s *Sandbox) Approve(pairingCode, storeID string) error {
	return s.do(func() error {
		_, err := s.approve(pairingCode, storeID)
		return err
	})
}

// approve returns the store for which it approved.
func (s *Sandbox) approve(pairingCode, storeID string) (string, error) {
	if storeID == "" {
		storeID = s.seed.StoreID
	}
	p := s.state.Pairings[strings.TrimSpace(pairingCode)]
	switch {
	case p == nil:
		return "", fmt.Errorf("there is no pairing code %q", pairingCode)
	case s.state.Stores[storeID] == nil:
		return "", fmt.Errorf("there is no store %q", storeID)
	}
	s.state.Change()
	switch result := s.state.PairWithStore(p, storeID, s.world.Now()); result {
	case world.PairingExpired:
		return "", fmt.Errorf("the pairing code %s expired", pairingCode)
	case world.PairingReusedKey:
		return "", fmt.Errorf("the key of the pairing code %s is paired with another store", pairingCode)
	default: // a code without a key waits until a client claims it
		return storeID, nil
	}
}

// do runs an action for a caller in Go.
func (s *Sandbox) do(what func() error) error {
	if err := s.world.Act(what); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}
