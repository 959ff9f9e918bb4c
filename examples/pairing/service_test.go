package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

func TestPairing(t *testing.T) {
	server := sandbox.New(t)
	conn, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseIdleConnections()
	keys, err := keystore.Open("memory", keystore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	service := newService(conn, keys)
	ask := func(status int, method, path string, form url.Values) (got state) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if status == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
		}
		return got
	}
	owner := human.New(server.URL)
	defer owner.Close()
	if err := owner.LogIn(t.Context(), server.Seed.Email, server.Seed.Password); err != nil {
		t.Fatal(err)
	}

	shop := ask(http.StatusOK, "POST", "/pair", url.Values{"label": {"shop-1"}})
	if ask(http.StatusOK, "GET", "/pair/"+shop.SIN, nil).Paired {
		t.Error("it is paired before the owner has approved")
	}
	if _, err := owner.Approve(t.Context(), shop.ApproveURL, server.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	if !ask(http.StatusOK, "GET", "/pair/"+shop.SIN, nil).Paired {
		t.Error("it is not paired")
	}

	if _, err := owner.Open(t.Context(), "/stores/"+server.Seed.StoreID+"/tokens/create"); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Press(t.Context(), "Request Pairing", "Label", "shop-2"); err != nil {
		t.Fatal(err)
	}
	code := owner.At().Query().Get("pairingCode")
	if _, err := owner.Approve(t.Context(), server.URL+"/api-access-request?pairingCode="+code, server.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	if shop := ask(http.StatusOK, "POST", "/claim", url.Values{"code": {code}}); !shop.Paired {
		t.Error("a claimed code of a store does not pair")
	}
	ask(http.StatusNotFound, "POST", "/claim", url.Values{"code": {"cMKARv6"}})
	ask(http.StatusNotFound, "GET", "/pair/Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR", nil)
}
