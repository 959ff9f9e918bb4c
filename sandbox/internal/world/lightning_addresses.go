package world

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// LightningAddress is the part before the @ of a Lightning address, and what invoices of it would have.
type LightningAddress struct {
	Username     string // in small letters
	Number       int    // order of creation
	StoreID      string
	CurrencyCode *string
	Min, Max     *money.Decimal
	Metadata     json.RawMessage `json:",omitempty"`
}

// FindLightningAddress returns the address of a name, in any case; nil if no store has it.
func (st *State) FindLightningAddress(username string) *LightningAddress {
	return st.LightningAddresses[strings.ToLower(username)]
}

// LightningAddressesOf returns those of a store, oldest first.
func (st *State) LightningAddressesOf(storeID string) []*LightningAddress {
	var of []*LightningAddress
	for _, a := range st.LightningAddresses {
		if a.StoreID == storeID {
			of = append(of, a)
		}
	}
	slices.SortFunc(of, func(a, b *LightningAddress) int { return a.Number - b.Number })
	return of
}

// SetLightningAddress makes an address, or replaces that of the store with the same name. It returns nil if another store
// has the name.
func (st *State) SetLightningAddress(a LightningAddress) *LightningAddress {
	a.Username = strings.ToLower(a.Username)
	switch old := st.LightningAddresses[a.Username]; {
	case old == nil:
		a.Number = st.Number()
	case old.StoreID != a.StoreID:
		return nil
	default:
		a.Number = old.Number
	}
	st.LightningAddresses[a.Username] = &a
	return &a
}

// RemoveLightningAddress removes an address.
func (st *State) RemoveLightningAddress(a *LightningAddress) {
	delete(st.LightningAddresses, a.Username)
}
