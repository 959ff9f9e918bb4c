package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// TestPullPaymentPage claims from a pull payment as a customer who was given its address.
func TestPullPaymentPage(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/shop"})
	store := "/shop/api/v1/stores/" + w.s.Seed().StoreID
	_, answer := w.greenfield("POST", store+"/pull-payments", `{"amount":"1500","currency":"USD","name":"Prize <b>","description":"<script>1</script>","autoApproveClaims":true,"expiresAt":4102444800}`)
	id, link := member(t, answer, "id"), member(t, answer, "viewLink")
	h := human.New(w.origin)
	defer h.Close()
	open := func(what string, wants ...string) {
		t.Helper()
		page, err := h.Open(t.Context(), strings.TrimPrefix(link, w.origin))
		if err != nil {
			t.Fatal(what, err)
		}
		for _, want := range wants {
			if !strings.Contains(seenOn(page), want) {
				t.Errorf("%s: %q is not in %s", what, want, seenOn(page))
			}
		}
	}
	claim := func(destination, amount, want string) {
		t.Helper()
		page, err := h.Press(t.Context(), "Claim Funds", "Destination", destination, "ClaimedAmount", amount)
		if err != nil || !strings.Contains(seenOn(page), want) {
			t.Errorf("%s %s: %v, %q is not in %+v", destination, amount, err, want, page)
		}
	}
	addresses := make([]string, 3)
	for i := range addresses {
		addresses[i], _ = w.s.state.Stores[w.s.Seed().StoreID].Wallet.Address(uint32(1000 + i))
	}
	open("at first", "Prize <b>", "<script>1</script>", "1,500.00 USD", "No claim made yet.")
	claim("", "1", "Please provide a destination")
	claim("nowhere", "1", "A valid address was not provided")
	claim(addresses[0], "much", "The value 'much' is not valid for ClaimedAmount.")
	claim(addresses[0], "1501", "The payout amount overdraft the pull payment's limit")
	claim(addresses[0], "500.50", "500.50 USD")
	open("after a claim", "Awaiting Payment", addresses[0], "999.50 USD")
	claim(addresses[0], "1", "This address is already used for another payout")
	claim(addresses[1], "0", "999.50 USD")
	open("claimed", "0.00 USD")
	if page, _ := h.Open(t.Context(), strings.TrimPrefix(link, w.origin)); page.Form("Claim Funds") != nil {
		t.Error("there is a form, and nothing left")
	}
	w.greenfield("DELETE", store+"/pull-payments/"+id, "")
	open("archived", "Archived", "Cancelled")
	for path, status := range map[string]int{"/shop/pull-payments/nosuch": http.StatusNotFound, "/SHOP/pull-payments/" + id: http.StatusNotFound, "/shop/Pull-Payments/" + id + "/": http.StatusOK} {
		if response, _ := w.call("GET", path, ""); response.StatusCode != status {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
	if response, _ := w.call("POST", "/shop/pull-payments/"+id, "", "Content-Type", "application/x-www-form-urlencoded"); response.StatusCode != http.StatusBadRequest {
		t.Errorf("without the anti-forgery field: %s", response.Status)
	}
}

// seenOn is what a person reads on a page.
func seenOn(page *human.Page) string {
	if page == nil {
		return ""
	}
	return strings.Join(append(append([]string{page.Title}, page.Alerts...), page.Texts...), "\n")
}
