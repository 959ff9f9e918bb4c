package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// crowd is a sandbox with many open invoices, made over some days, and a listener that is not there.
func crowd(b *testing.B, invoices int, stateFile string) *Sandbox {
	b.Helper()
	s, err := NewHandler(Options{StateFile: stateFile})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	s.world.Lock()
	defer s.world.Unlock()
	st := s.state.Stores[s.seed.StoreID]
	now := s.world.Now()
	var prompt world.Prompt // of the first one: an address of its own for each takes long to compute
	for i := range invoices {
		inv := world.NewInvoice(st, now.Add(time.Duration(i-invoices)*time.Second))
		inv.Price, inv.Currency, inv.Own, inv.Fresh = money.New(2000+int64(i%100), 2), "USD", []byte(`{"orderId":"order-`+strconv.Itoa(i)+`"}`), false
		inv.Metadata.OrderID = new("order-" + strconv.Itoa(i))
		inv.Expires = now.Add(time.Hour * time.Duration(1+i%1000))
		inv.Monitored = inv.Expires.Add(24 * time.Hour)
		if i == 0 {
			if refusal := world.PriceInvoice(inv, st, nil, world.NodeReady, now); refusal != "" {
				b.Fatal(refusal)
			}
			prompt = *inv.Prompt
		}
		own := prompt
		own.Address = "bcrt1q" + strconv.Itoa(i)
		inv.Prompt = &own
		s.state.AddInvoice(inv)
	}
	return s
}

// BenchmarkCrowd has what a request costs among many invoices. The cost of each must not depend on their number.
func BenchmarkCrowd(b *testing.B) {
	for _, invoices := range []int{1_000, 10_000, 100_000} {
		s := crowd(b, invoices, "")
		path := "/api/v1/stores/" + s.seed.StoreID + "/invoices"
		send := func(method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, path, strings.NewReader(body))
			r.Header.Set("Authorization", "token "+s.seed.APIKey)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatal(method, path, w.Code, w.Body)
			}
			return w
		}
		var ids []string
		for id := range s.state.Invoices {
			if ids = append(ids, id); len(ids) == 1000 {
				break
			}
		}
		for _, of := range []struct {
			name string
			work func(i int)
		}{
			{"get", func(i int) { send("GET", path+"/"+ids[i%len(ids)], "") }},
			{"list first page", func(int) { send("GET", path+"?take=20", "") }},
			{"list by order id", func(i int) { send("GET", path+"?orderId=order-"+strconv.Itoa(i*7%invoices), "") }},
			{"list deep page", func(int) { send("GET", fmt.Sprintf("%s?skip=%d&take=20", path, invoices*9/10), "") }},
			{"list an hour", func(int) {
				send("GET", fmt.Sprintf("%s?startDate=%d&endDate=%[2]d", path, s.world.Now().Unix()-500), "")
			}},
			{"text search", func(i int) { send("GET", path+"?textSearch=order-"+strconv.Itoa(i*7%invoices)+"&take=20", "") }},
			{"mine", func(int) {
				if err := s.Mine(1); err != nil {
					b.Fatal(err)
				}
			}},
			{"mark", func(i int) {
				send("POST", path+"/"+ids[i%len(ids)]+"/status", `{"status":"`+[]string{"Invalid", "Settled"}[i/len(ids)%2]+`"}`)
			}},
			{"create", func(int) { send("POST", path, `{"amount":"20","currency":"USD"}`) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(of.name, " ", "-"), invoices), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					of.work(i)
				}
			})
		}
	}
}
