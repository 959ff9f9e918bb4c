package invoice

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// An order is an invoice to create, in the fields of the BitPay API, or in those of
// Greenfield if it was given so.
type order struct {
	request bitpay.InvoiceRequest
	native  *greenfield.InvoiceRequest
	// anyAmount is set if an invoice for any amount was requested; only then may the amount
	// be missing.
	anyAmount bool
	// expires is the time until the expiry, if it was given as a span.
	expires time.Duration
	// id is the order id in the fields of the BitPay API if it is not a string.
	id json.RawMessage
}

func (o order) orderID() string {
	if o.native != nil {
		return scalarText(o.native.Metadata[greenfield.MetaOrderID])
	}
	return o.request.OrderID
}

func (o *order) setOrderID(id string) {
	if o.native == nil {
		o.request.OrderID = id
		return
	}
	changed := *o.native
	changed.Metadata = greenfield.Metadata{}
	maps.Copy(changed.Metadata, o.native.Metadata)
	changed.Metadata.SetText(greenfield.MetaOrderID, id)
	o.native = &changed
}

// digest is different for orders that create different invoices.
func (o order) digest() string {
	content, err := json.Marshal([]any{o.request, o.native, o.anyAmount, o.id})
	if err != nil {
		panic(err) // it was read from JSON
	}
	return textDigest(string(content))
}

func textDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func (o order) amount() (*client.Decimal, string) {
	if o.native != nil {
		return o.native.Amount, o.native.Currency
	}
	return o.request.Price, o.request.Currency
}

// asked is what a record stores of an order, to recognise its invoice.
func (o order) asked() ledger.Invoice {
	amount, currency := o.amount()
	r := ledger.Invoice{InvoicePayload: ledger.InvoicePayload{OrderID: o.orderID(), Currency: currency}}
	if amount != nil {
		r.Amount = amount.String()
	}
	return r
}

// greenfield returns the order as a request of that API, with the operation that creates
// it.
func (o order) greenfield(operation string) (greenfield.InvoiceRequest, error) {
	var request greenfield.InvoiceRequest
	if o.native != nil {
		request = *o.native
	} else {
		var err error
		if request, err = o.translate(); err != nil {
			return request, err
		}
	}
	metadata := greenfield.Metadata{}
	maps.Copy(metadata, request.Metadata)
	metadata.SetText(metaOperation, operation)
	request.Metadata = metadata
	return request, nil
}

// translate refuses what Greenfield has no field for. Fields that both APIs ignore are
// dropped.
func (o order) translate() (greenfield.InvoiceRequest, error) {
	r := o.request
	switch {
	case r.NotificationURL != "" || r.NotificationEmail != "" || r.ExtendedNotifications:
		return greenfield.InvoiceRequest{}, onlyBitPay("a notification of its own for each invoice")
	case len(r.SupportedTransactionCurrencies) > 0:
		return greenfield.InvoiceRequest{}, onlyBitPay("supportedTransactionCurrencies")
	}
	metadata, err := o.metadata()
	if err != nil {
		return greenfield.InvoiceRequest{}, err
	}
	checkout := greenfield.CheckoutRequest{
		SpeedPolicy: speedPolicies[r.TransactionSpeed], PaymentMethods: r.PaymentCurrencies, DefaultPaymentMethod: r.DefaultPaymentMethod,
		RedirectURL: r.RedirectURL, RedirectAutomatically: r.RedirectAutomatically,
	}
	if checkout.ExpirationMinutes, err = o.minutes(); err != nil {
		return greenfield.InvoiceRequest{}, err
	}
	request := greenfield.InvoiceRequest{Amount: r.Price, Currency: r.Currency, Metadata: metadata}
	if !reflect.ValueOf(checkout).IsZero() {
		request.Checkout = &checkout
	}
	return request, request.Validate()
}

var speedPolicies = map[bitpay.Speed]greenfield.SpeedPolicy{
	bitpay.SpeedHigh: greenfield.SpeedPolicyHigh, bitpay.SpeedMedium: greenfield.SpeedPolicyMedium,
	bitpay.SpeedLowMedium: greenfield.SpeedPolicyLowMedium, bitpay.SpeedLow: greenfield.SpeedPolicyLow,
}

// minutes returns the time until the expiry, which this API counts in whole minutes.
func (o order) minutes() (*greenfield.Minutes, error) {
	span := o.expires
	if span == 0 && !o.request.ExpirationTime.IsZero() {
		span = time.Until(o.request.ExpirationTime.Time).Round(time.Minute)
	}
	if span == 0 {
		return nil, nil
	}
	if span < time.Minute || span%time.Minute != 0 {
		return nil, &output.Error{Code: output.BadInput, What: fmt.Sprintf("--expires %s is not in whole minutes, which the Greenfield API requires", span),
			Why: "Nothing was sent.", Next: "--expires 15m, or --api bitpay"}
	}
	return new(greenfield.Minutes(span / time.Minute)), nil
}

// metadata puts the fields where the server itself puts those of the BitPay API.
func (o order) metadata() (greenfield.Metadata, error) {
	r := o.request
	metadata := greenfield.Metadata{}
	if b := r.Buyer; b != nil {
		for name, text := range map[string]string{
			greenfield.MetaBuyerName: b.Name, greenfield.MetaBuyerEmail: b.Email, greenfield.MetaBuyerPhone: b.Phone,
			greenfield.MetaBuyerAddress1: b.Address1, greenfield.MetaBuyerAddress2: b.Address2, greenfield.MetaBuyerCity: b.City,
			greenfield.MetaBuyerState: b.State, greenfield.MetaBuyerZip: b.Zip, greenfield.MetaBuyerCountry: b.Country,
		} {
			metadata.SetText(name, text)
		}
	}
	for name, text := range map[string]string{
		greenfield.MetaOrderID: r.OrderID, greenfield.MetaItemCode: r.ItemCode, greenfield.MetaItemDesc: r.ItemDesc, greenfield.MetaPosData: r.PosData,
		greenfield.MetaBuyerName: r.BuyerName, greenfield.MetaBuyerEmail: r.BuyerEmail, greenfield.MetaBuyerPhone: r.BuyerPhone,
		greenfield.MetaBuyerAddress1: r.BuyerAddress1, greenfield.MetaBuyerAddress2: r.BuyerAddress2, greenfield.MetaBuyerCity: r.BuyerCity,
		greenfield.MetaBuyerState: r.BuyerState, greenfield.MetaBuyerZip: r.BuyerZip, greenfield.MetaBuyerCountry: r.BuyerCountry,
	} {
		if text != "" {
			metadata.SetText(name, text)
		}
	}
	if r.Physical {
		if err := metadata.Set(greenfield.MetaPhysical, true); err != nil {
			return nil, err
		}
	}
	if o.id != nil {
		metadata[greenfield.MetaOrderID] = o.id
	}
	if r.TaxIncluded == nil {
		return metadata, nil
	}
	return metadata, metadata.Set(greenfield.MetaTaxIncluded, *r.TaxIncluded)
}
