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
