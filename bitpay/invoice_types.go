package bitpay

import (
	"encoding/json"

	"github.com/btcpayctl/btcpayctl/client"
)

// Invoice is an invoice as the server sends it. Amounts of bitcoin are in BTC and others
// in Currency, unless a field says otherwise. Fields that the server omits or sends as
// null are zero here.
type Invoice struct {
	ID InvoiceID `json:"id"`
	// URL is the checkout page. Notifications about an invoice with a price of 0 do not
	// have it.
	URL    string `json:"url"`
	Status Status `json:"status"`
	// ExceptionStatus is what did not go as planned; it is empty if there is nothing.
	ExceptionStatus ExceptionStatus `json:"exceptionStatus"`
	Price           client.Decimal  `json:"price,omitzero"`
	Currency        string          `json:"currency"`
	TaxIncluded     *client.Decimal `json:"taxIncluded,omitzero"` // nil means 0
	OrderID         string          `json:"orderId"`
	ItemCode        string          `json:"itemCode"`
	ItemDesc        string          `json:"itemDesc"`
	PosData         string          `json:"posData"`
	Buyer           Buyer           `json:"buyer"`

	// The server sends these in milliseconds. CurrentTime is the server's clock at the
	// time of the response.
	InvoiceTime    client.UnixMillis `json:"invoiceTime"`
	ExpirationTime client.UnixMillis `json:"expirationTime"`
	CurrentTime    client.UnixMillis `json:"currentTime"`

	// If the invoice has no on-chain bitcoin address, BitcoinAddress is empty and the
	// amounts in BTC are nil.
	BTCPrice       *client.Decimal `json:"btcPrice"`
	BTCDue         *client.Decimal `json:"btcDue"`
	BTCPaid        *client.Decimal `json:"btcPaid"`
	BitcoinAddress string          `json:"bitcoinAddress"`
	// Rate is the price of 1 BTC in Currency when the invoice was made.
	Rate        client.Decimal `json:"rate,omitzero"`
	PaymentURLs *PaymentURLs   `json:"paymentUrls"`
	// CryptoInfo has one entry for each payment method.
	CryptoInfo []CryptoInfo `json:"cryptoInfo"`

	// The keys of the maps below are payment methods: BTC for bitcoin on chain, otherwise
	// the method's id, such as BTC-LN. Notifications of 1.13.5 write the keys in lower
	// case.

	// PaymentSubtotals and PaymentTotals are in the smallest unit, satoshis.
	PaymentSubtotals               map[string]client.Decimal    `json:"paymentSubtotals"`
	PaymentTotals                  map[string]client.Decimal    `json:"paymentTotals"`
	MinerFees                      map[string]MinerFee          `json:"minerFees"`
	SupportedTransactionCurrencies map[string]SupportedCurrency `json:"supportedTransactionCurrencies"`
	Addresses                      map[string]string            `json:"addresses"`
	PaymentCodes                   map[string]PaymentURLs       `json:"paymentCodes"`
	// ExRates and ExchangeRates have 0 for every rate, because the server fills them in
	// too early. Use Rate and CryptoInfo.
	ExRates       map[string]client.Decimal            `json:"exRates"`
	ExchangeRates map[string]map[string]client.Decimal `json:"exchangeRates"`

	// The fields below carry no information: AmountPaid is always 0, the flags are always
	// false, Token and GUID are random in every response, and the rest is null.
	AmountPaid                  client.Decimal  `json:"amountPaid,omitzero"`
	LowFeeDetected              bool            `json:"lowFeeDetected"`
	RefundAddressRequestPending bool            `json:"refundAddressRequestPending"`
	Token                       string          `json:"token"`
	GUID                        string          `json:"guid"`
	Flags                       json.RawMessage `json:"flags"`
	CheckoutType                string          `json:"checkoutType"` // only on 1.13.5
	BuyerTotalBTCAmount         *client.Decimal `json:"buyerTotalBtcAmount"`
	BuyerPaidBTCMinerFee        *client.Decimal `json:"buyerPaidBtcMinerFee"`

	// Rewritten lists the fields of the request that the server stored differently, as
	// [InvoiceService.Create] found. For example, the server may take a text in the
	// posData for a time and convert it to UTC.
	Rewritten []client.Difference `json:"-"`
}

// Status is the state of an invoice. Servers may add states.
type Status string

// The states of an invoice. Confirmed occurs in notifications, and on servers up to 1.13.5
// also in reads. Later servers go from paid to complete.
const (
	StatusNew       Status = "new"
	StatusPaid      Status = "paid"
	StatusConfirmed Status = "confirmed"
	StatusComplete  Status = "complete"
	StatusExpired   Status = "expired"
	StatusInvalid   Status = "invalid"
)

// ExceptionStatus is an exceptional state of an invoice. If there is none, the server
// sends false, which is the empty text here.
type ExceptionStatus string

// The exceptional states of an invoice.
const (
	ExceptionStatusNone        ExceptionStatus = ""
	ExceptionStatusPaidPartial ExceptionStatus = "paidPartial"
	ExceptionStatusPaidOver    ExceptionStatus = "paidOver"
	ExceptionStatusPaidLate    ExceptionStatus = "paidLater" // the server's spelling
	ExceptionStatusMarked      ExceptionStatus = "marked"    // by a user or a program
	exceptionNothing                           = "false"
)

// UnmarshalJSON reads false, null or a text.
func (s *ExceptionStatus) UnmarshalJSON(data []byte) error {
	if string(data) == exceptionNothing {
		*s = ExceptionStatusNone
		return nil
	}
	return json.Unmarshal(data, (*string)(s))
}

// MarshalJSON writes the server's form: false or a text.
func (s ExceptionStatus) MarshalJSON() ([]byte, error) {
	if s == ExceptionStatusNone {
		return []byte(exceptionNothing), nil
	}
	return json.Marshal(string(s))
}

// CryptoInfo is one way to pay an invoice.
type CryptoInfo struct {
	CryptoCode string `json:"cryptoCode"` // such as BTC
	// PaymentType is BTC-CHAIN, BTC-LN or BTC-LNURL; 1.13.5 writes BTCLike.
	PaymentType string `json:"paymentType"`
	// Rate is the price of 1 unit of CryptoCode in the invoice's currency.
	Rate    client.Decimal            `json:"rate,omitzero"`
	ExRates map[string]client.Decimal `json:"exRates"` // always 0, see Invoice
	// These amounts are in units of CryptoCode. TotalDue is Price with all network fees;
	// Due is the part of it that is still to be paid.
	Price      client.Decimal `json:"price,omitzero"`
	Due        client.Decimal `json:"due,omitzero"`
	TotalDue   client.Decimal `json:"totalDue,omitzero"`
	Paid       client.Decimal `json:"paid,omitzero"`
	CryptoPaid client.Decimal `json:"cryptoPaid,omitzero"`
	NetworkFee client.Decimal `json:"networkFee,omitzero"`

	Address     string       `json:"address"`
	URL         string       `json:"url"` // the checkout page of this method
	TxCount     int          `json:"txCount"`
	PaymentURLs *PaymentURLs `json:"paymentUrls"`
	Payments    []Payment    `json:"payments"`
}

// Payment is a payment that the server saw for an invoice.
type Payment struct {
	ID           string         `json:"id"` // txid-vout on chain
	ReceivedDate UTCTime        `json:"receivedDate"`
	Value        client.Decimal `json:"value,omitzero"` // in units of the crypto code
	Fee          client.Decimal `json:"fee,omitzero"`
	PaymentType  string         `json:"paymentType"`
	Confirmed    bool           `json:"confirmed"`
	Completed    bool           `json:"completed"`
	Destination  string         `json:"destination"`
}

// PaymentURLs are the payment links that a wallet opens or scans.
type PaymentURLs struct {
	BIP21  string `json:"BIP21"`
	BIP72  string `json:"BIP72"`
	BIP72b string `json:"BIP72b"`
	BIP73  string `json:"BIP73"`
	BOLT11 string `json:"BOLT11"`
}

// MinerFee is the network fee that the payment's transaction may cost.
type MinerFee struct {
	SatoshisPerByte client.Decimal `json:"satoshisPerByte,omitzero"`
	TotalFee        client.Decimal `json:"totalFee,omitzero"` // satoshis
}

// Buyer is the buyer that the request named.
type Buyer struct {
	Name       string `json:"name"`
	Address1   string `json:"address1"`
	Address2   string `json:"address2"`
	Locality   string `json:"locality"` // the request's city
	Region     string `json:"region"`   // the request's state
	PostalCode string `json:"postalCode"`
	Country    string `json:"country"`
	Phone      string `json:"phone"`
	Email      string `json:"email"`
}

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

// number is a decimal that is written as a JSON number with the same digits.
type number client.Decimal

func (n number) MarshalJSON() ([]byte, error) { return client.Decimal(n).JSONNumber() }

// CheckoutStatus is what the checkout page of an invoice shows to everyone who has its
// address. Of the server's fields it has those that no other call of this API returns, and
// those that identify the invoice.
type CheckoutStatus struct {
	InvoiceID InvoiceID `json:"invoiceId"`
	OrderID   string    `json:"orderId"` // empty if the invoice has none
	// Status uses the names of the Greenfield API, such as New or Settled.
	Status  string  `json:"status"`
	StoreID StoreID `json:"storeId"`
	// StoreName is the name that the store's owner chose. It can be any text.
	StoreName string `json:"storeName"`
}
