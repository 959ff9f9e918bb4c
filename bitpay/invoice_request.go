package bitpay

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// InvoiceRequest describes an invoice to be made. All fields are optional.
//
// In the two URLs the server fills in {InvoiceId}, {OrderId} and {Status}. {Status} is
// the Greenfield name of the state; servers up to 2.0.8 do not fill it in.
type InvoiceRequest struct {
	// Price is the amount in Currency. nil makes a top-up invoice of any amount, and 0
	// makes an invoice that settles by itself. Price is sent as a JSON number with these
	// exact digits. The server rounds it to the currency's digits.
	Price *client.Decimal `json:"price,omitzero"`
	// Currency is a code such as USD or BTC; if empty, the store's default. The server
	// detects a wrong code only when it needs a rate.
	Currency string `json:"currency,omitzero"`

	OrderID  string `json:"orderId,omitzero"`
	ItemCode string `json:"itemCode,omitzero"`
	ItemDesc string `json:"itemDesc,omitzero"`
	// PosData is free text. If it is a JSON object, the server returns it indented.
	PosData  string `json:"posData,omitzero"`
	Physical bool   `json:"physical,omitzero"`
	// TaxIncluded is the part of Price that is tax, in Currency.
	TaxIncluded *client.Decimal `json:"taxIncluded,omitzero"`

	// Buyer supplies the values of the flat fields below that are empty.
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

	// RedirectURL is where the checkout page leads after the payment; if empty, the
	// store's website.
	RedirectURL string `json:"redirectURL,omitzero"`
	// RedirectAutomatically follows the store's setting if nil.
	RedirectAutomatically *bool `json:"redirectAutomatically,omitzero"`
	// NotificationURL receives the notifications that [ParseNotification] reads.
	NotificationURL   string `json:"notificationURL,omitzero"`
	NotificationEmail string `json:"notificationEmail,omitzero"`
	// FullNotifications requests one notification each time the state changes, instead of
	// one when the invoice is confirmed.
	FullNotifications bool `json:"fullNotifications,omitzero"`
	// ExtendedNotifications also requests notifications with their event. It implies
	// FullNotifications.
	ExtendedNotifications bool `json:"extendedNotifications,omitzero"`

	// TransactionSpeed determines when a payment counts as confirmed; if empty, the
	// store's setting applies.
	TransactionSpeed Speed `json:"transactionSpeed,omitzero"`
	// ExpirationTime must be at least 30 seconds ahead of the server's clock; if zero, the
	// store's setting applies. It is sent in milliseconds, and the server stores it in
	// seconds.
	ExpirationTime client.UnixMillis `json:"expirationTime,omitzero"`
	// PaymentCurrencies allows only these payment methods, such as BTC-CHAIN or BTC-LN; if
	// empty, all of the store. 1.13.5 calls them BTC and BTC_LightningLike.
	PaymentCurrencies []string `json:"paymentCurrencies,omitzero"`
	// SupportedTransactionCurrencies is another way to set the same.
	SupportedTransactionCurrencies map[string]SupportedCurrency `json:"supportedTransactionCurrencies,omitzero"`
	// DefaultPaymentMethod is the method that the checkout page shows first.
	DefaultPaymentMethod string `json:"defaultPaymentMethod,omitzero"`

	// The server reads and ignores the fields below. They are here so that a request
	// written for BitPay can be decoded and sent unchanged.
	Token         string          `json:"token,omitzero"`
	GUID          string          `json:"guid,omitzero"`
	Nonce         int64           `json:"nonce,omitzero"`
	Status        Status          `json:"status,omitzero"`
	Refundable    bool            `json:"refundable,omitzero"`
	MinerFees     json.RawMessage `json:"minerFees,omitzero"`
	ExchangeRates json.RawMessage `json:"exchangeRates,omitzero"`
}

// BuyerRequest is the buyer in BitPay's terms, which differ from those of the response,
// [Buyer].
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

// SupportedCurrency states whether a payment method may be used.
type SupportedCurrency struct {
	Enabled bool   `json:"enabled"`
	Reason  string `json:"reason,omitzero"` // in responses: why not
}

// Speed is the number of confirmations that a payment needs: high 0, medium 1, low-medium
// 2, low 6.
type Speed string

// The speeds that servers know. For any other value they use the store's setting.
const (
	SpeedHigh      Speed = "high"
	SpeedMedium    Speed = "medium"
	SpeedLowMedium Speed = "low-medium"
	SpeedLow       Speed = "low"
)

// MarshalJSON writes the amounts as numbers, because BitPay's protocol requires it and
// every server reads it.
func (r InvoiceRequest) MarshalJSON() ([]byte, error) {
	type members InvoiceRequest
	return json.Marshal(struct {
		// The outer fields hide the inner ones of the same name.
		Price       *number `json:"price,omitzero"`
		TaxIncluded *number `json:"taxIncluded,omitzero"`
		members
	}{(*number)(r.Price), (*number)(r.TaxIncluded), members(r)})
}

// number is a decimal that is written as a JSON number with the same digits.
type number client.Decimal

func (n number) MarshalJSON() ([]byte, error) { return client.Decimal(n).JSONNumber() }
