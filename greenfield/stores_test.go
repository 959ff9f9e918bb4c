package greenfield_test

import (
	"encoding/json"
	"io"
	"net/http"
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
