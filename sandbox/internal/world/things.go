package world

import (
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// PullPayment is money that can be claimed from a store. Only refunds make pull payments here, and nothing can be
// claimed.
type PullPayment struct {
	ID          string
	Number      int // order of creation
	StoreID     string
	Name        string
	Description string
	Currency    string
	Amount      money.Decimal
	Starts      time.Time
	BOLT11Days  int64
	Archived    bool
	AutoApprove bool
}

// AddPullPayment gives a pull payment its id and number, and adds it to the state.
func (st *State) AddPullPayment(p *PullPayment) {
	p.ID, p.Number = random.Base58(20), st.Number()
	st.PullPayments[p.ID] = p
}

// PaymentRequest is a request for money. It can be made and shown here, not paid.
type PaymentRequest struct {
	ID      string
	Number  int // order of creation
	StoreID string
	Created time.Time
	PaymentRequestBase
	Amount money.Decimal
}

// PaymentRequestBase is what both a request and a response of the API have of a payment request.
type PaymentRequestBase struct {
	Currency                  string  `json:"currency"`
	ExpiryDate                *int64  `json:"expiryDate"`
	Title                     string  `json:"title"`
	Description               *string `json:"description"`
	Email                     *string `json:"email"`
	ReferenceID               *string `json:"referenceId"`
	AllowCustomPaymentAmounts bool    `json:"allowCustomPaymentAmounts"`
	FormID                    *string `json:"formId"`
}

// Picture is an uploaded picture.
type Picture struct {
	Type string
	Data []byte
}

// Seed is what a sandbox that is ready to use started with.
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	APIKey    string
}
