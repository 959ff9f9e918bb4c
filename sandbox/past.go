package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// AddPast adds expired invoices of 1 USD to a store, one for each of the given times of creation, and returns their
// ids in the same order. It is for tests that need very many: it takes no requests, assigns no addresses and sends
// no notifications.
func (s *Sandbox) AddPast(storeID string, created []time.Time) ([]string, error) {
	var ids []string
	err := s.do(func() (err error) {
		ids, err = s.addPast(storeID, created)
		return err
	})
	return ids, err
}

func (s *Sandbox) addPast(storeID string, created []time.Time) ([]string, error) {
	st := s.state.Stores[storeID]
	if st == nil {
		return nil, fmt.Errorf("there is no store %q", storeID)
	}
	ids := make([]string, len(created))
	invoices := make([]*world.Invoice, len(created))
	for i, at := range created {
		inv := world.NewInvoice(st, at.UTC())
		inv.Price, inv.Currency = money.PriceIn(money.New(1, 0), "USD"), "USD"
		inv.Own, inv.Lazy = []byte("{}"), st.LazyPaymentMethods
		inv.Fresh, inv.Status = false, world.StatusExpired
		ids[i], invoices[i] = inv.ID, inv
	}
	// In order, so that each one is appended to the store's list.
	slices.SortStableFunc(invoices, world.Older)
	for _, inv := range invoices {
		s.state.AddInvoice(inv)
	}
	return ids, nil
}
