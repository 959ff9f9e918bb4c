package world

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// payoutProof is the proof of a payment that the server saw on the chain, with the names that its database has.
type payoutProof struct {
	Accounted     bool     `json:"Accounted"`
	ProofType     string   `json:"ProofType"`
	Candidates    []string `json:"Candidates,omitempty"`
	TransactionID string   `json:"TransactionId"`
}

func (p *Payout) prove(txID string, candidates ...string) {
	proof, err := json.Marshal(payoutProof{true, "PayoutTransactionOnChainBlob", candidates, txID})
	if err != nil {
		panic(err) // texts
	}
	p.Proof = StoredJSON(proof)
}

// PayoutAt returns the payout that waits for its store's wallet to pay an address; nil if there is none.
func (st *State) PayoutAt(address string) *Payout {
	for _, p := range st.Payouts {
		if p.Method == OnChain && p.State == PayoutAwaitingPayment && p.Address == address && st.Stores[p.StoreID].Wallet != nil {
			return p
		}
	}
	return nil
}

// PayPayout makes a transaction of the store's wallet pay a payout, and finds blocks right after it. By the server's source
// the payout is in progress until the first block.
func (w *World) PayPayout(p *Payout, blocks int) (txID string) {
	p.Tx = random.Hex(32)
	w.State.payouts.unconfirmed[p.ID] = p
	p.prove(p.Tx, p.Tx)
	w.State.setState(p, PayoutInProgress)
	w.savePayout(p, EventPayoutUpdated, true)
	txID = p.Tx
	w.Mine(blocks)
	return txID
}

// confirmPayouts completes the payouts whose transactions are in a block now.
func (w *World) confirmPayouts() {
	for _, p := range inRows(slices.Collect(maps.Values(w.State.payouts.unconfirmed))) {
		if p.State == PayoutInProgress && isProvedBy(p) {
			p.prove(p.Tx)
			w.State.setState(p, PayoutCompleted)
			w.savePayout(p, EventPayoutUpdated, true)
		}
		p.Tx = ""
		w.State.touchPayout(p)
	}
	clear(w.State.payouts.unconfirmed)
}

// isProvedBy reports whether the proof of a payout still is its transaction: the payout may have been marked since.
func isProvedBy(p *Payout) bool {
	var proof payoutProof
	return json.Unmarshal(p.Proof, &proof) == nil && proof.Accounted && slices.Contains(proof.Candidates, p.Tx)
}

// Pays reports whether an amount is the one that a payout waits for. The server ignores any other.
func (p *Payout) Pays(amount money.Decimal) bool { return p.Amount != nil && p.Amount.Cmp(amount) == 0 }
