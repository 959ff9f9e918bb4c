package bitpay

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceRequest is an invoice to be made. All members may be left out.
//
// In the three URLs the server fills in {InvoiceId}, {OrderId} and {Status};
// {Status} is the Greenfield name of the state and is not filled up to 2.0.8.
type InvoiceRequest struct {
	// Price is the amount in Currency; nil makes a top-up invoice of any
	// amount, 0 one that settles by itself. It is sent as a JSON number with
	// these exact digits. The server rounds to the currency's digits.
	Price *client.Decimal `json:"price,omitzero"`
	// Currency is a code such as USD or BTC; the store's default if empty. The
	// server knows of a wrong code only when it needs a rate.
	Currency string `json:"currency,omitzero"`

	OrderID  string `json:"orderId,omitzero"`
	ItemCode string `json:"itemCode,omitzero"`
	ItemDesc string `json:"itemDesc,omitzero"`
	// PosData is free text. A text that is a JSON object comes back indented.
	PosData  string `json:"posData,omitzero"`
	Physical bool   `json:"physical,omitzero"`
	// TaxIncluded is the part of Price that is tax, in Currency.
	TaxIncluded *client.Decimal `json:"taxIncluded,omitzero"`

	// Buyer fills the gaps that the flat members below leave.
	Buyer         *BuyerRequest `json:"buyer,omitzero"`
	BuyerName     string        `json:"buyerName,omitzero"`
	BuyerEmail    string        `json:"buyerEmail,omitzero"`
	BuyerPhone    string        `json:"buyerPhone,omitzero"`
	BuyerAddress1 string        `json:"buyerAddress1,omitzero"`
	BuyerAddress2 string        `json:"buyerAddress2,omitzero"`
	BuyerCity     string        `json:"buyerCity,omitzero"`
	BuyerState    string        `json:"buyerState,omitzero"`
	BuyerZip      string        `json:"buyerZip,omitzero"`
	BuyerCountry  string        `json:"buyerCountry,omitzero"`

	// RedirectURL is where the checkout page leads after the payment; the
	// store's website if empty.
	RedirectURL string `json:"redirectURL,omitzero"`
	// RedirectAutomatically is the store's setting if nil.
	RedirectAutomatically *bool `json:"redirectAutomatically,omitzero"`
	// NotificationURL gets the notifications that [ParseNotification] reads.
	NotificationURL   string `json:"notificationURL,omitzero"`
	NotificationEmail string `json:"notificationEmail,omitzero"`
	// FullNotifications asks for one notification each time the state
	// changes, in place of one when the invoice is confirmed.
	FullNotifications bool `json:"fullNotifications,omitzero"`
	// ExtendedNotifications asks for notifications with their event as well;
	// it implies FullNotifications.
	ExtendedNotifications bool `json:"extendedNotifications,omitzero"`

	// TransactionSpeed says when a payment counts as confirmed; the store's
	// setting if empty.
	TransactionSpeed Speed `json:"transactionSpeed,omitzero"`
	// ExpirationTime has to be 30 seconds ahead of the server's clock or more;
	// the store's setting if zero. It travels in milliseconds and is kept in
	// seconds.
	ExpirationTime Time `json:"expirationTime,omitzero"`
	// PaymentCurrencies allows only these payment methods, such as BTC-CHAIN
	// or BTC-LN; all of the store if empty. 1.13.5 writes BTC and BTC_LightningLike.
	PaymentCurrencies []string `json:"paymentCurrencies,omitzero"`
	// SupportedTransactionCurrencies is another way to say the same.
	SupportedTransactionCurrencies map[string]SupportedCurrency `json:"supportedTransactionCurrencies,omitzero"`
	// DefaultPaymentMethod is the one that the checkout page shows first.
	DefaultPaymentMethod string `json:"defaultPaymentMethod,omitzero"`

	// What follows is read and ignored by the server. It is here so that a
	// request written for BitPay can be decoded and sent as it stands.
	Token         string          `json:"token,omitzero"`
	GUID          string          `json:"guid,omitzero"`
	Nonce         int64           `json:"nonce,omitzero"`
	Status        Status          `json:"status,omitzero"`
	Refundable    bool            `json:"refundable,omitzero"`
	MinerFees     json.RawMessage `json:"minerFees,omitzero"`
	ExchangeRates json.RawMessage `json:"exchangeRates,omitzero"`
}

// BuyerRequest is the buyer in BitPay's terms, which differ from those of the
// answer, [Buyer].
type BuyerRequest struct {
	Name     string `json:"name,omitzero"`
	Email    string `json:"email,omitzero"`
	Phone    string `json:"phone,omitzero"`
	Address1 string `json:"address1,omitzero"`
	Address2 string `json:"address2,omitzero"`
	City     string `json:"city,omitzero"`
	State    string `json:"state,omitzero"`
	Zip      string `json:"zip,omitzero"`
	Country  string `json:"country,omitzero"`
}

// SupportedCurrency says whether a payment method may be used.
type SupportedCurrency struct {
	Enabled bool   `json:"enabled"`
	Reason  string `json:"reason,omitzero"` // in answers: why not
}

// Speed is how many confirmations a payment needs: high 0, medium 1,
// low-medium 2, low 6.
type Speed string

// The speeds a server knows. It takes any other for the store's setting.
const (
	SpeedHigh      Speed = "high"
	SpeedMedium    Speed = "medium"
	SpeedLowMedium Speed = "low-medium"
	SpeedLow       Speed = "low"
)

// MarshalJSON writes the amounts as numbers, since that is what BitPay's
// protocol says and what every server reads.
func (r InvoiceRequest) MarshalJSON() ([]byte, error) {
	type members InvoiceRequest
	return json.Marshal(struct {
		// The outer amounts hide the inner ones of the same name.
		Price       *number `json:"price,omitzero"`
		TaxIncluded *number `json:"taxIncluded,omitzero"`
		members
	}{(*number)(r.Price), (*number)(r.TaxIncluded), members(r)})
}

// number is a decimal that is written as a JSON number with the same digits.
type number client.Decimal

func (n number) MarshalJSON() ([]byte, error) { return client.Decimal(n).JSONNumber() }
