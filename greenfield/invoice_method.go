package greenfield

import (
	"cmp"
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoicePaymentMethod is one way to pay an invoice. Amounts are in Currency, which is
// the currency of the method, not of the invoice.
type InvoicePaymentMethod struct {
	// PaymentMethodID is for instance BTC-CHAIN; in 1.13.5 BTC.
	PaymentMethodID string `json:"paymentMethodId"`
	Currency        string `json:"currency"` // for instance BTC
	// Activated is false if no address was requested yet.
	Activated   bool   `json:"activated"`
	Destination string `json:"destination"`
	PaymentLink string `json:"paymentLink"`
	// Rate is the price of 1 unit of Currency in the invoice's currency.
	Rate client.Decimal `json:"rate,omitzero"`
	// Amount is the amount of the invoice with the fees of the payments so far. Due is
	// the rest to pay; it is negative if too much was paid.
	Amount client.Decimal `json:"amount,omitzero"`
	Due    client.Decimal `json:"due,omitzero"`
	// TotalPaid was paid with all methods, PaymentMethodPaid with this one.
	TotalPaid         client.Decimal   `json:"totalPaid,omitzero"`
	PaymentMethodPaid client.Decimal   `json:"paymentMethodPaid,omitzero"`
	PaymentMethodFee  client.Decimal   `json:"paymentMethodFee,omitzero"`
	Payments          []InvoicePayment `json:"payments"`
	// AdditionalData depends on the method, for instance the path of the address's key,
	// or whether payjoin is on. It may be null.
	AdditionalData json.RawMessage `json:"additionalData"`
}

// InvoicePayment is a payment that the server detected for an invoice.
type InvoicePayment struct {
	ID           string             `json:"id"` // txid-vout on chain
	ReceivedDate client.UnixSeconds `json:"receivedDate"`
	Value        client.Decimal     `json:"value,omitzero"`
	Fee          client.Decimal     `json:"fee,omitzero"`
	Status       PaymentStatus      `json:"status"`
	Destination  string             `json:"destination"`
}

// PaymentStatus is the state of a payment. Servers may add states.
type PaymentStatus string

// The states of a payment.
const (
	PaymentStatusInvalid    PaymentStatus = "Invalid"
	PaymentStatusProcessing PaymentStatus = "Processing"
	PaymentStatusSettled    PaymentStatus = "Settled"
)

// UnmarshalJSON also reads the field names of 1.x.
func (m *InvoicePaymentMethod) UnmarshalJSON(data []byte) error {
	type members InvoicePaymentMethod
	var both struct {
		members
		PaymentMethod string          `json:"paymentMethod"`
		CryptoCode    string          `json:"cryptoCode"`
		NetworkFee    *client.Decimal `json:"networkFee"`
	}
	if err := json.Unmarshal(data, &both); err != nil {
		return err
	}
	*m = InvoicePaymentMethod(both.members)
	m.PaymentMethodID = cmp.Or(m.PaymentMethodID, both.PaymentMethod)
	m.Currency = cmp.Or(m.Currency, both.CryptoCode)
	if both.NetworkFee != nil {
		m.PaymentMethodFee = *both.NetworkFee
	}
	return nil
}
