package release

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// fields are those of a JSON object.
type fields map[string]json.RawMessage

// WriteUsers answers a user, or a list of users or members, with the fields that the release has.
func (r Release) WriteUsers(w http.ResponseWriter, status int, v any) {
	write(w, status, v, r.missingUserFields(), nil)
}

// WriteStores answers a store, or a list of stores, with the fields that the release has.
func (r Release) WriteStores(w http.ResponseWriter, status int, v any) {
	write(w, status, v, r.missingStoreFields(), r.oldStoreFields())
}

// WriteInvoices answers an invoice of the Greenfield API, or a list of invoices, with the
// fields that the release has. Recorded of all four; since when by history.
func (r Release) WriteInvoices(w http.ResponseWriter, status int, v any) {
	write(w, status, v, r.missing(map[string][3]int{"paidAmount": {2, 1, 2}, "paymentMethods": {2, 3, 6}}), nil)
}

// WritePaymentRequests answers a payment request, or a list of them, with the fields that the release has. Recorded of
// 2.0.8 and 2.3.9; since when by history.
func (r Release) WritePaymentRequests(w http.ResponseWriter, status int, v any) {
	write(w, status, v, r.missing(map[string][3]int{"referenceId": {2, 1, 1}}), nil)
}

// RequestCurrency returns the currency of a payment request that is changed without one. It stays, since 2.1.0 by history;
// recorded of 2.0.8 is that it becomes the store's.
func (r Release) RequestCurrency(own, stores string) string {
	if r.Since(2, 1, 0) {
		return own
	}
	return stores
}

// WriteInvoiceMethods answers the payment methods of an invoice. 1.13.5 names some of the
// fields, and the method, otherwise (recording 21-invoice-payments).
func (r Release) WriteInvoiceMethods(w http.ResponseWriter, status int, methods any) {
	if r.Since(2, 0, 0) {
		write(w, status, methods, nil, nil)
		return
	}
	text, err := json.Marshal(methods)
	if err != nil {
		panic(err) // every value is of our own types
	}
	var list []fields
	mustDecode(text, &list)
	for _, method := range list {
		for name, before := range map[string]string{"paymentMethodId": "paymentMethod", "currency": "cryptoCode", "paymentMethodFee": "networkFee"} {
			method[before] = method[name]
			delete(method, name)
		}
		method["paymentMethod"] = json.RawMessage(`"` + r.PaymentMethodIDs()[0] + `"`) // the only one that a store can have
		method["additionalData"] = json.RawMessage("{}")
	}
	aspnet.WriteJSON(w, status, list)
}

// missingUserFields are the fields that a user does not have yet, by history.
func (r Release) missingUserFields() []string {
	return r.missing(map[string][3]int{"name": {2, 0, 0}, "imageUrl": {2, 0, 0}, "invitationUrl": {2, 1, 0}, "storeQuota": {2, 4, 0}})
}

// missingStoreFields are the fields that a store does not have yet, by history.
func (r Release) missingStoreFields() []string {
	return r.missing(map[string][3]int{
		"brandColor": {2, 0, 0}, "applyBrandColorToBackend": {2, 0, 0}, "logoUrl": {2, 0, 0}, "cssUrl": {2, 0, 0}, "paymentSoundUrl": {2, 0, 0},
		"refundBOLT11Expiration": {2, 1, 0}, "additionalTrackedRates": {2, 2, 0},
	})
}

// oldStoreFields are the fields that a store had before 2.0.0.
func (r Release) oldStoreFields() fields {
	if r.Since(2, 0, 0) {
		return nil
	}
	return fields{"customLogo": json.RawMessage("null"), "customCSS": json.RawMessage("null"), "checkoutType": json.RawMessage(`"V2"`), "requiresRefundEmail": json.RawMessage("false")}
}

// missing returns the fields of which the given first release is later than r.
func (r Release) missing(first map[string][3]int) []string {
	var names []string
	for name, since := range first {
		if !r.Since(since[0], since[1], since[2]) {
			names = append(names, name)
		}
	}
	return names
}

// write answers v, an object or a list of objects, without some fields and with others.
func write(w http.ResponseWriter, status int, v any, without []string, with fields) {
	if len(without)+len(with) == 0 {
		aspnet.WriteJSON(w, status, v)
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // every value is of our own types
	}
	if bytes.HasPrefix(text, []byte("[")) {
		var list []fields
		mustDecode(text, &list)
		for _, object := range list {
			object.change(without, with)
		}
		aspnet.WriteJSON(w, status, list)
		return
	}
	var object fields
	mustDecode(text, &object)
	object.change(without, with)
	aspnet.WriteJSON(w, status, object)
}

// writeRenamed answers v, an object or a list of objects. Until 2.0.0 some fields have another name, or are missing if that is
// empty.
func (r Release) writeRenamed(w http.ResponseWriter, status int, v any, names map[string]string) {
	if r.Since(2, 0, 0) {
		write(w, status, v, nil, nil)
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // every value is of our own types
	}
	rename := func(object fields) {
		for name, before := range names {
			if value, there := object[name]; there && before != "" {
				object[before] = value
			}
			delete(object, name)
		}
	}
	if bytes.HasPrefix(text, []byte("[")) {
		var list []fields
		mustDecode(text, &list)
		for _, object := range list {
			rename(object)
		}
		aspnet.WriteJSON(w, status, list)
		return
	}
	var object fields
	mustDecode(text, &object)
	rename(object)
	aspnet.WriteJSON(w, status, object)
}

func (f fields) change(without []string, with fields) {
	for _, name := range without {
		delete(f, name)
	}
	maps.Copy(f, with)
}

func mustDecode(text []byte, into any) {
	if err := json.Unmarshal(text, into); err != nil {
		panic(err) // it was encoded here
	}
}
