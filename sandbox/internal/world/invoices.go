package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// Statuses and exceptions of an invoice, by their Greenfield names.
const (
	StatusNew        = "New"
	StatusProcessing = "Processing"
	StatusSettled    = "Settled"
	StatusExpired    = "Expired"
	StatusInvalid    = "Invalid"

	ExceptionNone        = "None"
	ExceptionPaidPartial = "PaidPartial"
	ExceptionPaidOver    = "PaidOver"
	ExceptionPaidLate    = "PaidLate"
	ExceptionMarked      = "Marked"
)

// Invoice is an invoice of either API.
type Invoice struct {
	ID       string
	Number   int // order of creation
	StoreID  string
	Currency string
	Price    money.Decimal
	TopUp    bool // no price was asked; the first payment sets it

	Status     string
	Exception  string
	Archived   bool
	Created    time.Time // cut to the second, as the server keeps it
	Expires    time.Time
	Monitored  time.Time     // until when payments are waited for to confirm
	SpeedLimit string        // the speed policy, by its Greenfield name
	Tolerance  money.Decimal // percent

	Metadata Metadata
	// Own is the metadata as the Greenfield API was given it, of which Metadata has what the other half knows. An
	// invoice of that half has none.
	Own json.RawMessage `json:",omitempty"`

	RedirectURL           string
	RedirectAutomatically bool
	DefaultPaymentMethod  string
	NotificationURL       string
	NotificationEmail     string
	FullNotifications     bool
	ExtendedNotifications bool
	Base                  string // the server's address as its maker saw it, for links in notifications

	Receipt  ReceiptChoice
	Language string   // of the checkout; empty for the store's
	Terms    []string // by which a search finds it besides its own
	Lazy     bool     // takes its address only when somebody asks for it

	Prompt   *Prompt // nil: free, nothing to pay
	Payments []*Payment

	// Fresh says that the creation's own events are still to come.
	Fresh bool
}

// Prompt is the on-chain way to pay an invoice.
type Prompt struct {
	Address string // empty until somebody asks for it, of a lazy invoice
	Index   uint32 // of the address in the wallet's external chain
	Scheme  string // the wallet's
	FeeMode string
	Rate    money.Decimal
	Fee     money.Decimal // of a payment beyond the first, in BTC
	Dust    int64
}

// Payment is an output of a transaction that pays an invoice.
type Payment struct {
	TxID     string
	Vout     int
	Address  string
	Amount   money.Decimal // in BTC
	Fee      money.Decimal // what of it only covers the cost of one more payment
	RBF      bool
	Height   int // of the block it is in; 0 while unconfirmed
	Received time.Time
	Replaced bool // by a transaction that pays somebody else
}

// Metadata holds the well-known members of an invoice, under their Greenfield names.
type Metadata struct {
	OrderID       *string         `json:"orderId,omitempty"`
	ItemCode      *string         `json:"itemCode,omitempty"`
	ItemDesc      *string         `json:"itemDesc,omitempty"`
	PosData       json.RawMessage `json:"posData,omitempty"` // an object, or a string
	Physical      *bool           `json:"physical,omitempty"`
	TaxIncluded   *money.Number   `json:"taxIncluded,omitempty"`
	BuyerName     *string         `json:"buyerName,omitempty"`
	BuyerEmail    *string         `json:"buyerEmail,omitempty"`
	BuyerPhone    *string         `json:"buyerPhone,omitempty"`
	BuyerAddress1 *string         `json:"buyerAddress1,omitempty"`
	BuyerAddress2 *string         `json:"buyerAddress2,omitempty"`
	BuyerCity     *string         `json:"buyerCity,omitempty"`
	BuyerState    *string         `json:"buyerState,omitempty"`
	BuyerZip      *string         `json:"buyerZip,omitempty"`
	BuyerCountry  *string         `json:"buyerCountry,omitempty"`
}

// ReceiptChoice is what of the store's receipt an invoice has otherwise.
type ReceiptChoice struct {
	Enabled, ShowQR, ShowPayments *bool `json:",omitempty"`
}

// Activate takes the wallet's next address.
func (p *Prompt) Activate(w *Wallet) {
	p.Address, p.Index = w.nextAddress()
	p.Scheme = w.Scheme
}

// ActivateLazy gives an invoice its address where its maker left that to the first who looks.
func (s *World) ActivateLazy(inv *Invoice) {
	w := s.State.Stores[inv.StoreID].Wallet
	if inv.Prompt == nil || inv.Prompt.Address != "" || inv.Status != StatusNew || w == nil {
		return
	}
	inv.Prompt.Activate(w)
	s.State.promptAddress[inv.Prompt.Address] = inv
	s.State.Touch(inv.ID)
}

// AddInvoice puts an invoice into the state, without an event.
func (st *State) AddInvoice(inv *Invoice) {
	inv.Number = st.Number()
	st.Invoices[inv.ID] = inv
	st.Touch(inv.ID)
	st.indexInvoice(inv)
}

func (st *State) indexInvoice(inv *Invoice) {
	of := st.invoicesOf[inv.StoreID]
	at := len(of)
	for at > 0 && Older(of[at-1], inv) > 0 { // only where the clock below went back
		at--
	}
	st.invoicesOf[inv.StoreID] = slices.Insert(of, at, inv)
	if inv.Prompt != nil && inv.Prompt.Address != "" {
		st.promptAddress[inv.Prompt.Address] = inv
	}
	st.watch(inv)
}

// Counted are the payments that still stand.
func (inv *Invoice) Counted() []*Payment {
	var counted []*Payment
	for _, p := range inv.Payments {
		if !p.Replaced {
			counted = append(counted, p)
		}
	}
	return counted
}

// ConfirmationsNeeded is how many confirmations a payment needs under a speed policy; one that may be replaced needs a block in any case.
func ConfirmationsNeeded(speed string, rbf bool) int {
	switch speed {
	case "HighSpeed":
		if rbf {
			return 1
		}
		return 0
	case "LowMediumSpeed":
		return 2
	case "LowSpeed":
		return 6
	}
	return 1
}

// SettledPayment reports whether a payment has the confirmations that the invoice wants.
func (inv *Invoice) SettledPayment(p *Payment, height int) bool {
	return p.Confirmations(height) >= ConfirmationsNeeded(inv.SpeedLimit, p.RBF)
}

// Confirmations counts the block a payment is in, and those above it.
func (p *Payment) Confirmations(height int) int {
	if p.Height == 0 {
		return 0
	}
	return height - p.Height + 1
}

// Over is the store's receipt with what the invoice has otherwise.
func (choice ReceiptChoice) Over(store Receipt) Receipt {
	if choice.Enabled != nil {
		store.Enabled = *choice.Enabled
	}
	if choice.ShowQR != nil {
		store.ShowQR = *choice.ShowQR
	}
	if choice.ShowPayments != nil {
		store.ShowPayments = *choice.ShowPayments
	}
	return store
}

// Older is the order in which a store's invoices are kept.
func Older(a, b *Invoice) int {
	return cmp.Or(a.Created.Compare(b.Created), a.Number-b.Number)
}

// InvoiceAt is the invoice that an address belongs to; nil without one.
func (st *State) InvoiceAt(address string) *Invoice { return st.promptAddress[address] }

// InvoicesOfStore lists a store's, oldest first.
func (st *State) InvoicesOfStore(id string) []*Invoice { return st.invoicesOf[id] }
