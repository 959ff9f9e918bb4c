package bitpay

import (
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// createInvoice answers the new invoice as it is at first. A free one changes its status after the response.
func createInvoice(w http.ResponseWriter, r *serve.Request) {
	b, ok := readBody(w, r)
	if b == nil {
		return
	}
	st := r.State.Stores[r.StoreID]
	now := r.World.Now()
	inv, sent := readInvoice(b, st, now)
	methods, crashed := paymentMethods(b)
	if !ok || b.Bad != "" {
		if strings.EqualFold(b.Bad, "expirationTime") {
			aspnet.WriteCrash(w)
			return
		}
		serve.WriteBitpayError(w, http.StatusBadRequest, "Invalid invoice")
		return
	}
	if sent != nil && sent.Before(now.Add(world.ShortestLife)) {
		serve.WriteBitpayError(w, http.StatusBadRequest, "The expirationTime is set too soon")
		return
	}
	if crashed {
		aspnet.WriteCrash(w)
		return
	}
	inv.Base = r.Site.Base()
	if refusal := world.PriceInvoice(inv, st, methods, r.State.Node, now); refusal != "" {
		serve.WriteBitpayError(w, http.StatusBadRequest, refusal)
		return
	}
	if !inv.Storable() {
		aspnet.WriteCrash(w)
		return
	}
	r.World.Create(inv)
	dto := showInvoice(r.World, inv, r.Site.Base())
	if sent != nil {
		dto.ExpirationTime = sent.UnixMilli() // with its milliseconds, only here (recording 63-bitpay-invoices)
	}
	aspnet.WriteJSON(w, http.StatusOK, envelope{Facade: "pos/invoice", Data: dto})
}

// readInvoice reads the fields of a request and fills in the store's settings. The second result is the expiry that was
// sent.
func readInvoice(b *aspnet.Binder, st *world.Store, now time.Time) (*world.Invoice, *time.Time) {
	inv := world.NewInvoice(st, now)
	price := b.Decimal("price")
	inv.TopUp = price == nil
	if code := b.Text("currency"); code != nil && strings.TrimSpace(*code) != "" {
		inv.Currency = strings.ToUpper(strings.TrimSpace(*code))
	}
	if price != nil && price.Sign() > 0 { // a negative price counts as zero (recording 63-bitpay-invoices)
		inv.Price = *price
		if highest := world.HighestPrice(); highest.Cmp(inv.Price) < 0 {
			inv.Price = highest
		}
		inv.Price = money.PriceIn(inv.Price, inv.Currency)
	}
	inv.Metadata = readMetadata(b, inv)
	inv.RedirectURL = aspnet.Or(b.Text("redirectURL"), aspnet.Or(st.Website, ""))
	if automatic := b.Bool("redirectAutomatically"); automatic != nil {
		inv.RedirectAutomatically = *automatic
	}
	inv.NotificationURL = aspnet.Or(b.Text("notificationURL"), "")
	inv.NotificationEmail = aspnet.Or(b.Text("notificationEmail"), "")
	inv.FullNotifications = b.Flag("fullNotifications")
	inv.ExtendedNotifications = b.Flag("extendedNotifications")
	inv.DefaultPaymentMethod = world.PaymentMethodID(aspnet.Or(b.Text("defaultPaymentMethod"), ""))
	if speed := speedOf(aspnet.Or(b.Text("transactionSpeed"), "")); speed != "" {
		inv.SpeedLimit = speed
	}
	for _, ignored := range []string{"token", "guid", "status"} {
		b.Text(ignored)
	}
	b.Long("nonce")
	b.Flag("refundable")

	var sent *time.Time
	if raw, found := b.Get("expirationTime"); found {
		if raw[0] == '"' {
			b.Fail("expirationTime")
		} else if ms := b.Int("expirationTime"); ms != nil && *ms/1000 > aspnet.LastSecond {
			b.Fail("expirationTime")
		} else if ms != nil {
			sent = new(time.UnixMilli(*ms).UTC())
			inv.Expires = sent.Truncate(time.Second)
			inv.Monitored = inv.Expires.Add(time.Duration(st.MonitoringExpiration) * time.Second)
		}
	}
	return inv, sent
}

// speedOf returns the speed policy that a request names, "" if it names none, or one in capitals. Then the store's policy
// applies.
func speedOf(name string) string {
	switch name {
	case "high":
		return "HighSpeed"
	case "medium":
		return "MediumSpeed"
	case "low-medium":
		return "LowMediumSpeed"
	case "low":
		return "LowSpeed"
	}
	return ""
}

func readMetadata(b *aspnet.Binder, inv *world.Invoice) world.Metadata {
	m := world.Metadata{
		OrderID:  b.Text("orderId"),
		ItemCode: b.Text("itemCode"),
		ItemDesc: b.Text("itemDesc"),
		PosData:  world.PosDataOf(b.Text("posData")),
		Physical: new(b.Flag("physical")),
	}
	if tax := b.Decimal("taxIncluded"); tax != nil {
		m.TaxIncluded = new(inv.TaxWithin(*tax).Number())
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
		if *field.into == nil {
			*field.into = nested
		}
	}
	return m
}

// paymentMethods returns the methods that an invoice is restricted to; nil means all. The server crashes on a null among
// them.
func paymentMethods(b *aspnet.Binder) (ids []string, crashed bool) {
	wanted := map[string]bool{}
	for _, entry := range b.Pairs("supportedTransactionCurrencies") {
		switch {
		case entry.Value == nil:
			crashed = true
		case entry.Value.Members == nil:
			b.Fail("supportedTransactionCurrencies")
		default:
			wanted[entry.Name] = entry.Value.Flag("enabled")
			if entry.Value.Bad != "" {
				b.Fail("supportedTransactionCurrencies")
			}
		}
	}
	for _, id := range b.Texts("paymentCurrencies") {
		if id == nil {
			crashed = true
		} else if _, named := wanted[*id]; !named {
			wanted[*id] = true
		}
	}
	if len(wanted) == 0 {
		return nil, crashed
	}
	ids = []string{}
	for id, enabled := range wanted {
		if enabled {
			ids = append(ids, world.PaymentMethodID(id))
		}
	}
	return ids, crashed
}
