package bitpay

import (
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type envelope struct {
	Facade string   `json:"facade,omitempty"`
	Data   *invoice `json:"data"`
}

// invoice is an invoice as the API shows it. Times are milliseconds.
type invoice struct {
	URL                            string                             `json:"url"`
	PosData                        *string                            `json:"posData"`
	Status                         string                             `json:"status"`
	BTCPrice                       *string                            `json:"btcPrice"`
	BTCDue                         *string                            `json:"btcDue"`
	CryptoInfo                     []cryptoInfo                       `json:"cryptoInfo"`
	Price                          money.Number                       `json:"price"`
	TaxIncluded                    *money.Number                      `json:"taxIncluded,omitempty"`
	Currency                       string                             `json:"currency"`
	ExRates                        map[string]money.Number            `json:"exRates"`
	BuyerTotalBTCAmount            *string                            `json:"buyerTotalBtcAmount"`
	ItemDesc                       *string                            `json:"itemDesc"`
	ItemCode                       *string                            `json:"itemCode"`
	OrderID                        *string                            `json:"orderId"`
	GUID                           string                             `json:"guid"`
	ID                             string                             `json:"id"`
	InvoiceTime                    int64                              `json:"invoiceTime"`
	ExpirationTime                 int64                              `json:"expirationTime"`
	CurrentTime                    int64                              `json:"currentTime"`
	LowFeeDetected                 bool                               `json:"lowFeeDetected"`
	BTCPaid                        *string                            `json:"btcPaid"`
	Rate                           money.Number                       `json:"rate"`
	ExceptionStatus                any                                `json:"exceptionStatus"` // false, or a text
	PaymentURLs                    *paymentURLs                       `json:"paymentUrls"`
	RefundAddressRequestPending    bool                               `json:"refundAddressRequestPending"`
	BuyerPaidBTCMinerFee           *string                            `json:"buyerPaidBtcMinerFee"`
	BitcoinAddress                 *string                            `json:"bitcoinAddress"`
	Token                          string                             `json:"token"`
	Flags                          *string                            `json:"flags"`
	PaymentSubtotals               map[string]money.Number            `json:"paymentSubtotals"`
	PaymentTotals                  map[string]money.Number            `json:"paymentTotals"`
	AmountPaid                     int                                `json:"amountPaid"`
	MinerFees                      map[string]minerFee                `json:"minerFees"`
	ExchangeRates                  map[string]map[string]money.Number `json:"exchangeRates"`
	SupportedTransactionCurrencies map[string]supported               `json:"supportedTransactionCurrencies"`
	Addresses                      map[string]string                  `json:"addresses"`
	PaymentCodes                   map[string]*paymentURLs            `json:"paymentCodes"`
	Buyer                          buyerData                          `json:"buyer"`
}

type cryptoInfo struct {
	PaymentURLs *paymentURLs            `json:"paymentUrls"`
	CryptoCode  string                  `json:"cryptoCode"`
	PaymentType string                  `json:"paymentType"`
	Rate        money.Number            `json:"rate"`
	ExRates     map[string]money.Number `json:"exRates"`
	Paid        string                  `json:"paid"`
	Price       string                  `json:"price"`
	Due         string                  `json:"due"`
	Address     string                  `json:"address"`
	URL         string                  `json:"url"`
	TotalDue    string                  `json:"totalDue"`
	NetworkFee  string                  `json:"networkFee"`
	TxCount     int                     `json:"txCount"`
	CryptoPaid  string                  `json:"cryptoPaid"`
	Payments    []payment               `json:"payments"`
}

type payment struct {
	ID           string       `json:"id"`
	ReceivedDate string       `json:"receivedDate"`
	Value        money.Number `json:"value"`
	Fee          money.Number `json:"fee"`
	PaymentType  string       `json:"paymentType"`
	Confirmed    bool         `json:"confirmed"`
	Completed    bool         `json:"completed"`
	Destination  string       `json:"destination"`
}

type paymentURLs struct {
	BIP21  string  `json:"BIP21"`
	BIP72  *string `json:"BIP72"`
	BIP72b *string `json:"BIP72b"`
	BIP73  *string `json:"BIP73"`
	BOLT11 *string `json:"BOLT11"`
}

type minerFee struct {
	SatoshisPerByte money.Number `json:"satoshisPerByte"`
	TotalFee        money.Number `json:"totalFee"`
}

type supported struct {
	Enabled bool    `json:"enabled"`
	Reason  *string `json:"reason"`
}

type buyerData struct {
	Name       *string `json:"name"`
	Address1   *string `json:"address1"`
	Address2   *string `json:"address2"`
	Locality   *string `json:"locality"`
	Region     *string `json:"region"`
	PostalCode *string `json:"postalCode"`
	Country    *string `json:"country"`
	Phone      *string `json:"phone"`
	Email      *string `json:"email"`
}

// statusOf returns the API's name of a status.
func statusOf(status string) string {
	switch status {
	case world.StatusNew:
		return "new"
	case world.StatusProcessing:
		return "paid"
	case world.StatusSettled:
		return "complete"
	case world.StatusExpired:
		return "expired"
	case world.StatusInvalid:
		return "invalid"
	}
	return ""
}

// exceptionOf returns the API's value for an exception: a name, or false.
func exceptionOf(exception string) any {
	switch exception {
	case world.ExceptionNone:
		return false
	case world.ExceptionPaidPartial:
		return "paidPartial"
	case world.ExceptionPaidOver:
		return "paidOver"
	case world.ExceptionPaidLate:
		return "paidLater"
	case world.ExceptionMarked:
		return "marked"
	}
	return nil
}

// showInvoice returns an invoice as the API shows it. base is the server's address as the reader sees it.
func showInvoice(w *world.World, inv *world.Invoice, base string) *invoice {
	m := inv.Metadata
	dto := &invoice{
		URL:                            base + "/invoice?id=" + inv.ID,
		PosData:                        world.PosDataText(m.PosData),
		Status:                         statusOf(inv.Status),
		CryptoInfo:                     []cryptoInfo{},
		Price:                          inv.Price.Number(),
		TaxIncluded:                    shownTax(m.TaxIncluded),
		Currency:                       inv.Currency,
		ItemDesc:                       m.ItemDesc,
		ItemCode:                       m.ItemCode,
		OrderID:                        m.OrderID,
		GUID:                           random.Reading.UUID(), // random on the real server too, like the token
		ID:                             inv.ID,
		InvoiceTime:                    inv.Created.UnixMilli(),
		ExpirationTime:                 inv.Expires.UnixMilli(),
		CurrentTime:                    w.Now().UnixMilli(),
		Rate:                           "0.0",
		ExceptionStatus:                exceptionOf(inv.Exception),
		Token:                          random.Reading.Base58(16),
		PaymentSubtotals:               map[string]money.Number{},
		PaymentTotals:                  map[string]money.Number{},
		MinerFees:                      map[string]minerFee{},
		ExchangeRates:                  map[string]map[string]money.Number{},
		SupportedTransactionCurrencies: map[string]supported{},
		Addresses:                      map[string]string{},
		PaymentCodes:                   map[string]*paymentURLs{},
		Buyer:                          buyerData{m.BuyerName, m.BuyerAddress1, m.BuyerAddress2, m.BuyerCity, m.BuyerState, m.BuyerZip, m.BuyerCountry, m.BuyerPhone, m.BuyerEmail},
	}
	if inv.Prompt != nil {
		showPrompt(w, dto, inv, base)
	}
	return dto
}

// shownTax leaves out a tax of zero.
func shownTax(tax *money.Number) *money.Number {
	if tax == nil {
		return nil
	}
	if d, err := money.Parse(string(*tax)); err != nil || d.Sign() == 0 {
		return nil
	}
	return tax
}

func showPrompt(w *world.World, dto *invoice, inv *world.Invoice, base string) {
	a := inv.Account(money.Digits(inv.Currency))
	price := a.TotalDue.Sub(a.Fee)
	urls := &paymentURLs{BIP21: inv.PaymentLink(a)}
	// The server fills these before it sets the rate, so all their numbers are zero.
	noRates := map[string]money.Number{inv.Currency: "0.0"}

	dto.BTCPrice, dto.BTCDue, dto.BTCPaid = new(price.Text()), new(a.Due.Text()), new(a.Paid.Text())
	dto.Rate = inv.Prompt.Rate.Number()
	dto.ExRates = noRates
	dto.PaymentURLs = urls
	dto.BitcoinAddress = &inv.Prompt.Address
	dto.PaymentSubtotals["BTC"] = money.Satoshis(price).Number()
	dto.PaymentTotals["BTC"] = money.Satoshis(a.TotalDue).Number()
	dto.MinerFees["BTC"] = minerFee{"1.0", money.Satoshis(a.Fee).Number()}
	dto.ExchangeRates["BTC"] = noRates
	dto.SupportedTransactionCurrencies["BTC"] = supported{Enabled: true}
	dto.Addresses["BTC"] = inv.Prompt.Address
	dto.PaymentCodes["BTC"] = urls
	dto.CryptoInfo = append(dto.CryptoInfo, cryptoInfo{
		PaymentURLs: urls,
		CryptoCode:  "BTC",
		PaymentType: world.OnChain,
		Rate:        inv.Prompt.Rate.Number(),
		ExRates:     noRates,
		Paid:        a.Paid.Text(),
		Price:       price.Text(),
		Due:         a.Due.Text(),
		Address:     inv.Prompt.Address,
		URL:         base + "/i/" + world.OnChain + "/" + inv.ID,
		TotalDue:    a.TotalDue.Text(),
		NetworkFee:  a.Fee.Text(),
		TxCount:     a.Count,
		CryptoPaid:  a.CryptoPaid.Text(),
		Payments:    showPayments(w, inv),
	})
}

func showPayments(w *world.World, inv *world.Invoice) []payment {
	payments := []payment{}
	for _, p := range inv.Counted() {
		settled := inv.SettledPayment(p, w.State.Height)
		payments = append(payments, payment{
			ID:           p.Outpoint(),
			ReceivedDate: p.Received.Format("2006-01-02T15:04:05.999999"), // UTC, without a zone
			Value:        p.Amount.Number(),
			Fee:          p.Fee.Number(),
			PaymentType:  world.OnChain,
			Confirmed:    settled,
			Completed:    settled,
			Destination:  p.Address,
		})
	}
	return payments
}
