package world

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// ShortestLife is how long an invoice lives at least.
const ShortestLife = 30 * time.Second

// HighestPrice is the highest price of an invoice.
func HighestPrice() money.Decimal { return money.NewUint(math.MaxUint64) }

// NewInvoice returns an invoice with the settings of a store. It is not in the state yet.
func NewInvoice(st *Store, now time.Time) *Invoice {
	inv := &Invoice{
		ID:                    random.Base58(16),
		StoreID:               st.ID,
		Currency:              st.DefaultCurrency,
		Status:                StatusNew,
		Exception:             ExceptionNone,
		Fresh:                 true,
		Created:               now.Truncate(time.Second),
		SpeedLimit:            string(st.SpeedPolicy),
		RedirectAutomatically: st.RedirectAutomatically,
	}
	inv.Expires = inv.Created.Add(time.Duration(st.InvoiceExpiration) * time.Second)
	inv.Monitored = inv.Expires.Add(time.Duration(st.MonitoringExpiration) * time.Second)
	inv.Tolerance, _ = money.Parse(string(st.PaymentTolerance)) // was checked when it was set
	return inv
}

const noWallet = "No wallet has been linked to your BTCPay Store. See the following link for more information on how to connect your store and wallet. (https://docs.btcpayserver.org/WalletSetup/)\n"

// networkFee is the fee of one more payment, at one satoshi a byte: 100 satoshis.
func networkFee() money.Decimal { return money.New(1, 6) }

// PriceInvoice gives a new invoice its way to be paid, or returns in the server's words why there is none. A free one needs
// none. If methods are given, the invoice may be paid by those only.
func PriceInvoice(inv *Invoice, st *Store, methods []string, node Node, now time.Time) (refusal string) {
	if !inv.TopUp && inv.Price.Sign() == 0 {
		return ""
	}
	if st.Wallet == nil || !st.Wallet.Enabled {
		return st.refuseWithoutWallet(inv, methods, now)
	}
	log := creationLog{now: now}
	log.add("Info Creation of invoice starting")
	rate := st.Rate(money.Pair{Left: "BTC", Right: inv.Currency})
	log.addRate(rate)
	switch {
	case methods != nil && !slices.Contains(methods, OnChain):
		return log.String()
	case rate.Err != "":
		log.add("Error " + OnChain + ": Unable to get rate(s) " + rate.Pair.String() + ", this payment method disabled for this invoice.")
		return log.String()
	case rate.Value.Sign() <= 0:
		return log.String()
	}
	if node != NodeReady && !inv.Lazy {
		log.add("Error " + OnChain + ": Payment method unavailable (Full node not available)")
		log.add("Info " + OnChain + ": Payment method details creation took 0 milliseconds")
		return log.String()
	}
	inv.Prompt = &Prompt{Rate: rate.Value, Fee: networkFee(), FeeMode: string(st.NetworkFeeMode), Dust: st.Wallet.dust()}
	if st.NetworkFeeMode == "Never" {
		inv.Prompt.Fee = money.Decimal{}
	}
	if !inv.TopUp && inv.Account(money.Digits(inv.Currency)).Due.Cmp(money.New(inv.Prompt.Dust, 8)) < 0 {
		inv.Prompt = nil
		log.add("Error " + OnChain + ": Payment method unavailable (Amount below the dust threshold. For amounts of this size, it is recommended to enable an off-chain (Lightning) payment method)")
		log.add("Info " + OnChain + ": Payment method details creation took 0 milliseconds")
		return log.String()
	}
	if !inv.Lazy {
		inv.Prompt.activate(st.Wallet)
	}
	return ""
}

// creationLog is the text of a refused creation: a log line for each step, with the time.
type creationLog struct {
	now   time.Time
	lines strings.Builder
}

func (l *creationLog) add(line string) {
	l.lines.WriteString(l.now.Format("01/02/2006 15:04:05") + ":" + line + "\n")
}

func (l *creationLog) addRate(rate money.Rate) {
	if rate.Err != "" {
		l.add("Info Rate for " + rate.Pair.String() + ": " + rate.Rule + " = " + rate.Evaluated + " = ???")
		l.add("Warning Rate rule error (" + rate.Err + ")")
		l.add("Warning Unable to get rate " + rate.Pair.String() + ".")
	} else {
		l.add("Info Rate for " + rate.Pair.String() + ": " + rate.Rule + " = " + rate.Evaluated + " = " + rate.Value.Text())
	}
}

func (l *creationLog) String() string {
	return "Error retrieving a matching payment method or rate.\n" + l.lines.String()
}

// PaymentLink is the address that a wallet opens. Once nothing is due it names no amount.
func (inv *Invoice) PaymentLink(a Accounting) string {
	link := "bitcoin:" + inv.Prompt.Address
	if a.Due.Sign() > 0 {
		link += "?amount=" + a.Due.Text()
	}
	return link
}

// Outpoint names the output that paid: transaction and number.
func (p *Payment) Outpoint() string { return p.TxID + "-" + strconv.Itoa(p.Vout) }
