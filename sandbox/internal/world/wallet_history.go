package world

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// firstBlocks is the height of the chain at the start: a new regtest needs as many blocks before coins can be spent.
const firstBlocks = 100

// ChainHeight is the height of the chain after some blocks were found.
func ChainHeight(found int) int { return firstBlocks + found }

// BlockHash is the hash of the block at a height of the chain.
func BlockHash(height int) string {
	hash := sha256.Sum256([]byte("block " + strconv.Itoa(height)))
	return hex.EncodeToString(hash[:])
}

// Coin is an output that a wallet received, and did not spend: wallets here spend nothing.
type Coin struct {
	*Payment
	Index uint32 // of its address in the external chain
}

// CoinsOf returns what was paid to the addresses of a derivation scheme, by invoices of any store and without, oldest
// first. Of a payment that was replaced nothing is left.
func (st *State) CoinsOf(scheme string) []Coin {
	var coins []Coin
	for _, inv := range st.paidTo[scheme] {
		for _, p := range inv.Payments {
			if !p.Replaced {
				coins = append(coins, Coin{p, inv.Prompt.Index})
			}
		}
	}
	if t := st.Schemes[scheme]; t != nil {
		for _, p := range t.Deposits {
			if !p.Replaced {
				coins = append(coins, Coin{&p.Payment, p.Index})
			}
		}
	}
	slices.SortStableFunc(coins, func(a, b Coin) int { return a.Received.Compare(b.Received) })
	return coins
}

// CoinOf returns what a transaction paid to a scheme; nil if it paid nothing.
func (st *State) CoinOf(scheme, txID string) *Coin {
	for _, c := range st.CoinsOf(scheme) {
		if c.TxID == txID {
			return &c
		}
	}
	return nil
}

// Balance is the sum of what is in blocks, and of what is not yet.
func Balance(coins []Coin) (confirmed, unconfirmed money.Decimal) {
	confirmed, unconfirmed = money.New(0, 0), money.New(0, 0)
	for _, c := range coins {
		if c.Height > 0 {
			confirmed = confirmed.Add(c.Amount)
		} else {
			unconfirmed = unconfirmed.Add(c.Amount)
		}
	}
	return confirmed, unconfirmed
}

// indexPaid notes that an invoice has payments, under the scheme and the store that they were made to.
func (st *State) indexPaid(inv *Invoice) {
	if len(inv.Payments) == 0 || inv.Prompt == nil {
		return
	}
	add := func(index map[string][]*Invoice, name string) {
		list := index[name]
		at, found := slices.BinarySearchFunc(list, inv, func(a, b *Invoice) int { return cmp.Compare(a.Number, b.Number) })
		if !found {
			index[name] = slices.Insert(list, at, inv)
		}
	}
	add(st.paidTo, inv.Prompt.Scheme)
	add(st.paidIn, inv.StoreID)
}
