package invoice

import (
	"strings"
	"testing"
)

// TestGivenJSON reads orders whose members were given and say nothing, in both
// forms, in any capitals and as any type.
func TestGivenJSON(t *testing.T) {
	for _, c := range []struct {
		text, want string // a part of the error, empty where it is an order
		anyAmount  bool
	}{
		{`{"price":"12.50","currency":"USD","orderId":"A-1"}`, "", false},
		{`{"amount":12.50,"currency":"USD","metadata":{"orderId":"A-1"}}`, "", false},
		{`{"price":"any","currency":"USD"}`, "", true},
		{`{"amount":"any","currency":"USD"}`, "", true},
		{`{"PRICE":"any"}`, "", true},
		{`{"price":null}`, `"price" is null`, false},
		{`{"Price":null}`, `"Price" is null`, false},
		{`{"price": null ,"currency":"USD"}`, `"price" is null`, false},
		{`{"amount":null}`, `"amount" is null`, false},
		{`{"currency":"USD"}`, `"price" is missing`, false},
		{`{}`, `"price" is missing`, false},
		{`{"metadata":{"orderId":"A-1"}}`, `"amount" is missing`, false},
		{`{"price":"","currency":"USD"}`, `"price" is empty`, false},
		{`{"price":"  "}`, `"price" is empty`, false},
		{`{"amount":"\t"}`, `"amount" is empty`, false},
		{`{"price":"Any"}`, "not an amount", false},
		{`{"price":" any"}`, "not an amount", false},
		{`{"price":["any"]}`, "", false},
		{`{"price":true}`, "not an amount", false},
		{`{"price":{}}`, "not an amount", false},
		{`{"price":5,"currency":null}`, `"currency" is null`, false},
		{`{"price":5,"currency":""}`, `"currency" is empty`, false},
		{`{"price":5,"orderId":null}`, `"orderId" is null`, false},
		{`{"price":5,"orderId":" "}`, `"orderId" is empty`, false},
		{`{"price":5,"taxIncluded":null}`, `"taxIncluded" is null`, false},
		{`{"price":5,"paymentCurrencies":null}`, `"paymentCurrencies" is null`, false},
		{`{"amount":5,"metadata":{"orderId":null}}`, `"metadata.orderId" is null`, false},
		{`{"amount":5,"metadata":{"orderId":""}}`, `"metadata.orderId" is empty`, false},
		{`{"amount":5,"checkout":{"paymentMethods":null}}`, `"checkout.paymentMethods" is null`, false},
		{`{"amount":5,"metadata":{"mine":null}}`, "", false},
		{`{"amount":"any","price":"any"}`, `"amount" and "price" are both given`, false},
	} {
		o, err := parseRequest([]byte(c.text))
		switch {
		case c.text == `{"price":["any"]}`:
			if err == nil {
				t.Errorf("%s is taken", c.text)
			}
		case c.want == "" && (err != nil || o.anyAmount != c.anyAmount):
			t.Errorf("%s: any amount %v, %v", c.text, o.anyAmount, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, and not %q", c.text, err, c.want)
		}
	}
}

// TestCheckAmount has the amounts that are settled at once, however they are
// written.
func TestCheckAmount(t *testing.T) {
	for _, text := range []string{"0", "0.00", "0e5", "-0", "-0.0e3", "0E-7", `"0.00"`, `"-0"`} {
		o, err := parseRequest([]byte(`{"price":` + text + `}`))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err := o.checkAmount(false); err == nil {
			t.Errorf("%s is let through", text)
		}
		if err := o.checkAmount(true); err != nil {
			t.Errorf("%s with --allow-zero: %v", text, err)
		}
	}
	for _, text := range []string{"0.01", "1e-8", `"12"`} {
		if o, err := parseRequest([]byte(`{"price":` + text + `}`)); err != nil || o.checkAmount(false) != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
