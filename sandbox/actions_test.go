package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// call sends a request with the key that the sandbox started with, and gives status and body.
func call(t *testing.T, s *sandbox.Server, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+s.Seed.APIKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// invoiced makes an invoice and gives its id.
func invoiced(t *testing.T, s *sandbox.Server, body string) string {
	t.Helper()
	status, answer := call(t, s, "POST", "/api/v1/stores/"+s.Seed.StoreID+"/invoices", body)
	var inv struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &inv); err != nil || status != http.StatusOK {
		t.Fatal(status, answer)
	}
	return inv.ID
}

func statusOf(t *testing.T, s *sandbox.Server, id string) string {
	t.Helper()
	_, answer := call(t, s, "GET", "/api/v1/stores/"+s.Seed.StoreID+"/invoices/"+id, "")
	var inv struct{ Status, AdditionalStatus, PaidAmount string }
	if err := json.Unmarshal([]byte(answer), &inv); err != nil {
		t.Fatal(answer)
	}
	return strings.Join([]string{inv.Status, inv.AdditionalStatus, inv.PaidAmount}, " ")
}

func TestPay(t *testing.T) {
	const priced, lazy = `{"amount":"20","currency":"USD"}`, `{"amount":"20","currency":"USD","checkout":{"lazyPaymentMethods":true}}`
	type step func(s *sandbox.Server, id string) error
	pay := func(p sandbox.Payment) step {
		return func(s *sandbox.Server, id string) error {
			tx, err := s.Pay(id, p)
			if err == nil && !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(tx) {
				return fmt.Errorf("the transaction is %q", tx)
			}
			return err
		}
	}
	mine := func(s *sandbox.Server, _ string) error { return s.Mine(1) }
	later := func(s *sandbox.Server, _ string) error { return s.Advance(16 * time.Minute) }
	for _, c := range []struct {
		name, request string
		steps         []step
		want          string
	}{
		{"what is due", priced, []step{pay(sandbox.Payment{})}, "Processing None 20"},
		{"what is due, confirmed", priced, []step{pay(sandbox.Payment{}), mine}, "Settled None 20"},
		{"with its block", priced, []step{pay(sandbox.Payment{Confirmations: 1})}, "Settled None 20"},
		{"in part", priced, []step{pay(sandbox.Payment{Amount: "0.0001"})}, "New PaidPartial 5"},
		{"in part, and what is due then", priced, []step{pay(sandbox.Payment{Amount: "0.0001"}), pay(sandbox.Payment{})}, "Processing None 20"},
		{"too much", priced, []step{pay(sandbox.Payment{Amount: "0.001"})}, "Processing PaidOver 50"},
		{"too much, more digits than needed", priced, []step{pay(sandbox.Payment{Amount: "0.00100000000"})}, "Processing PaidOver 50"},
		{"late", priced, []step{later, pay(sandbox.Payment{})}, "Expired PaidLate 20"},
		{"lazy", lazy, []step{pay(sandbox.Payment{})}, "Processing None 20"},
		{"any amount", `{"currency":"USD"}`, []step{pay(sandbox.Payment{Amount: "0.0003"})}, "Processing None 15"},
		{"replaceable at high speed", `{"amount":"20","currency":"USD","checkout":{"speedPolicy":"HighSpeed"}}`, []step{pay(sandbox.Payment{RBF: true})}, "Processing None 20"},
		{"not replaceable at high speed", `{"amount":"20","currency":"USD","checkout":{"speedPolicy":"HighSpeed"}}`, []step{pay(sandbox.Payment{})}, "Settled None 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sandbox.New(t)
			id := invoiced(t, s, c.request)
			for i, do := range c.steps {
				if err := do(s, id); err != nil {
					t.Fatal(i, err)
				}
			}
			got := statusOf(t, s, id)
			if trimmed := regexp.MustCompile(`\.0+$`).ReplaceAllString(got, ""); trimmed != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
		})
	}
}

// TestPayAsByHTTP pays one invoice in Go and its twin by HTTP.
func TestPayAsByHTTP(t *testing.T) {
	s := sandbox.New(t, sandbox.Options{RootPath: "/btcpay"})
	const request = `{"amount":"20","currency":"USD"}`
	one, other := invoiced(t, s, request), invoiced(t, s, request)
	if _, err := s.Pay(one, sandbox.Payment{Amount: "0.0001", Confirmations: 2, RBF: true}); err != nil {
		t.Fatal(err)
	}
	methods := func(id string) (list []map[string]any) {
		_, answer := call(t, s, "GET", "/api/v1/stores/"+s.Seed.StoreID+"/invoices/"+id+"/payment-methods", "")
		if err := json.Unmarshal([]byte(answer), &list); err != nil {
			t.Fatal(answer)
		}
		return list
	}
	origin := strings.TrimSuffix(s.URL, "/btcpay")
	response, err := http.Post(origin+"/_sandbox/pay", "application/json", strings.NewReader(fmt.Sprintf(
		`{"address":%q,"amount":"0.0001","confirmations":2,"rbf":true}`, methods(other)[0]["destination"])))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	shown := func(id string) string {
		list := methods(id)
		delete(list[0], "destination")
		delete(list[0], "paymentLink")
		delete(list[0], "additionalData") // has the index of the address
		for _, p := range list[0]["payments"].([]any) {
			p := p.(map[string]any)
			delete(p, "id")
			delete(p, "receivedDate")
			delete(p, "destination")
		}
		text, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return statusOf(t, s, id) + string(text)
	}
	if one, other := shown(one), shown(other); one != other {
		t.Errorf("in Go %s\nby HTTP %s", one, other)
	}
}

func TestBadInputActions(t *testing.T) {
	s := sandbox.New(t)
	priced, free, settled := invoiced(t, s, `{"amount":"20","currency":"USD"}`), invoiced(t, s, `{"amount":"0","currency":"USD"}`), invoiced(t, s, `{"amount":"20","currency":"USD"}`)
	if _, err := s.Pay(settled, sandbox.Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	pay := func(id string, p sandbox.Payment) func() error {
		return func() error { _, err := s.Pay(id, p); return err }
	}
	for name, c := range map[string]struct {
		do   func() error
		want string
	}{
		"no such invoice":            {pay("none", sandbox.Payment{}), `no invoice "none"`},
		"no id":                      {pay("", sandbox.Payment{}), `no invoice ""`},
		"a free invoice":             {pay(free, sandbox.Payment{}), "no address"},
		"paid already":               {pay(settled, sandbox.Payment{}), "nothing is due"},
		"an amount below 0":          {pay(priced, sandbox.Payment{Amount: "-1"}), "amount"},
		"an amount of 0":             {pay(priced, sandbox.Payment{Amount: "0"}), "amount"},
		"no number":                  {pay(priced, sandbox.Payment{Amount: "1 BTC"}), "amount"},
		"less than a satoshi":        {pay(priced, sandbox.Payment{Amount: "0.000000001"}), "amount"},
		"more than there is":         {pay(priced, sandbox.Payment{Amount: "21000001"}), "amount"},
		"fewer confirmations than 0": {pay(priced, sandbox.Payment{Confirmations: -1}), "confirmations"},
		"too many confirmations":     {pay(priced, sandbox.Payment{Confirmations: 10_001}), "confirmations"},
		"no block":                   {func() error { return s.Mine(0) }, "blocks"},
		"too many blocks":            {func() error { return s.Mine(10_001) }, "blocks"},
		"back in time":               {func() error { return s.Advance(-1) }, "advance"},
		"far into the future":        {func() error { return s.Advance(11 * 365 * 24 * time.Hour) }, "advance"},
		"no such code":               {func() error { return s.Approve("none", "") }, `pairing code "none"`},
	} {
		if err := c.do(); err == nil || !strings.HasPrefix(err.Error(), "sandbox: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := statusOf(t, s, priced); !strings.HasPrefix(got, "New None") {
		t.Errorf("what was refused left it %s", got)
	}
	before := s.Now()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pay(priced, sandbox.Payment{}); err == nil {
		t.Error("a closed sandbox is paid")
	}
	if err := s.Advance(time.Hour); err == nil || s.Now().Sub(before) >= time.Hour {
		t.Error("a closed sandbox goes on")
	}
}

func TestApprove(t *testing.T) {
	for _, release := range []string{"", "1.13", "2.0", "2.3", "newer"} {
		s := sandbox.New(t, sandbox.Options{Emulate: release})
		ask := func(sin string) string {
			t.Helper()
			_, answer := call(t, s, "POST", "/tokens", `{"id":"`+sin+`","label":"till"}`)
			var body struct {
				Data []struct{ PairingCode string }
			}
			if err := json.Unmarshal([]byte(answer), &body); err != nil || len(body.Data) != 1 {
				t.Fatal(answer)
			}
			return body.Data[0].PairingCode
		}
		refused := func(code, store, why string) {
			t.Helper()
			if err := s.Approve(code, store); err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v, not %s", release, err, why)
			}
		}
		const sin = "Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"
		code := ask(sin)
		refused(code, "none", `no store "none"`)
		if err := s.Approve(code, ""); err != nil {
			t.Error(release, err)
		}
		refused(code, "", "no pairing code") // it is used up
		_, answer := call(t, s, "POST", "/api/v1/stores", `{"name":"Other"}`)
		other := regexp.MustCompile(`"id":"(\w+)"`).FindStringSubmatch(answer)[1]
		refused(ask(sin), other, "another store")
		if err := s.Approve(ask(sin), s.Seed.StoreID); err != nil {
			t.Error(release, err)
		}
		code = ask(sin)
		if err := s.Advance(15 * time.Minute); err != nil {
			t.Error(err)
		}
		refused(code, "", "expired")
	}
}
