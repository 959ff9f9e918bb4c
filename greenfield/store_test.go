package greenfield_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A store that is read, changed and sent back keeps what was not changed.
func TestStoreUpdate(t *testing.T) {
	ctx, s := t.Context(), startShop(t, "")
	basic, err := greenfield.NewBasic(s.seed.Email, client.NewSecret(s.seed.Password))
	if err != nil {
		t.Fatal(err)
	}
	c := s.connect(t, basic)
	made, err := c.Stores.Create(ctx, greenfield.StoreRequest{
		Name: "Before", Website: client.Set("https://before.example"), HTMLTitle: client.Set("Shop"), PaymentTolerance: decimal(t, "2"),
		DefaultCurrency: "EUR", AdditionalTrackedRates: []string{"USD"}, Receipt: &greenfield.Receipt{ShowQR: new(false)},
	})
	if err != nil {
		t.Fatal(err)
	}
	request := made.Request()
	request.Name, request.Website = "After", client.Set("")
	changed, err := c.Stores.Update(ctx, made.ID, request)
	if err != nil || changed.Name != "After" || changed.Website != "" {
		t.Fatalf("%+v, %v", changed, err)
	}
	want := made.Request()
	want.Name, want.Website = "After", client.Opt[string]{}
	if got, want := jsonOf(t, changed.Request()), jsonOf(t, want); got != want {
		t.Errorf("after the update the store is\n%s, want\n%s", got, want)
	}
	if _, err := c.Stores.Update(ctx, made.ID, greenfield.StoreRequest{}); !refusedMember(err, "name") {
		t.Error(err)
	}
	if _, err := c.Stores.Update(ctx, "..", request); !refusedMember(err, "store id") {
		t.Error(err)
	}
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A text that is left out, null or empty is sent as such.
func TestStoreRequestTexts(t *testing.T) {
	for want, request := range map[string]greenfield.StoreRequest{
		`{"name":"a"}`:                             {Name: "a"},
		`{"name":"a","website":""}`:                {Name: "a", Website: client.Set("")},
		`{"name":"a","website":null}`:              {Name: "a", Website: client.Null[string]()},
		`{"name":"a","htmlTitle":"b"}`:             {Name: "a", HTMLTitle: client.Set("b")},
		`{"paymentTolerance":0,"name":"a"}`:        {Name: "a", PaymentTolerance: decimal(t, "0")},
		`{"name":"a","requiresRefundEmail":false}`: {Name: "a", RequiresRefundEmail: new(false)},
	} {
		var sent string
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sent = r.Method + " " + r.URL.Path + " " + string(body)
			answer(w, 200, `{"id":"`+string(storeID)+`"}`)
		})
		if _, err := g.Stores.Update(t.Context(), storeID, request); err != nil || sent != "PUT /api/v1/stores/"+string(storeID)+" "+want {
			t.Errorf("sent %s, %v, want %s", sent, err, want)
		}
	}
}

// recordedStore is the store of recording 14-stores of 2.4.1.
const recordedStore = `{"id":"` + storeID + `","name":"Everything","website":"https://shop.example","brandColor":"#F7931A","applyBrandColorToBackend":true,"logoUrl":"https://shop.example/l.png","cssUrl":null,"paymentSoundUrl":null,"supportUrl":null,"invoiceExpiration":900,"displayExpirationTimer":300,"refundBOLT11Expiration":30,"monitoringExpiration":86400,"speedPolicy":"MediumSpeed","lightningDescriptionTemplate":"Paid to {StoreName} (Order ID: {OrderId})","paymentTolerance":2.0,"anyoneCanCreateInvoice":false,"defaultCurrency":"USD","additionalTrackedRates":["EUR"],"lightningAmountInSatoshi":false,"lightningPrivateRouteHints":false,"onChainWithLnInvoiceFallback":false,"lazyPaymentMethods":false,"redirectAutomatically":false,"archived":false,"showRecommendedFee":true,"recommendedFeeBlockTarget":1,"defaultPaymentMethod":null,"htmlTitle":null,"networkFeeMode":"MultiplePaymentsOnly","paymentMethodCriteria":[{"paymentMethodId":"BTC-CHAIN","currencyCode":"USD","amount":"5","above":true}],"payJoinEnabled":false,"autoDetectLanguage":false,"showPayInWalletButton":true,"showStoreHeader":true,"celebratePayment":true,"playSoundOnPayment":false,"receipt":{"enabled":true,"showQR":true,"showPayments":true}}`

// What a newer server added to a store, and to a part of it that is replaced as a whole,
// is sent back.
func TestStoreExtra(t *testing.T) {
	newer := strings.NewReplacer(`"name":"Everything"`, `"name":"Everything","loyalty":{"points":1.50,"tiers":[{"a":null}]},"theme":"dark"`, `"above":true`, `"above":true,"until":17`).Replace(recordedStore)
	var sent []byte
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			sent, _ = io.ReadAll(r.Body)
		}
		answer(w, 200, newer)
	})
	store, err := g.Stores.Get(t.Context(), storeID)
	if err != nil || len(store.Extra) != 2 {
		t.Fatalf("%v, %v", store.Extra, err)
	}
	request := store.Request()
	request.Name = "Renamed"
	request.Extra["theme"] = json.RawMessage(`"light"`)
	if _, err := g.Stores.Update(t.Context(), storeID, request); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"name":"Renamed"`, `"loyalty":{"points":1.50,"tiers":[{"a":null}]}`, `"theme":"light"`, `"above":true,"until":17`} {
		if strings.Count(string(sent), part) != 1 {
			t.Errorf("sent %s, without %s", sent, part)
		}
	}
	if string(store.Extra["theme"]) != `"dark"` {
		t.Error("the request changed the store")
	}
	request.Extra = map[string]json.RawMessage{"Website": json.RawMessage(`"https://b.example"`)}
	if _, err := g.Stores.Update(t.Context(), storeID, request); !refusedMember(err, "Extra") {
		t.Error(err)
	}
	request.Extra, request.PaymentMethodCriteria[0].Extra = nil, map[string]json.RawMessage{"amount": json.RawMessage("1")}
	if _, err := g.Stores.Update(t.Context(), storeID, request); !refusedMember(err, "paymentMethodCriteria[0].Extra") {
		t.Error(err)
	}
	var known greenfield.Store
	if err := json.Unmarshal([]byte(recordedStore), &known); err != nil || known.Extra != nil || known.PaymentMethodCriteria[0].Extra != nil {
		t.Errorf("Store lacks %v, %v", known.Extra, err)
	}
}

// withoutExtra is encoded as a StoreRequest was before it had Extra.
type withoutExtra greenfield.StoreRequest

func (r withoutExtra) MarshalJSON() ([]byte, error) {
	type members withoutExtra
	return json.Marshal(struct {
		PaymentTolerance *json.Number `json:"paymentTolerance,omitzero"`
		members
	}{new(json.Number(r.PaymentTolerance.String())), members(r)})
}

// BenchmarkExtra compares a type that has Extra with the same fields without it.
func BenchmarkExtra(b *testing.B) {
	type plain greenfield.Store
	decode := func(text string, into func() any) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if err := client.Unmarshal([]byte(text), into()); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("decode/plain", decode(recordedStore, func() any { return new(plain) }))
	b.Run("decode/Extra", decode(recordedStore, func() any { return new(greenfield.Store) }))
	list := "[" + strings.Repeat(recordedStore+",", 99) + recordedStore + "]"
	b.Run("list/plain", decode(list, func() any { return new([]plain) }))
	b.Run("list/Extra", decode(list, func() any { return new([]greenfield.Store) }))
	var store greenfield.Store
	if err := json.Unmarshal([]byte(recordedStore), &store); err != nil {
		b.Fatal(err)
	}
	request := store.Request()
	encode := func(value any) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if _, err := json.Marshal(value); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("encode/without", encode(withoutExtra(request)))
	b.Run("encode/Extra", encode(request))
}
