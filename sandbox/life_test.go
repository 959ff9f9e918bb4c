package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestLife plays what becomes of an invoice of 20 USD, at 50,000 a bitcoin. The store waits for one confirmation, an
// invoice lives 15 minutes, and payments are watched for a day more.
func TestLife(t *testing.T) {
	type step struct {
		pay     string // BTC
		confs   int
		rbf     bool
		mine    int
		advance time.Duration
		mark    string
		want    string // status and exception
	}
	tests := []struct {
		name, request string
		steps         []step
	}{
		{"paid, confirmed", `{"price":20}`, []step{{pay: "0.0004", want: "paid false"}, {mine: 1, want: "complete false"}}},
		{"paid with its block", `{"price":20}`, []step{{pay: "0.0004", confs: 1, want: "complete false"}}},
		{"part, then the rest with its fee", `{"price":20}`, []step{{pay: "0.0002", want: "new paidPartial"}, {pay: "0.0002", want: "new paidPartial"}, {pay: "0.000002", want: "paid false"}}},
		{"over", `{"price":20}`, []step{{pay: "0.0005", want: "paid paidOver"}, {mine: 1, want: "complete paidOver"}}},
		{"over in two", `{"price":20}`, []step{{pay: "0.0002", want: "new paidPartial"}, {pay: "0.0004", want: "paid paidOver"}}},
		{"expired", `{"price":20}`, []step{{advance: 14 * time.Minute, want: "new false"}, {advance: time.Minute, want: "expired false"}}},
		{"expired paid in part", `{"price":20}`, []step{{pay: "0.0001", want: "new paidPartial"}, {advance: time.Hour, want: "expired paidPartial"}}},
		{"late", `{"price":20}`, []step{{advance: time.Hour, want: "expired false"}, {pay: "0.0004", want: "expired paidLater"}}},
		{"late in part", `{"price":20}`, []step{{advance: time.Hour, want: "expired false"}, {pay: "0.0001", want: "expired paidPartial"}}},
		{"late after a part", `{"price":20}`, []step{{pay: "0.0001", want: "new paidPartial"}, {advance: time.Hour, want: "expired paidPartial"}, {pay: "0.001", want: "expired paidLater"}}},
		{"never confirmed", `{"price":20}`, []step{{pay: "0.0004", want: "paid false"}, {advance: 25 * time.Hour, want: "invalid false"}}},
		{"marked invalid", `{"price":20}`, []step{{mark: "Invalid", want: "invalid marked"}, {mark: "Settled", want: "complete marked"}, {mark: "Invalid", want: "invalid marked"}}},
		{"marked settled", `{"price":20}`, []step{{mark: "Settled", want: "complete marked"}, {advance: time.Hour, want: "complete marked"}}},
		{"free", `{"price":0}`, []step{{want: "complete false"}}},
		{"negative", `{"price":-5}`, []step{{want: "complete false"}}},
		{"any amount", `{}`, []step{{want: "new false"}, {pay: "0.0003", want: "paid false"}, {mine: 1, want: "complete false"}}},
		{"any amount, none came", `{}`, []step{{advance: time.Hour, want: "expired false"}}},
		{"no speed, since in capitals", `{"price":20,"transactionSpeed":"HIGH"}`, []step{{pay: "0.0004", want: "paid false"}}},
		{"high speed", `{"price":20,"transactionSpeed":"high"}`, []step{{pay: "0.0004", want: "complete false"}}},
		{"high speed, replaceable", `{"price":20,"transactionSpeed":"high"}`, []step{{pay: "0.0004", rbf: true, want: "paid false"}, {mine: 1, want: "complete false"}}},
		{"low-medium speed", `{"price":20,"transactionSpeed":"low-medium"}`, []step{{pay: "0.0004", confs: 1, want: "paid false"}, {mine: 1, want: "complete false"}}},
		{"low speed", `{"price":20,"transactionSpeed":"low"}`, []step{{pay: "0.0004", confs: 5, want: "paid false"}, {mine: 1, want: "complete false"}}},
		{"rounded up to a satoshi is not over", `{"price":1000,"currency":"JPY"}`, []step{{pay: "0.00016667", want: "paid false"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newTestbed(t, Options{})
			w.greenfield("PUT", "/api/v1/stores/"+w.s.Seed().StoreID+"/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_USD = 50000; BTC_JPY = 6000000;"}`)
			inv := w.signed("POST", "/invoices", test.request)
			id := inv["id"].(string)
			for i, step := range test.steps {
				switch {
				case step.pay != "":
					w.control("pay", fmt.Sprintf(`{"address":%q,"amount":%q,"confirmations":%d,"rbf":%v}`, inv["bitcoinAddress"], step.pay, step.confs, step.rbf))
				case step.mine > 0:
					w.control("mine", fmt.Sprintf(`{"blocks":%d}`, step.mine))
				case step.advance > 0:
					w.control("clock", fmt.Sprintf(`{"advance":%q}`, step.advance))
				case step.mark != "":
					response, answer := w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+id+"/status", fmt.Sprintf(`{"status":%q}`, step.mark))
					if response.StatusCode != http.StatusOK {
						t.Fatalf("step %d: %d %s", i, response.StatusCode, answer)
					}
				}
				now := w.signed("GET", "/invoices/"+id+"?token=1", "")
				if got := fmt.Sprint(now["status"], " ", now["exceptionStatus"]); got != step.want {
					t.Fatalf("step %d: %s, want %s", i, got, step.want)
				}
			}
		})
	}
}

// TestLifeByItself sees an invoice expire with nobody asking, on the clock below.
func TestLifeByItself(t *testing.T) {
	w := newTestbed(t, Options{})
	inv := w.signed("POST", "/invoices", `{"price":20}`)
	w.control("clock", `{"advance":"14m59s"}`)
	w.s.world.Lock()
	kept := w.s.state.Invoices[inv["id"].(string)]
	w.s.world.Unlock()
	eventually(t, "the invoice expires", func() bool {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return kept.Status == world.StatusExpired
	})
}

func TestAccounting(t *testing.T) {
	w := newTestbed(t, Options{})
	inv := w.signed("POST", "/invoices", `{"price":20}`)
	pay := func(amount string) map[string]any {
		w.control("pay", fmt.Sprintf(`{"address":%q,"amount":%s}`, inv["bitcoinAddress"], amount))
		return w.signed("GET", "/invoices/"+inv["id"].(string)+"?token=1", "")["cryptoInfo"].([]any)[0].(map[string]any)
	}
	for _, step := range []struct{ pay, paid, price, due, totalDue, networkFee, cryptoPaid, link string }{
		{"0.0002", "0.0002", "0.000400", "0.000201", "0.000401", "0.000001", "0.0002", "?amount=0.000201"},
		{"0.0004", "0.0006", "0.000400", "0.0", "0.000401", "0.000001", "0.0006", ""},
	} {
		got := pay(step.pay)
		for member, want := range map[string]string{"paid": step.paid, "price": step.price, "due": step.due, "totalDue": step.totalDue, "networkFee": step.networkFee, "cryptoPaid": step.cryptoPaid} {
			if got[member] != want {
				t.Errorf("after %s: %s is %v, want %s", step.pay, member, got[member], want)
			}
		}
		if link := got["paymentUrls"].(map[string]any)["BIP21"]; link != fmt.Sprint("bitcoin:", inv["bitcoinAddress"], step.link) {
			t.Errorf("after %s: payment link %v", step.pay, link)
		}
	}
}
