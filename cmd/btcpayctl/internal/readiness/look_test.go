package readiness_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/readiness"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// serve is a server with these responses, by a part of the path; 403 without one.
func serve(t *testing.T, responses map[string]string) readiness.Store {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for part, response := range responses {
			if !strings.HasSuffix(r.URL.Path, part) {
				continue
			}
			if strings.HasPrefix(response, `{"error"`) {
				w.WriteHeader(http.StatusBadRequest)
			}
			io.WriteString(w, response)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"missingPermission":"btcpay.store.canviewstoresettings","code":"missing-permission","message":"x"}`)
	}))
	t.Cleanup(server.Close)
	key, err := greenfield.NewAPIKey(client.NewSecret(strings.Repeat("a", 40)))
	if err != nil {
		t.Fatal(err)
	}
	shop, err := greenfield.New(server.URL, key, client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shop.CloseIdleConnections)
	till, err := bitpay.New(server.URL, bitpay.Anonymous{StoreID: "S"}, client.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(till.CloseIdleConnections)
	return readiness.Store{Greenfield: shop, BitPay: till, ID: "S"}
}

const (
	healthy = `{"synchronized":true}`
	rate    = `{"data":[{"name":"US Dollar","cryptoCode":"BTC","currencyPair":"BTC_USD","code":"USD","rate":50000.0}]}`
)

func kinds(causes []readiness.Cause) []readiness.Kind {
	var all []readiness.Kind
	for _, c := range causes {
		all = append(all, c.Kind)
	}
	return all
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		responses              map[string]string
		causes, likely         []readiness.Kind
		methods, unseen, texts []string
	}{
		"all there": {map[string]string{"/health": healthy, "/payment-methods": `[{"paymentMethodId":"BTC-CHAIN","enabled":true}]`, "/rates": rate},
			nil, nil, []string{"BTC-CHAIN"}, nil, nil},
		"1.x": {map[string]string{"/health": healthy, "/payment-methods": `{"BTC":{"enabled":true,"data":{},"cryptoCode":"BTC"}}`, "/rates": rate},
			nil, nil, []string{"BTC"}, nil, nil},
		"no wallet": {map[string]string{"/health": healthy, "/payment-methods": `[]`}, []readiness.Kind{readiness.NoWallet}, nil, nil, nil, nil},
		"all disabled": {map[string]string{"/health": healthy, "/payment-methods": `[{"paymentMethodId":"BTC-CHAIN","enabled":false}]`, "/rates": rate},
			[]readiness.Kind{readiness.Disabled}, nil, nil, nil, []string{"BTC-CHAIN"}},
		"a key that may not look": {map[string]string{"/health": healthy, "/rates": rate, "/rates/BTC": rate}, nil, nil, nil, nil, nil},
		"such a key, and no wallet": {map[string]string{"/health": healthy, "/rates": rate, "/rates/BTC": `{"error":"Currency pair  incorrectly formatted"}`},
			nil, []readiness.Kind{readiness.NoWallet}, nil, nil, nil},
		"no rate": {map[string]string{"/health": healthy, "/payment-methods": `[{"paymentMethodId":"BTC-CHAIN","enabled":true}]`, "/rates": `{"data":[]}`},
			[]readiness.Kind{readiness.NoRate}, nil, []string{"BTC-CHAIN"}, nil, []string{"the store's currency"}},
		"the node is behind": {map[string]string{"/health": `{"synchronized":false}`, "/rates": rate, "/rates/BTC": rate,
			"/info": `{"version":"2.4.1","syncStatus":[{"paymentMethodId":"BTC-CHAIN","available":true,"nodeInformation":{"headers":100,"blocks":7,"verificationProgress":0.07}}]}`},
			[]readiness.Kind{readiness.NodeBehind}, nil, nil, nil, []string{"block 7 of 100"}},
		"nothing can be seen": {map[string]string{"/health": healthy}, nil, nil, nil, []string{"wallet", "exchange rate"}, nil},
	} {
		r := serve(t, c.responses).Check(t.Context())
		if !slices.Equal(kinds(r.Causes), c.causes) || !slices.Equal(kinds(r.Likely), c.likely) || !slices.Equal(r.Methods, c.methods) || !slices.Equal(r.Unseen, c.unseen) {
			t.Errorf("%s: got %+v", name, r)
		}
		for i, text := range c.texts {
			if len(r.Causes) > i && !strings.Contains(r.Causes[i].Text(), text) {
				t.Errorf("%s: no %q in %q", name, text, r.Causes[i].Text())
			}
		}
	}
}

func TestRefine(t *testing.T) {
	asked := []readiness.Cause{{Kind: readiness.NoMethod, Methods: []string{"BTC-LN"}}}
	for name, c := range map[string]struct {
		causes  []readiness.Cause
		methods string
		want    []readiness.Kind
		text    string
	}{
		"another method":      {asked, `[{"paymentMethodId":"BTC-CHAIN","enabled":true}]`, []readiness.Kind{readiness.NoMethod}, "asked for: BTC-LN. It has BTC-CHAIN"},
		"a disabled method":   {asked, `[{"paymentMethodId":"BTC-CHAIN","enabled":true},{"paymentMethodId":"BTC-LN","enabled":false}]`, []readiness.Kind{readiness.MethodDisabled}, "disabled in the store: BTC-LN"},
		"no method":           {asked, `[]`, []readiness.Kind{readiness.NoWallet}, "no wallet"},
		"disabled, no wallet": {[]readiness.Cause{{Kind: readiness.NoWallet}}, `[{"paymentMethodId":"BTC-CHAIN","enabled":false}]`, []readiness.Kind{readiness.Disabled}, "all disabled: BTC-CHAIN"},
	} {
		got := serve(t, map[string]string{"/health": healthy, "/payment-methods": c.methods}).Refine(t.Context(), c.causes)
		if !slices.Equal(kinds(got), c.want) || !strings.Contains(got[0].Text(), c.text) {
			t.Errorf("%s: got %v, %q", name, kinds(got), got[0].Text())
		}
	}
	unsynced := serve(t, map[string]string{"/health": `{"synchronized":false}`}).Refine(t.Context(), []readiness.Cause{{Kind: readiness.NoWallet}})
	if !slices.Equal(kinds(unsynced), []readiness.Kind{readiness.NoWallet, readiness.NodeAway}) {
		t.Errorf("got %v", kinds(unsynced))
	}
}
