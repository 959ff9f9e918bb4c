package pages

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/language"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// invoiceStatus is what the page of an invoice requests while it is open. It needs no credential, and names the store.
type invoiceStatus struct {
	CheckoutBodyComponentName string        `json:"checkoutBodyComponentName"`
	StoreBranding             storeBranding `json:"storeBranding"`
	PaymentSoundURL           *string       `json:"paymentSoundUrl"`
	NFCReadSoundURL           *string       `json:"nfcReadSoundUrl"`
	ErrorSoundURL             *string       `json:"errorSoundUrl"`
	BrandColor                *string       `json:"brandColor"` // the server leaves it null, whatever storeBranding says
	HTMLTitle                 string        `json:"htmlTitle"`
	DefaultLang               string        `json:"defaultLang"`
	ShowPayInWalletButton     bool          `json:"showPayInWalletButton"`
	ShowStoreHeader           bool          `json:"showStoreHeader"`
	AvailablePaymentMethods   []shownMethod `json:"availablePaymentMethods"`
	IsModal                   bool          `json:"isModal"`
	IsUnsetTopUp              bool          `json:"isUnsetTopUp"`
	OnChainWithLNFallback     bool          `json:"onChainWithLnInvoiceFallback"`
	CelebratePayment          bool          `json:"celebratePayment"`
	PaymentMethodCurrency     string        `json:"paymentMethodCurrency"`
	InvoiceID                 string        `json:"invoiceId"`
	Address                   string        `json:"address"`
	Due                       string        `json:"due"`
	CustomerEmail             *string       `json:"customerEmail"`
	ShowRecommendedFee        bool          `json:"showRecommendedFee"`
	FeeRate                   money.Number  `json:"feeRate"`
	ExpirationSeconds         int64         `json:"expirationSeconds"`
	DisplayExpirationTimer    int64         `json:"displayExpirationTimer"`
	Status                    string        `json:"status"`
	MerchantRefLink           string        `json:"merchantRefLink"`
	MaxTimeSeconds            int64         `json:"maxTimeSeconds"`
	StoreName                 string        `json:"storeName"`
	ItemDesc                  *string       `json:"itemDesc"`
	TimeLeft                  string        `json:"timeLeft"`
	Rate                      *string       `json:"rate"`
	OrderAmount               string        `json:"orderAmount"`
	OrderAmountFiat           *string       `json:"orderAmountFiat"`
	TaxIncluded               shownTax      `json:"taxIncluded"`
	InvoiceBitcoinURL         string        `json:"invoiceBitcoinUrl"`
	InvoiceBitcoinURLQR       string        `json:"invoiceBitcoinUrlQR"`
	TxCount                   int           `json:"txCount"`
	TxCountForFee             int           `json:"txCountForFee"`
	Paid                      string        `json:"paid"`
	StoreSupportURL           *string       `json:"storeSupportUrl"`
	CheckoutText              *string       `json:"checkoutText"`
	OrderID                   *string       `json:"orderId"`
	NetworkFee                money.Number  `json:"networkFee"`
	MaxTimeMinutes            int64         `json:"maxTimeMinutes"`
	PaymentMethodID           string        `json:"paymentMethodId"`
	PaymentMethodName         string        `json:"paymentMethodName"`
	CryptoImage               string        `json:"cryptoImage"`
	StoreID                   string        `json:"storeId"`
	PeerInfo                  *string       `json:"peerInfo"`
	RootPath                  string        `json:"rootPath"`
	RedirectAutomatically     bool          `json:"redirectAutomatically"`
	Activated                 bool          `json:"activated"`
	InvoiceCurrency           string        `json:"invoiceCurrency"`
	ReceiptLink               *string       `json:"receiptLink"`
	RequiredConfirmations     *int          `json:"requiredConfirmations"` // of the payment that has the fewest
	ReceivedConfirmations     *int          `json:"receivedConfirmations"`
}

type storeBranding struct {
	BrandColor               *string `json:"brandColor"`
	ApplyBrandColorToBackend bool    `json:"applyBrandColorToBackend"`
	LogoURL                  *string `json:"logoUrl"`
	CSSURL                   *string `json:"cssUrl"`
}

type shownMethod struct {
	PaymentMethodID   string `json:"paymentMethodId"`
	Displayed         bool   `json:"displayed"`
	PaymentMethodName string `json:"paymentMethodName"`
	Order             int    `json:"order"`
}

type shownTax struct {
	Value     money.Number `json:"value"`
	Formatted *string      `json:"formatted"`
}

func showStatusByQuery(w http.ResponseWriter, r *serve.Request) {
	writeStatus(w, r, aspnet.QueryValue(r.Request, "invoiceId"))
}

// showStatus answers for the on-chain payment method, whichever one the address names (recording 53-status-pages).
func showStatus(w http.ResponseWriter, r *serve.Request) {
	writeStatus(w, r, r.PathValue("invoiceId"))
}

func writeStatus(w http.ResponseWriter, r *serve.Request, id string) {
	inv := r.State.Invoices[id]
	if inv == nil || !canBePaid(r, inv) {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, statusOf(r, inv))
}

// canBePaid reports whether the checkout is shown for an invoice: it has an address, and is not archived unless the caller
// may see the store's invoices. It gives a lazy invoice its address.
func canBePaid(r *serve.Request, inv *world.Invoice) bool {
	if inv.Archived && !maySeeInvoices(r, inv) {
		return false
	}
	r.World.ActivateLazy(inv)
	return inv.Prompt != nil && inv.Prompt.Address != ""
}

func maySeeInvoices(r *serve.Request, inv *world.Invoice) bool {
	return r.User != nil && r.State.UserMay(r.User, world.ViewInvoices, inv.StoreID)
}

func statusOf(r *serve.Request, inv *world.Invoice) *invoiceStatus {
	st, m, a := r.State.Stores[inv.StoreID], inv.Metadata, inv.Account(money.Digits(inv.Currency))
	left := max(0, inv.Expires.Sub(r.World.Now()).Truncate(time.Second))
	span := inv.Expires.Sub(inv.Created)
	fee := feeOfNext(inv)
	dto := &invoiceStatus{
		CheckoutBodyComponentName: "BitcoinCheckoutBody",
		StoreBranding:             storeBranding{st.BrandColor, st.ApplyBrandColorToBackend, st.LogoURL, st.CSSURL},
		HTMLTitle:                 aspnet.Or(st.HTMLTitle, "BTCPay Invoice"),
		DefaultLang:               languageOf(inv, st, r),
		ShowPayInWalletButton:     st.ShowPayInWalletButton,
		ShowStoreHeader:           st.ShowStoreHeader,
		AvailablePaymentMethods:   []shownMethod{{world.OnChain, true, "Bitcoin", 0}},
		IsUnsetTopUp:              inv.TopUp && inv.Price.Sign() == 0,
		OnChainWithLNFallback:     st.OnChainWithLnInvoiceFallback,
		CelebratePayment:          st.CelebratePayment,
		PaymentMethodCurrency:     "BTC",
		InvoiceID:                 inv.ID,
		Address:                   inv.Prompt.Address,
		Due:                       money.InCoins(a.Due),
		CustomerEmail:             m.BuyerEmail,
		ShowRecommendedFee:        st.ShowRecommendedFee,
		FeeRate:                   world.FeeRate,
		ExpirationSeconds:         int64(left / time.Second),
		DisplayExpirationTimer:    st.DisplayExpirationTimer,
		Status:                    inv.Status,
		MaxTimeSeconds:            int64(span / time.Second),
		StoreName:                 st.Name,
		ItemDesc:                  m.ItemDesc,
		TimeLeft:                  timeLeft(left),
		OrderAmount:               money.InCoins(a.TotalDue.Sub(fee)),
		TaxIncluded:               shownTax{Value: "0.0"},
		InvoiceBitcoinURL:         inv.PaymentLink(a),
		TxCount:                   paymentsNeeded(inv),
		Paid:                      money.InCoins(a.Paid),
		OrderID:                   m.OrderID,
		NetworkFee:                fee.Number(),
		MaxTimeMinutes:            int64(span / time.Minute),
		PaymentMethodID:           world.OnChain,
		PaymentMethodName:         "Bitcoin",
		CryptoImage:               r.Site.Root + "/imlegacy/bitcoin.svg",
		StoreID:                   st.ID,
		RootPath:                  r.Site.Root + "/",
		RedirectAutomatically:     inv.RedirectAutomatically,
		Activated:                 true,
		InvoiceCurrency:           inv.Currency,
	}
	if m.TaxIncluded != nil {
		if tax, err := money.Parse(string(*m.TaxIncluded)); err == nil {
			dto.TaxIncluded = shownTax{*m.TaxIncluded, new(money.InCurrency(tax, inv.Currency))}
		}
	}
	if inv.Currency != "BTC" && inv.Currency != "SATS" {
		dto.Rate, dto.OrderAmountFiat = new(money.InCurrency(inv.Prompt.Rate, inv.Currency)), new(money.InCurrency(inv.Price, inv.Currency))
	}
	if inv.Receipt.Over(st.Receipt).Enabled {
		dto.ReceiptLink = new(r.Site.Base() + "/i/" + inv.ID + "/receipt")
	}
	dto.MerchantRefLink = backLink(inv)
	if dto.MerchantRefLink == "" {
		dto.MerchantRefLink = aspnet.Or(dto.ReceiptLink, "/")
	}
	if support := aspnet.Or(st.SupportURL, ""); support != "" {
		dto.StoreSupportURL = new(strings.NewReplacer("{OrderId}", aspnet.QueryEscape(aspnet.Or(m.OrderID, "")), "{InvoiceId}", inv.ID).Replace(support))
	}
	if st.PlaySoundOnPayment {
		at := r.Site.Base() + "/checkout/"
		dto.PaymentSoundURL = new(aspnet.Or(st.PaymentSoundURL, at+"payment.mp3"))
		dto.ErrorSoundURL, dto.NFCReadSoundURL = new(at+"error.mp3"), new(at+"nfcread.mp3")
	}
	switch st.NetworkFeeMode { // of the store now, not of the invoice
	case "Always":
		dto.TxCountForFee = dto.TxCount
	case "MultiplePaymentsOnly":
		dto.TxCountForFee = dto.TxCount - 1
	}
	dto.InvoiceBitcoinURLQR = dto.InvoiceBitcoinURL
	if strings.HasPrefix(dto.Address, "bcrt1") { // capitals make a smaller code
		dto.InvoiceBitcoinURLQR = strings.Replace(dto.InvoiceBitcoinURL, dto.Address, strings.ToUpper(dto.Address), 1)
	}
	for _, p := range inv.Counted() {
		if received := min(p.Confirmations(r.State.Height), confirmationsTracked); dto.ReceivedConfirmations == nil || received < *dto.ReceivedConfirmations {
			dto.RequiredConfirmations, dto.ReceivedConfirmations = new(world.ConfirmationsNeeded(inv.SpeedLimit, p.RBF)), &received
		}
	}
	return dto
}

// confirmationsTracked is how many confirmations of a payment the server counts at most.
const confirmationsTracked = 6

// feeOfNext is the fee of one more payment. The first payment has none.
func feeOfNext(inv *world.Invoice) money.Decimal {
	if len(inv.Counted()) == 0 {
		return money.Decimal{}
	}
	return inv.Prompt.Fee
}

// paymentsNeeded counts the payments that were received, and one more if the invoice is not paid in full.
func paymentsNeeded(inv *world.Invoice) int {
	n := len(inv.Counted())
	if inv.Lacks(inv.Net(money.Digits(inv.Currency))) {
		n++
	}
	return n
}

// backLink is where the customer goes after the payment; empty if the merchant gave no web address.
func backLink(inv *world.Invoice) string {
	u, err := url.Parse(inv.FillPlaceholders(inv.RedirectURL))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// languageOf is the language of a checkout: the requested one, or else the store's, the invoice's, or English.
func languageOf(inv *world.Invoice, st *world.Store, r *serve.Request) string {
	asked, given := aspnet.LookupQuery(r.Request, "lang")
	switch {
	case strings.EqualFold(asked, "auto"), !given && st.AutoDetectLanguage:
		if l := language.Accepted(r.Header.Get("Accept-Language")); l != nil {
			return l.Code
		}
	case asked != "":
		if l := language.Nearest(asked); l != nil {
			return l.Code
		}
	}
	return aspnet.Or(st.DefaultLang, aspnet.Or(aspnet.NullIfEmpty(inv.Language), "en"))
}

// timeLeft writes a duration as the checkout counts it down: 14:57, with hours and days in front without a separator.
func timeLeft(left time.Duration) string {
	var b strings.Builder
	if days := int64(left.Hours()) / 24; days > 0 {
		b.WriteString(strconv.FormatInt(days, 10))
	}
	two := func(n int64) {
		if n < 10 {
			b.WriteByte('0')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	if hours := int64(left.Hours()) % 24; hours > 0 {
		two(hours)
	}
	two(int64(left.Minutes()) % 60)
	b.WriteByte(':')
	two(int64(left.Seconds()) % 60)
	return b.String()
}
