package world

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
)

// The statuses and exceptions of an invoice, by their names in the Greenfield API.
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
	TopUp    bool // the request had no price; the first payment sets it

	Status     string
	Exception  string
	Archived   bool
	Created    time.Time // truncated to the second, as the server keeps it
	Expires    time.Time
	Monitored  time.Time     // until when payments are watched
	SpeedLimit string        // the speed policy, by its name in the Greenfield API
	Tolerance  money.Decimal // percent

	Metadata Metadata
	// Own is the metadata that the Greenfield API received. Metadata has what the BitPay API shows of it. An invoice
	// of the BitPay API has no Own.
	Own json.RawMessage `json:",omitempty"`
	// FirstNames are the search terms of the first metadata, once others replaced it.
	FirstNames []string `json:",omitempty"`

	RedirectURL           string
	RedirectAutomatically bool
	DefaultPaymentMethod  string
	NotificationURL       string
	NotificationEmail     string
	FullNotifications     bool
	ExtendedNotifications bool
	Base                  string // the server's address as the creator saw it, for links in notifications

	Receipt  ReceiptChoice
	Language string   // of the checkout; empty for the store's
	Terms    []string // additional search terms
	// PaymentRequestID is the payment request that the invoice was made for; empty for none.
	PaymentRequestID string `json:",omitempty"`
	// AppID is the app that made the invoice; empty for none.
	AppID string `json:",omitempty"`
	// PlanCheckoutID is the checkout of a plan that the invoice was made for; empty for none.
	PlanCheckoutID string `json:",omitempty"`
	Lazy           bool   // gets its address only when it is requested

	Prompt   *Prompt // nil: free, nothing to pay
	Payments []*Payment

	// Fresh says that the events of the creation are still to be emitted.
	Fresh bool

	onAgenda time.Time // of its last entry there; zero for none
}

// Prompt is the on-chain payment method of an invoice.
type Prompt struct {
	Address string // of a lazy invoice empty until it is requested
	Index   uint32 // of the address in the wallet's external chain
	Scheme  string // of the wallet
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
	Fee      money.Decimal // the part that only covers the cost of one more payment
	RBF      bool
	Height   int // of its block; 0 while unconfirmed
	Received time.Time
	Replaced bool // by a transaction that pays another address
}

// Metadata holds the well-known fields of an invoice's metadata, under their names in the Greenfield API.
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

// ReceiptChoice overrides parts of the store's receipt for an invoice.
type ReceiptChoice struct {
	Enabled, ShowQR, ShowPayments *bool `json:",omitempty"`
}

// activate assigns the wallet's next address.
func (p *Prompt) activate(w *Wallet) {
	p.Address, p.Index = w.nextAddress()
	p.Scheme = w.Scheme
}

// ActivateLazy gives a lazy invoice its address, if it has none yet.
func (w *World) ActivateLazy(inv *Invoice) {
	wallet := w.State.Stores[inv.StoreID].Wallet
	if inv.Prompt == nil || inv.Prompt.Address != "" || inv.Status != StatusNew || wallet == nil {
		return
	}
	inv.Prompt.activate(wallet)
	w.State.promptAddress[inv.Prompt.Address] = inv
	w.State.searched(inv, inv.Prompt.Address, inv.firstDue().Text())
	w.State.Touch(inv.ID)
	w.Bells.ring(inv.ID)
}

// AddInvoice adds an invoice to the state without an event.
func (st *State) AddInvoice(inv *Invoice) {
	inv.Number = st.Number()
	st.Invoices[inv.ID] = inv
	st.Touch(inv.ID)
	st.indexInvoice(inv)
}

func (st *State) indexInvoice(inv *Invoice) {
	st.invoicesOf[inv.StoreID] = insertInvoice(st.invoicesOf[inv.StoreID], inv)
	if !inv.Archived {
		st.liveOf[inv.StoreID] = insertInvoice(st.liveOf[inv.StoreID], inv)
	}
	if inv.AppID != "" {
		st.appInvoices[inv.AppID] = append(st.appInvoices[inv.AppID], inv)
	}
	if inv.PaymentRequestID != "" {
		st.requestInvoices[inv.PaymentRequestID] = append(st.requestInvoices[inv.PaymentRequestID], inv)
	}
	key := orderOf(inv)
	st.byOrder[key] = insertInvoice(st.byOrder[key], inv)
	st.searched(inv, inv.terms()...)
	inv.onAgenda = time.Time{}
	if inv.Prompt != nil && inv.Prompt.Address != "" {
		st.promptAddress[inv.Prompt.Address] = inv
	}
	st.indexPaid(inv)
	if inv.confirming(st.Height) {
		st.confirming[inv.ID] = inv
	}
	st.watch(inv)
}

// Counted returns the payments that were not replaced.
func (inv *Invoice) Counted() []*Payment {
	var counted []*Payment
	for _, p := range inv.Payments {
		if !p.Replaced {
			counted = append(counted, p)
		}
	}
	return counted
}

// ConfirmationsNeeded is how many confirmations a payment needs under a speed policy. A payment that may be replaced
// needs at least one.
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

// SettledPayment reports whether a payment has the confirmations that the invoice needs.
func (inv *Invoice) SettledPayment(p *Payment, height int) bool {
	return p.Confirmations(height) >= ConfirmationsNeeded(inv.SpeedLimit, p.RBF)
}

// Confirmations counts the payment's block and the blocks above it.
func (p *Payment) Confirmations(height int) int {
	if p.Height == 0 {
		return 0
	}
	return height - p.Height + 1
}

// Over returns the store's receipt with what the invoice overrides.
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

// Older compares two invoices by the order in which a store's invoices are kept.
func Older(a, b *Invoice) int {
	return cmp.Or(a.Created.Compare(b.Created), a.Number-b.Number)
}

// InvoiceAt returns the invoice of an address; nil if there is none.
func (st *State) InvoiceAt(address string) *Invoice { return st.promptAddress[address] }
