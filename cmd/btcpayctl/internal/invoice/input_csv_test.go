package invoice

import (
	"fmt"
	"strings"
	"testing"
)

// rowText writes a row in the fields of its API.
func rowText(r lineRequest) string {
	amount, currency := r.order.amount()
	text := "any"
	if amount != nil {
		text = amount.String()
	}
	form := "bitpay"
	if r.order.native != nil {
		form = "greenfield"
	}
	return fmt.Sprintf("%d: %s %s %s %s", r.line, r.order.orderID(), text, currency, form)
}

// TestCSV reads tables as spreadsheets and shops write them.
func TestCSV(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"plain", "orderId,amount,currency\nA-1,12.50,USD\nA-2,5,EUR\n", []string{"2: A-1 12.50 USD bitpay", "3: A-2 5 EUR bitpay"}},
		{"BOM, CRLF, quotes", "\ufeff\"Order ID\",\"Amount\",Currency,\"Description\"\r\n\"A-1\",\"12.50\",USD,\"Tea, \"\"green\"\"\r\nand white\"\r\nA-2,5,USD,\r\n",
			[]string{"2: A-1 12.50 USD bitpay", "4: A-2 5 USD bitpay"}},
		{"semicolons", "order-id;PRICE;currency\nA-1;12.50;USD\n", []string{"2: A-1 12.50 USD bitpay"}},
		{"tabs", "order_id\tamount\tcurrency\nA-1\t12.50\tUSD\n", []string{"2: A-1 12.50 USD bitpay"}},
		{"a line with the separator", "sep=;\r\nOrderID;amount;currency\r\nA-1;1;USD\r\n", []string{"3: A-1 1 USD bitpay"}},
		{"empty lines and rows", "\n\norderId,amount,currency\n\nA-1,1,USD\n,,\n , ,\nA-2,2,USD\n\n", []string{"5: A-1 1 USD bitpay", "8: A-2 2 USD bitpay"}},
		{"a column without a title", "orderId,amount,currency,\nA-1,1,USD,\n", []string{"2: A-1 1 USD bitpay"}},
		{"any amount", "amount\nany\n", []string{"2:  any  bitpay"}},
		{"fields of the Greenfield API", "orderId,amount,currency,checkout.expirationMinutes,checkout.paymentMethods,metadata.shelf,buyerName\nA-1,1,USD,30,BTC-CHAIN BTC-LN,7,Ann\n",
			[]string{"2: A-1 1 USD greenfield"}},
		{"optional cells", "orderId,amount,currency,taxIncluded,physical,buyerEmail\nA-1,1,USD,,,\n", []string{"2: A-1 1 USD bitpay"}},
		{"with a reason", "orderId,amount,currency,btcpayctlError\nA-1,1,USD,\"line 3: refused\"\n", []string{"2: A-1 1 USD bitpay"}},
		{"a header only", "orderId,amount,currency\n", nil},
		{"nothing", "", nil},
		{"blank lines", " \n\r\n\t\n", nil},
		{"only a BOM", "\ufeff", nil},
	} {
		in, line, err := parseRequests([]byte(c.text))
		var got []string
		for _, r := range in.rows {
			if r.bad != nil {
				t.Errorf("%s, line %d: %v", c.name, r.line, r.bad)
			}
			got = append(got, rowText(r))
		}
		if err != nil || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, line %d, %v; want %q", c.name, got, line, err, c.want)
		}
	}
	in, _, err := parseRequests([]byte("orderId;amount;currency;description;physical;paymentCurrencies\nA;1;USD;\" a;b \";yes;BTC-CHAIN, BTC-LN\n"))
	if err != nil || len(in.rows) != 1 || in.rows[0].bad != nil {
		t.Fatalf("%v, %+v", err, in.rows)
	}
	if r := in.rows[0].order.request; r.ItemDesc != " a;b " || !r.Physical || strings.Join(r.PaymentCurrencies, "+") != "BTC-CHAIN+BTC-LN" {
		t.Errorf("%+v", r)
	}
}

// TestBadCSV names the line and the column of what cannot be used.
func TestBadCSV(t *testing.T) {
	const header = "orderId,amount,currency\n"
	for text, want := range map[string]string{
		"hello\n":                                  `line 1: column 1: unknown column "hello"`,
		"\norderId,amount,Foo Bar\nA,1,x\n":        `line 2: column 3: unknown column "Foo Bar"`,
		"orderId,amount,Order ID\nA,1,B\n":         `line 1: column 3: "orderId" and "Order ID" are the same field`,
		"amount,price\n1,2\n":                      `line 1: column 2: "amount" and "price" are the same field`,
		"orderId,currency\nA,USD\n":                `line 1: there is no column "amount"`,
		header + "A,1\n":                           "line 2: it has 2 cells, and the header has 3",
		header + "A,12,50,USD\n":                   "line 2: it has 4 cells, and the header has 3",
		header + "A,1,USD\nB,\"2,USD\n":            "line 3: column",
		header + "A,1,U\"SD\n":                     "line 2: column 6: bare",
		"amount,\n1,x\n":                           "line 2: column 2: it has no title, but a value",
		header + "M\xfcller,1,USD\n":               `line 2: the byte 0xfc is not UTF-8: save the table as "CSV UTF-8"`,
		header + "A\x00,1,USD\n":                   "line 2: U+0000",
		"\xff\xfeo\x00r\x00":                       "line 1: it is UTF-16 text: save it as UTF-8",
		"sep=;\namount;x\n":                        `line 2: column 2: unknown column "x"`,
		header + "\nA,,USD\n":                      `line 3: column "amount": it is empty; "any" creates`,
		"orderId;amount\nA;12,50\n":                `line 2: column "amount": "12,50" is not an amount: write it like 1234.50`,
		"Order ID,Price\nA,\"1,234.50\"\n":         `line 2: column "Price": "1,234.50" is not an amount`,
		header + "A,$5,USD\n":                      `line 2: column "amount": "$5" is not an amount`,
		header + ",1,USD\n":                        `line 2: column "orderId": it is empty`,
		header + "A,1,\n":                          `line 2: column "currency": it is empty`,
		header + " A,1,USD\n":                      `line 2: column "orderId": " A" has a blank`,
		header + "1.23457E+11,1,USD\n":             `line 2: column "orderId": "1.23457E+11" looks like a number that a spreadsheet shortened`,
		header + "A,-1,USD\n":                      "line 2: price: -1 is negative",
		"amount,physical\n1,perhaps\n":             `line 2: column "physical": "perhaps" is neither true nor false`,
		"amount,checkout.expirationMinutes\n1,x\n": `line 2: column "checkout.expirationMinutes": "x" is not a number`,
		"amount,redirectURL,checkout.defaultLanguage\n1,https://shop.example,en\n": `line 2: unknown field "redirectURL" beside`,
	} {
		in, line, err := parseRequests([]byte(text))
		for _, r := range in.rows {
			if err == nil && r.bad != nil {
				line, err = r.line, r.bad
			}
		}
		if err == nil || !strings.HasPrefix(fmt.Sprintf("line %d: %v", line, err), want) {
			t.Errorf("%q: line %d: %v; want %q", text, line, err, want)
		}
	}
}

// TestJSONRows reads objects, lines and arrays, and names the line of each.
func TestJSONRows(t *testing.T) {
	const a, b = `{"price":1,"orderId":"A"}`, `{"amount":2,"currency":"USD","orderId":"B"}`
	for text, want := range map[string]string{
		a + b:                                  "1: A 1  bitpay|1: B 2 USD bitpay",
		"\ufeff\n" + a + "\r\n\r\n" + b + "\n": "2: A 1  bitpay|4: B 2 USD bitpay",
		"[" + a + ",\n" + b + "]":              "1: A 1  bitpay|2: B 2 USD bitpay",
		"[\n" + a + "]\n[" + b + "\n]\n" + a:   "2: A 1  bitpay|3: B 2 USD bitpay|5: A 1  bitpay",
		"[]":                                   "",
		" [ ] \n[]\n":                          "",
		"{\"amount\":3,\n\"orderId\":7,\"checkout\":{\"expirationMinutes\":5},\"buyerEmail\":\"a@b.example\"}": "1: 7 3  greenfield",
		`{"price":3,"orderId":"A","metadata":{"x":1}}`:                                                         "1: A 3  greenfield",
		`{"amount":"any","orderId":"A"}`:                                                                       "1: A any  bitpay",
		`{"price":1,"orderId":"A","btcpayctlError":"line 1: x"}`:                                               "1: A 1  bitpay",
	} {
		in, line, err := parseRequests([]byte(text))
		var got []string
		for _, r := range in.rows {
			got = append(got, rowText(r))
			if r.bad != nil {
				t.Errorf("%q: %v", text, r.bad)
			}
		}
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%q: %q, line %d, %v; want %q", text, got, line, err, want)
		}
	}
	for text, want := range map[string]string{
		"[":                                    "line 1: the JSON is incomplete",
		"[\n" + a:                              "line 2: the JSON is incomplete",
		a + "\n[" + a + ",\n":                  "line 3: the JSON is incomplete",
		"[" + a + "\n" + b + "]":               "line 2: expected comma after array element",
		"[" + a + "}":                          "line 1: invalid character",
		"[\n[" + a + "]]":                      "line 2: an invoice must be a JSON object",
		"[\n1]":                                "line 2: an invoice must be a JSON object",
		a + "]":                                "line 1: invalid character",
		`{"amount":1,"price":2,"orderId":"A"}`: `line 1: "amount" and "price" are both given`,
		`{"amount":1,"orderId":"A","metadata":{"orderId":"B"}}`:        `line 1: "orderId" and "metadata.orderId" are both given`,
		`{"amount":1,"redirectURL":"https://x.example","checkout":{}}`: `line 1: unknown field "redirectURL" beside "amount"`,
		`{"amount":1,"orderId":{"a":1},"metadata":{}}`:                 `line 1: "metadata.orderId" is a list or an object`,
		`{"price":1,"btcpayctlerror":"x"}`:                             `line 1: unknown field "btcpayctlerror"`,
		`{"amount":1,"prise":2}`:                                       `line 1: unknown field "prise"`,
	} {
		in, line, err := parseRequests([]byte(text))
		for _, r := range in.rows {
			if err == nil && r.bad != nil {
				line, err = r.line, r.bad
			}
		}
		if err == nil || !strings.HasPrefix(fmt.Sprintf("line %d: %v", line, err), want) {
			t.Errorf("%q: line %d: %v; want %q", text, line, err, want)
		}
	}
}
