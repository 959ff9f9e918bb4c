package sandbox

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// createBitpayInvoice answers the new invoice; what it goes through at once, if it is free, comes after the answer.
func (s *Sandbox) createBitpayInvoice(w http.ResponseWriter, _ *http.Request, c *caller) {
	m, ok := aspnet.ParseMembers(c.body)
	b := &aspnet.Binder{Members: m}
	st := s.state.Stores[c.storeID]
	inv, sent := s.readInvoice(b, st)
	methods := paymentMethods(b)
	if !ok || b.Bad != "" {
		if strings.EqualFold(b.Bad, "expirationTime") {
			aspnet.WriteCrash(w)
			return
		}
		writeBitpayError(w, http.StatusBadRequest, "Invalid invoice")
		return
	}
	now := s.world.Now()
	if sent != nil && sent.Before(now.Add(shortestLife)) {
		writeBitpayError(w, http.StatusBadRequest, "The expirationTime is set too soon")
		return
	}
	inv.ID = random.Base58(16)
	inv.Base = c.site.base()
	if refusal := priceInvoice(inv, st, methods, now); refusal != "" {
		writeBitpayError(w, http.StatusBadRequest, refusal)
		return
	}
	s.world.Create(inv)
	dto := s.bitpayInvoice(inv, c.site.base())
	if sent != nil {
		dto.ExpirationTime = sent.UnixMilli() // with its milliseconds, this once (recording 63-bitpay-invoices)
	}
	aspnet.WriteJSON(w, http.StatusOK, bitpayEnvelope{Facade: "pos/invoice", Data: dto})
}

const shortestLife = 30 * time.Second

var highestPrice = money.NewUint(math.MaxUint64)

// readInvoice binds the members of a request and fills in what the store decides. The second value is the expiry that
// was sent.
func (s *Sandbox) readInvoice(b *aspnet.Binder, st *world.Store) (*world.Invoice, *time.Time) {
	now := s.world.Now()
	inv := &world.Invoice{
		StoreID:               st.ID,
		Status:                world.StatusNew,
		Exception:             world.ExceptionNone,
		Fresh:                 true,
		Created:               now.Truncate(time.Second),
		SpeedLimit:            st.SpeedPolicy,
		RedirectAutomatically: st.RedirectAutomatically,
	}
	inv.Expires = inv.Created.Add(time.Duration(st.InvoiceExpiration) * time.Second)
	inv.Tolerance, _ = money.Parse(string(st.PaymentTolerance))

	price := b.Decimal("price")
	inv.TopUp = price == nil
	inv.Currency = st.DefaultCurrency
	if code := b.Text("currency"); code != nil && strings.TrimSpace(*code) != "" {
		inv.Currency = strings.ToUpper(strings.TrimSpace(*code))
	}
	if price != nil && price.Sign() > 0 { // a negative price is none (recording 63-bitpay-invoices)
		inv.Price = *price
		if highestPrice.Cmp(inv.Price) < 0 {
			inv.Price = highestPrice
		}
		inv.Price = money.PriceIn(inv.Price, inv.Currency)
	}
	inv.Metadata = readMetadata(b, inv.Price)
	inv.RedirectURL = textOr(b.Text("redirectURL"), textOr(st.Website, ""))
	if automatic := b.Bool("redirectAutomatically"); automatic != nil {
		inv.RedirectAutomatically = *automatic
	}
	inv.NotificationURL = textOr(b.Text("notificationURL"), "")
	inv.NotificationEmail = textOr(b.Text("notificationEmail"), "")
	inv.FullNotifications = flag(b.Bool("fullNotifications"))
	inv.ExtendedNotifications = flag(b.Bool("extendedNotifications"))
	inv.DefaultPaymentMethod = textOr(b.Text("defaultPaymentMethod"), "")
	if speed, known := speeds[strings.ToLower(textOr(b.Text("transactionSpeed"), ""))]; known {
		inv.SpeedLimit = speed
	}
	for _, ignored := range []string{"token", "guid", "status"} {
		b.Text(ignored)
	}
	b.Int("nonce")
	b.Bool("refundable")

	var sent *time.Time
	if raw, found := b.Get("expirationTime"); found {
		if raw[0] == '"' {
			b.Fail("expirationTime")
		} else if ms := b.Int("expirationTime"); ms != nil {
			sent = new(time.UnixMilli(*ms).UTC())
			inv.Expires = sent.Truncate(time.Second)
		}
	}
	inv.Monitored = inv.Expires.Add(time.Duration(st.MonitoringExpiration) * time.Second)
	return inv, sent
}

// speeds are the BitPay half's names of the speed policies; any other means the store's.
var speeds = map[string]string{
	"high": "HighSpeed", "medium": "MediumSpeed", "low-medium": "LowMediumSpeed", "low": "LowSpeed",
}

func readMetadata(b *aspnet.Binder, price money.Decimal) world.Metadata {
	m := world.Metadata{
		OrderID:  b.Text("orderId"),
		ItemCode: b.Text("itemCode"),
		ItemDesc: b.Text("itemDesc"),
		PosData:  world.PosDataOf(b.Text("posData")),
		Physical: new(flag(b.Bool("physical"))),
	}
	if tax := b.Decimal("taxIncluded"); tax != nil && tax.Sign() > 0 {
		if tax.Cmp(price) > 0 {
			tax = &price
		}
		m.TaxIncluded = new(tax.Number())
	}
	buyer := b.Object("buyer")
	for _, field := range []struct {
		flat, nested string
		into         **string
	}{
		{"buyerName", "name", &m.BuyerName}, {"buyerEmail", "email", &m.BuyerEmail}, {"buyerPhone", "phone", &m.BuyerPhone},
		{"buyerAddress1", "address1", &m.BuyerAddress1}, {"buyerAddress2", "address2", &m.BuyerAddress2},
		{"buyerCity", "city", &m.BuyerCity}, {"buyerState", "state", &m.BuyerState},
		{"buyerZip", "zip", &m.BuyerZip}, {"buyerCountry", "country", &m.BuyerCountry},
	} {
		*field.into = b.Text(field.flat)
		if buyer == nil {
			continue
		}
		nested := buyer.Text(field.nested)
		if buyer.Bad != "" {
			b.Fail("buyer")
		}
		if *field.into == nil || **field.into == "" {
			*field.into = nested
		}
	}
	return m
}

func flag(value *bool) bool { return value != nil && *value }

func textOr(value *string, otherwise string) string {
	if value == nil {
		return otherwise
	}
	return *value
}

// paymentMethods are the methods an invoice is restricted to; nil means all.
func paymentMethods(b *aspnet.Binder) []string {
	wanted := b.Texts("paymentCurrencies")
	if supported := b.Object("supportedTransactionCurrencies"); supported != nil && wanted == nil {
		for id := range supported.Members {
			if entry := supported.Object(id); entry != nil && flag(entry.Bool("enabled")) {
				wanted = append(wanted, id)
			}
		}
	}
	for i, id := range wanted {
		wanted[i] = world.PaymentMethodID(id)
	}
	return wanted
}

const noWallet = "No wallet has been linked to your BTCPay Store. See the following link for more information on how to connect your store and wallet. (https://docs.btcpayserver.org/WalletSetup/)\n"

// networkFee is that of one more payment, at one satoshi a byte: 100 satoshis.
var networkFee = money.New(1, 6)

// priceInvoice gives a new invoice its way to be paid, or tells in the server's words why there is none. A free one needs none.
func priceInvoice(inv *world.Invoice, st *world.Store, methods []string, now time.Time) (refusal string) {
	if !inv.TopUp && inv.Price.Sign() == 0 {
		return ""
	}
	if st.Wallet == nil || !st.Wallet.Enabled {
		return noWallet
	}
	log := creationLog{now: now}
	log.add("Info Creation of invoice starting")
	rate := st.Rate(money.Pair{Left: "BTC", Right: inv.Currency})
	if rate.Err != "" {
		log.add("Info Rate for " + rate.Pair.String() + ": " + rate.Rule + " = " + rate.Evaluated + " = ???")
		log.add("Warning Rate rule error (" + rate.Err + ")")
		log.add("Warning Unable to get rate " + rate.Pair.String() + ".")
	} else {
		log.add("Info Rate for " + rate.Pair.String() + ": " + rate.Rule + " = " + rate.Evaluated + " = " + rate.Value.Text())
	}
	switch {
	case methods != nil && !slices.Contains(methods, world.OnChain):
		return log.String()
	case rate.Err != "":
		log.add("Error " + world.OnChain + ": Unable to get rate(s) " + rate.Pair.String() + ", this payment method disabled for this invoice.")
		return log.String()
	case rate.Value.Sign() <= 0:
		return log.String()
	}
	inv.Prompt = &world.Prompt{Rate: rate.Value, Fee: networkFee, FeeMode: st.NetworkFeeMode, Dust: st.Wallet.Dust()}
	if st.NetworkFeeMode == "Never" {
		inv.Prompt.Fee = money.Decimal{}
	}
	if !inv.TopUp && inv.Account(money.Digits(inv.Currency)).Due.Cmp(money.New(inv.Prompt.Dust, 8)) < 0 {
		inv.Prompt = nil
		log.add("Error " + world.OnChain + ": Payment method unavailable (Amount below the dust threshold. For amounts of this size, it is recommended to enable an off-chain (Lightning) payment method)")
		log.add("Info " + world.OnChain + ": Payment method details creation took 0 milliseconds")
		return log.String()
	}
	if !inv.Lazy {
		inv.Prompt.Activate(st.Wallet)
	}
	return ""
}

// creationLog is the text of a refused creation: a line of log a step, with the clock time.
type creationLog struct {
	now   time.Time
	lines strings.Builder
}

func (l *creationLog) add(line string) {
	l.lines.WriteString(l.now.Format("01/02/2006 15:04:05") + ":" + line + "\n")
}

func (l *creationLog) String() string {
	return "Error retrieving a matching payment method or rate.\n" + l.lines.String()
}
