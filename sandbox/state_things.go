package sandbox

import (
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// pullPayment is money that somebody may draw from a store. Here they come of refunds; nobody can draw.
type pullPayment struct {
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

func (st *state) addPullPayment(p *pullPayment) {
	p.ID, p.Number = random.Base58(20), st.number()
	st.PullPayments[p.ID] = p
}

// paymentRequest asks somebody for money. Here it can be made and looked at, not paid.
type paymentRequest struct {
	ID      string
	Number  int // order of creation
	StoreID string
	Created time.Time
	paymentRequestBase
	Amount money.Decimal
}

type paymentRequestBase struct {
	Currency                  string  `json:"currency"`
	ExpiryDate                *int64  `json:"expiryDate"`
	Title                     string  `json:"title"`
	Description               *string `json:"description"`
	Email                     *string `json:"email"`
	ReferenceID               *string `json:"referenceId"`
	AllowCustomPaymentAmounts bool    `json:"allowCustomPaymentAmounts"`
	FormID                    *string `json:"formId"`
}

// picture is a file that somebody uploaded.
type picture struct {
	Type string
	Data []byte
}

// planted is what a sandbox started with that was ready to use.
type planted struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	APIKey    string
}
