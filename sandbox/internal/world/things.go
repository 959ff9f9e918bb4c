package world

import (
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// PullPayment is money that somebody may draw from a store. Here they come of refunds; nobody can draw.
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

// AddPullPayment numbers and keeps one.
func (st *State) AddPullPayment(p *PullPayment) {
	p.ID, p.Number = random.Base58(20), st.Number()
	st.PullPayments[p.ID] = p
}

// PaymentRequest asks somebody for money. Here it can be made and looked at, not paid.
type PaymentRequest struct {
	ID      string
	Number  int // order of creation
	StoreID string
	Created time.Time
	PaymentRequestBase
	Amount money.Decimal
}

// PaymentRequestBase is what a request of the API says of one, and an answer too.
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

// Picture is a file that somebody uploaded.
type Picture struct {
	Type string
	Data []byte
}

// Seed is what a sandbox started with that was ready to use.
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	APIKey    string
}
