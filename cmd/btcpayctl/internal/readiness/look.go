package readiness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A Store is what can be asked about one store. At least one client is set.
type Store struct {
	// Greenfield has the API key in use, or is nil.
	Greenfield *greenfield.Client
	// BitPay has a key of the store, or none if ID is set. It may be nil.
	BitPay *bitpay.Client
	// ID is empty if the store is that of the BitPay client's key.
	ID string
}

// Refine asks the server about causes that its refusal describes badly, and returns what
// is then known. What cannot be asked stays as it is.
func (s Store) Refine(ctx context.Context, causes []Cause) []Cause {
	refined := slices.Clone(causes)
	for i, c := range refined {
		switch c.Kind {
		case NodeAway:
			if node, ok := s.node(ctx); ok {
				refined[i] = node
			}
		case NoWallet, Disabled:
			if methods, err := s.methods(ctx); err == nil && len(methods) > 0 && len(methods.enabled()) == 0 {
				refined[i] = Cause{Kind: Disabled, Methods: methods.ids()}
			}
		case NoMethod:
			if methods, err := s.methods(ctx); err == nil {
				refined[i] = notAmong(c, methods)
			}
		default: // the refusal has all of it
		}
	}
	if len(causes) == 1 && causes[0].Kind == NoWallet {
		if node, ok := s.node(ctx); ok {
			refined = append(refined, node)
		}
	}
	return refined
}

// notAmong says which methods the store has, where other ones were asked for.
func notAmong(c Cause, methods methodList) Cause {
	switch enabled := methods.enabled(); {
	case len(methods) == 0:
		return Cause{Kind: NoWallet}
	case len(enabled) == 0:
		return Cause{Kind: Disabled, Methods: methods.ids()}
	default:
		c.Subject = strings.Join(c.Methods, ", ") + ". It has " + strings.Join(enabled, ", ")
	}
	for id, enabled := range methods {
		if !enabled && slices.Contains(c.Methods, id) {
			return Cause{Kind: MethodDisabled, Methods: []string{id}}
		}
	}
	return c
}

// A Report is whether a store can create invoices now.
type Report struct {
	Causes []Cause // why it cannot
	// Likely are causes that the server's response does not prove.
	Likely []Cause
	// Methods are the enabled payment methods; nil if the key may not read them.
	Methods []string
	// Rate is the pair whose rate was read, such as BTC_USD.
	Rate string
	// Archived is whether the store is archived: it still creates invoices, but its pages
	// do not list it.
	Archived bool
	// Unseen are the things that could not be read.
	Unseen []string
}

// Check reads what an invoice needs: a node, a payment method, and a rate of the store's
// currency. It changes nothing.
func (s Store) Check(ctx context.Context) Report {
	var r Report
	if node, ok := s.node(ctx); ok {
		r.Causes = append(r.Causes, node)
	}
	if s.checkMethods(ctx, &r) {
		s.checkRate(ctx, &r)
	}
	return r
}

// All are the causes and the likely causes, in the order in which to report them.
func (r Report) All() []Cause { return sorted(slices.Concat(r.Causes, r.Likely)) }

// checkMethods reports whether there is a point in looking further.
func (s Store) checkMethods(ctx context.Context, r *Report) bool {
	methods, err := s.methods(ctx)
	switch {
	case err == nil && len(methods) == 0:
		r.Causes = append(r.Causes, Cause{Kind: NoWallet})
		return false
	case err == nil && len(methods.enabled()) == 0:
		r.Causes = append(r.Causes, Cause{Kind: Disabled, Methods: methods.ids()})
		return false
	case err == nil:
		r.Methods = methods.enabled()
		return true
	}
	// The rates of BTC in the store's own methods: there are none without such a method.
	if s.BitPay != nil {
		_, err = s.BitPay.Rates.Base(ctx, "BTC", bitpay.RateOptions{StoreID: bitpay.StoreID(s.ID)})
	}
	switch {
	case errors.Is(err, bitpay.ErrPairFormat):
		r.Likely = append(r.Likely, Cause{Kind: NoWallet})
	case err != nil:
		r.Unseen = append(r.Unseen, "wallet")
	}
	return true
}

func (s Store) checkRate(ctx context.Context, r *Report) {
	currency := ""
	if s.Greenfield != nil {
		if store, err := s.Greenfield.Stores.Get(ctx, greenfield.StoreID(s.ID)); err == nil {
			currency, r.Archived = store.DefaultCurrency, store.Archived
		}
	}
	if s.BitPay == nil || strings.EqualFold(currency, "BTC") {
		return
	}
	options := bitpay.RateOptions{StoreID: bitpay.StoreID(s.ID), CryptoCode: "BTC"}
	pair := "the store's currency"
	if currency != "" {
		pair = "BTC_" + currency
		options.Pairs = []string{pair}
	}
	rates, err := s.BitPay.Rates.List(ctx, options)
	switch {
	case err != nil:
		r.Unseen = append(r.Unseen, "exchange rate")
	case len(rates) == 0:
		r.Causes = append(r.Causes, Cause{Kind: NoRate, Subject: pair})
	default:
		r.Rate = rates[0].CurrencyPair
	}
}

// methodList are a store's payment methods, and whether each is enabled.
type methodList map[string]bool

func (m methodList) ids() []string { return slices.Sorted(maps.Keys(m)) }

func (m methodList) enabled() []string {
	return slices.DeleteFunc(m.ids(), func(id string) bool { return !m[id] })
}

// UnmarshalJSON reads the list of servers since 2.0, and the object of 1.x (recordings
// 15-payment-methods).
func (m *methodList) UnmarshalJSON(data []byte) error {
	*m = methodList{}
	var list []struct {
		ID      string `json:"paymentMethodId"`
		Enabled bool   `json:"enabled"`
	}
	if err := json.Unmarshal(data, &list); err == nil {
		for _, method := range list {
			(*m)[method.ID] = method.Enabled
		}
		return nil
	}
	var object map[string]struct {
		Enabled bool `json:"enabled"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	for id, method := range object {
		(*m)[id] = method.Enabled
	}
	return nil
}

var errNotAsked = errors.New("no API key is in use")

// methods needs the permission to view the store's settings.
func (s Store) methods(ctx context.Context) (methodList, error) {
	if s.Greenfield == nil {
		return nil, errNotAsked
	}
	if err := client.CheckID("store id", s.ID); err != nil {
		return nil, err
	}
	return greenfield.Call[methodList](ctx, s.Greenfield, client.Request{Method: http.MethodGet, Path: []string{"api", "v1", "stores", s.ID, "payment-methods"}})
}

// node returns what is wrong with the server's node. It is false if nothing is, or if that
// is not known.
func (s Store) node(ctx context.Context) (Cause, bool) {
	health, err := s.health(ctx)
	if err != nil || health.Synchronized {
		return Cause{}, false
	}
	away := Cause{Kind: NodeAway}
	if s.Greenfield == nil {
		return away, true
	}
	info, err := s.Greenfield.Server.Info(ctx)
	if err != nil { // servers that never reached their block explorer fail here
		return away, true
	}
	for _, sync := range info.SyncStatus {
		if node := sync.NodeInformation; sync.Available && node != nil && node.Blocks < node.Headers {
			return Cause{Kind: NodeBehind, Subject: fmt.Sprintf("block %d of %d", node.Blocks, node.Headers)}, true
		}
	}
	return away, true
}

func (s Store) health(ctx context.Context) (greenfield.Health, error) {
	if s.Greenfield != nil {
		return s.Greenfield.Server.Health(ctx)
	}
	var health greenfield.Health
	_, err := s.BitPay.Decode(ctx, client.Request{Method: http.MethodGet, Path: []string{"api", "v1", "health"}, Anonymous: true}, &health)
	return health, err
}
