package invoice

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// paidWith are the fields of an invoice that tell what was paid, as JSON.
func paidWith(t *testing.T, r invoiceRecord) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"due": r.Due, "paid": r.Paid, "over": r.Overpaid, "in": r.DueCurrency, "rate": r.Rate, "at": r.Address, "when": r.PaidAt})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPaidWith reads what servers of all kinds report of payments, on both APIs.
func TestPaidWith(t *testing.T) {
	const none = `{"at":null,"due":null,"in":null,"over":null,"paid":null,"rate":null,"when":null}`
	for name, c := range map[string]struct{ bitpay, greenfield, want string }{
		"excess after the end": {
			bitpay: `{"id":"A","status":"complete","exceptionStatus":false,"price":10.0,"btcDue":"0.0","btcPaid":"0.0003","cryptoInfo":[{"cryptoCode":"BTC","paymentType":"BTC-CHAIN","rate":50000.0,
				"paid":"0.0003","due":"0.0","totalDue":"0.000201","cryptoPaid":"0.0003","address":"bc1q","payments":[
				{"id":"a-0","receivedDate":"2026-11-23T08:10:53.203837","value":0.0002,"fee":0.0,"confirmed":true},{"id":"b-1","receivedDate":"2026-11-24T08:10:53","value":0.0001,"fee":1e-06}]}]}`,
			greenfield: `{"id":"A","status":"Settled","additionalStatus":"None","amount":"10","paymentMethods":[{"paymentMethodId":"BTC-CHAIN","currency":"BTC","rate":"50000.0","amount":"0.000201","due":"0.0",
				"totalPaid":"0.0003","paymentMethodPaid":"0.0003","destination":"bc1q","payments":[{"id":"a-0","receivedDate":1795507853,"value":"0.0001","fee":"0","status":"Settled"},
				{"id":"c-0","receivedDate":1795999999,"value":"0.0001","fee":"0","status":"Invalid"}]}]}`,
			want: `{"at":"bc1q","due":"0.0","in":"BTC","over":"0.000099","paid":"0.0003","rate":"50000.0","when":"2026-11-24T08:10:53Z"}`,
		},
		"lightning only": {
			bitpay: `{"id":"A","status":"new","price":10.0,"btcDue":null,"btcPaid":null,"cryptoInfo":[{"cryptoCode":"BTC","paymentType":"BTC-LN","rate":50000.0,
				"paid":"0","due":"0.00020001234","totalDue":"0.00020001234","cryptoPaid":"0","address":"lnbc2","payments":[]}]}`,
			greenfield: `{"id":"A","status":"New","amount":"10","paymentMethods":[{"paymentMethodId":"BTC-LN","currency":"BTC","rate":"50000.0","amount":"0.00020001234","due":"0.00020001234",
				"totalPaid":"0","paymentMethodPaid":"0","destination":"lnbc2","payments":[]}]}`,
			want: `{"at":"lnbc2","due":"0.00020001234","in":"BTC","over":"0","paid":"0","rate":"50000.0","when":null}`,
		},
		"litecoin only": {
			bitpay:     `{"id":"A","status":"new","price":10.0,"cryptoInfo":[{"cryptoCode":"LTC","paymentType":"LTC-CHAIN","rate":100.0,"paid":"0","due":"0.1","totalDue":"0.1","cryptoPaid":"0","address":"ltc1"}]}`,
			greenfield: `{"id":"A","status":"New","amount":"10","paymentMethods":[{"paymentMethodId":"LTC-CHAIN","currency":"LTC","rate":"100.0","amount":"0.1","due":"0.1","totalPaid":"0","destination":"ltc1"}]}`,
			want:       `{"at":"ltc1","due":"0.1","in":"LTC","over":"0","paid":"0","rate":"100.0","when":null}`,
		},
		"several methods, paid with lightning": {
			bitpay: `{"id":"A","status":"complete","price":10.0,"cryptoInfo":[{"cryptoCode":"LTC","paymentType":"LTC-CHAIN","rate":100.0,"paid":"0.1","due":"0.0","totalDue":"0.1","cryptoPaid":"0","address":"ltc1"},
				{"cryptoCode":"BTC","paymentType":"BTC-LN","rate":50000.0,"paid":"0.0002","due":"0.0","totalDue":"0.0002","cryptoPaid":"0.0002","address":"lnbc2","payments":[{"id":"h","receivedDate":"2026-11-23T08:10:53","value":0.0002}]},
				{"cryptoCode":"BTC","paymentType":"BTC-CHAIN","rate":50000.0,"paid":"0.0002","due":"0.0","totalDue":"0.0002","cryptoPaid":"0","address":"bc1q"}]}`,
			greenfield: `{"id":"A","status":"Settled","amount":"10","paymentMethods":[{"paymentMethodId":"LTC-CHAIN","currency":"LTC","rate":"100.0","amount":"0.1","due":"0.0","totalPaid":"0.1","destination":"ltc1"},
				{"paymentMethodId":"BTC-LN","currency":"BTC","rate":"50000.0","amount":"0.0002","due":"0.0","totalPaid":"0.0002","destination":"lnbc2","payments":[{"id":"h","receivedDate":1795421453,"value":"0.0002","status":"Settled"}]},
				{"paymentMethodId":"BTC-CHAIN","currency":"BTC","rate":"50000.0","amount":"0.0002","due":"0.0","totalPaid":"0.0002","destination":"bc1q"}]}`,
			want: `{"at":"bc1q","due":"0.0","in":"BTC","over":"0","paid":"0.0002","rate":"50000.0","when":"2026-11-23T08:10:53Z"}`,
		},
		"1.13.5": {
			bitpay: `{"id":"A","status":"new","price":10.0,"btcDue":"0.0002","btcPaid":"0","cryptoInfo":[{"cryptoCode":"BTC","paymentType":"BTCLike","rate":50000.0,"paid":"0","due":"0.0002","totalDue":"0.0002","cryptoPaid":"0","address":"bc1q"}]}`,
			greenfield: `{"id":"A","status":"New","amount":"10","checkout":{"paymentMethods":["BTC"]},"paymentMethods":[{"paymentMethod":"BTC","cryptoCode":"BTC","rate":"50000.0","amount":"0.0002","due":"0.0002","totalPaid":"0",
				"networkFee":"0","destination":"bc1q","payments":[]}]}`,
			want: `{"at":"bc1q","due":"0.0002","in":"BTC","over":"0","paid":"0","rate":"50000.0","when":null}`,
		},
		"lazy, without an address": {
			bitpay:     `{"id":"A","status":"new","price":10.0,"cryptoInfo":[{"cryptoCode":"BTC","paymentType":"BTC-CHAIN","rate":50000.0,"paid":"0","due":"0.0002","totalDue":"0.0002","address":""}]}`,
			greenfield: `{"id":"A","status":"New","amount":"10","paymentMethods":[{"paymentMethodId":"BTC-CHAIN","currency":"BTC","activated":false,"destination":null,"rate":"50000.0","amount":"0.0002","due":"0.0002","totalPaid":"0"}]}`,
			want:       `{"at":null,"due":"0.0002","in":"BTC","over":"0","paid":"0","rate":"50000.0","when":null}`,
		},
		"any amount, paid and not counted yet": {
			bitpay:     `{"id":"A","status":"new","price":0.0,"cryptoInfo":[{"cryptoCode":"BTC","paymentType":"BTC-CHAIN","rate":50000.0,"paid":"0.0003","due":"0.0","totalDue":"0","address":"bc1q"}]}`,
			greenfield: `{"id":"A","status":"New","type":"TopUp","amount":"0.0","paymentMethods":[{"paymentMethodId":"BTC-CHAIN","currency":"BTC","destination":"bc1q","rate":"50000.0","amount":"0","due":"0.0","totalPaid":"0.0003"}]}`,
			want:       `{"at":"bc1q","due":"0.0","in":"BTC","over":"0","paid":"0.0003","rate":"50000.0","when":null}`,
		},
		"a list that does not have them": {
			greenfield: `{"id":"A","status":"Settled","amount":"10","checkout":{"paymentMethods":["BTC-CHAIN"]},"paymentMethods":[]}`, want: none,
		},
		"a list that does not know them": {greenfield: `{"id":"A","status":"Settled","amount":"10","checkout":{"paymentMethods":["BTC"]}}`, want: none},
		"an amount of 0":                 {bitpay: `{"id":"A","status":"complete","price":0.0,"cryptoInfo":[]}`, greenfield: `{"id":"A","status":"Settled","amount":"0.0","checkout":{"paymentMethods":[]}}`, want: none},
		"amounts that are no money": {
			bitpay: `{"id":"A","status":"new","price":1.0,"cryptoInfo":[{"cryptoCode":"BTC","paymentType":"BTC-CHAIN","rate":1.0,"paid":"1` + strings.Repeat("0", 900) + `","due":"0","totalDue":"0.` + strings.Repeat("1", 900) + `"}]}`,
			want:   `{"at":null,"due":"0","in":"BTC","over":null,"paid":"1` + strings.Repeat("0", 900) + `","rate":"1.0","when":null}`,
		},
		"nothing but the kind": {
			bitpay:     `{"id":"A","status":"new","price":1.0,"cryptoInfo":[{"paymentType":"BTC-CHAIN"}]}`,
			greenfield: `{"id":"A","status":"New","amount":"1","paymentMethods":[{"paymentMethodId":"BTC-CHAIN","payments":[{"id":"a-0","status":""}]}]}`, want: none,
		},
	} {
		if c.bitpay != "" {
			var i bitpay.Invoice
			if err := json.Unmarshal([]byte(c.bitpay), &i); err != nil {
				t.Fatal(name, err)
			}
			if got := paidWith(t, fromBitPay(i)); got != c.want {
				t.Errorf("%s, BitPay:\n%s\n%s", name, got, c.want)
			}
		}
		if c.greenfield != "" {
			var i greenfield.Invoice
			if err := json.Unmarshal([]byte(c.greenfield), &i); err != nil {
				t.Fatal(name, err)
			}
			if got := paidWith(t, fromGreenfield(i)); got != c.want {
				t.Errorf("%s, Greenfield:\n%s\n%s", name, got, c.want)
			}
		}
	}
}

// TestNotReported: what an API does not report is null, and not a guess.
func TestNotReported(t *testing.T) {
	r := fromBitPay(bitpay.Invoice{ID: "A", Status: bitpay.StatusNew})
	if r.Type != nil || r.Archived != nil || r.Store != nil || r.PaidAmount != nil || r.MonitoredUntil != nil {
		t.Errorf("%+v", r)
	}
	r = fromGreenfield(greenfield.Invoice{ID: "A", StoreID: "S", Type: greenfield.InvoiceTypeTopUp, Archived: true, Checkout: greenfield.Checkout{PaymentMethods: []string{"BTC"}}})
	if *r.Type != "topUp" || !*r.Archived || *r.Store != "S" || r.PaidAmount != nil || r.PaymentMethods != nil || r.PaidAt != nil || r.MonitoredUntil != nil {
		t.Errorf("%+v", r)
	}
}

// TestCurrentName rewrites only names of old servers: an id is case-sensitive.
func TestCurrentName(t *testing.T) {
	for id, want := range map[string]string{
		"BTC": "BTC-CHAIN", "BTC-OnChain": "BTC-CHAIN", "BTC_LightningLike": "BTC-LN", "BTC-LightningNetwork": "BTC-LN", "BTC-LNURLPAY": "BTC-LNURL", "LTC": "LTC-CHAIN",
		"BTC-CHAIN": "BTC-CHAIN", "XMR-CHAIN": "XMR-CHAIN", "Plugin-Own": "Plugin-Own", "": "", "-": "-",
	} {
		if got := currentName(id); got != want {
			t.Errorf("%q: %q, not %q", id, got, want)
		}
	}
}

// TestDueText: the table has the unit, and what is too much.
func TestDueText(t *testing.T) {
	for want, r := range map[string]invoiceRecord{
		"-":                   {},
		"0.00025000 BTC":      {Due: amountIn("0.00025"), DueCurrency: new(bitcoin)},
		"0.1 LTC":             {Due: amountIn("0.1"), DueCurrency: new("LTC")},
		"0.00030000 BTC over": {Due: amountIn("-0.0003"), Overpaid: amountIn("0.0003"), DueCurrency: new(bitcoin)},
		"0.00030001 BTC over": {Due: amountIn("0"), Overpaid: amountIn("0.00030001"), DueCurrency: new(bitcoin)},
	} {
		if got := r.dueText(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	for want, r := range map[string]invoiceRecord{
		"new":                          {Status: "new", Exception: "none"},
		"expired (paidPartial)":        {Status: "expired", Exception: "paidPartial", Archived: new(false)},
		"settled (archived)":           {Status: "settled", Exception: "none", Archived: new(true)},
		"settled (paidOver, archived)": {Status: "settled", Exception: "paidOver", Archived: new(true)},
	} {
		if got := r.listedState(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
