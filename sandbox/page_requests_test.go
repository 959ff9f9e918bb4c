package sandbox

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// TestPaymentRequestPages pays payment requests as a customer does, without a credential (by the server's source,
// UIPaymentRequestController.cs).
func TestPaymentRequestPages(t *testing.T) {
	w := newTestbed(t, Options{RootPath: "/shop"})
	requests := "/shop/api/v1/stores/" + w.s.Seed().StoreID + "/payment-requests"
	ask := func(body string) string {
		t.Helper()
		_, answer := w.greenfield("POST", requests, body)
		return member(t, answer, "id")
	}
	one := ask(`{"title":"Fee <script>","amount":"12.50","description":"<b>bold</b>"}`)
	gift := ask(`{"title":"Gift","amount":"50","allowCustomPaymentAmounts":true}`)
	old := ask(`{"title":"Old","amount":"5","expiryDate":1600000000}`)
	gone := ask(`{"title":"Gone","amount":"5"}`)
	w.greenfield("DELETE", requests+"/"+gone, "")

	page := func(path string, status int, wants ...string) string {
		t.Helper()
		response, body := w.call("GET", "/shop/payment-requests/"+path, "", "Accept", "text/html")
		if response.StatusCode != status {
			t.Errorf("%s: %s, want %d", path, response.Status, status)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) && !strings.HasPrefix(response.Header.Get("Location"), want) {
				t.Errorf("%s: %s %s\nhas no %s", path, response.Header.Get("Location"), body, want)
			}
		}
		return response.Header.Get("Location") + body
	}
	page(one, 200, "Fee &lt;script&gt;", "$12.50", "Pending", "&lt;b&gt;bold", `action="/shop/payment-requests/`+one+`/pay"`)
	first := page(one+"/pay", 302, "/shop/i/")
	if again := page(one+"/pay", 302); again != first {
		t.Errorf("another invoice: %s, %s", first, again)
	}
	if id := page(one+"/pay?redirectToInvoice=false", 200); "/shop/i/"+id != first {
		t.Errorf("the id is %s, not that of %s", id, first)
	}
	page(one+"/pay?amount=0", 400, "Please provide an amount greater than 0")
	page(one+"/cancel", 400, "Not allowed to cancel this invoice")

	page(gift, 200, `name="amount" value="50"`)
	part := page(gift+"/pay?amount=5", 302, "/shop/i/")
	if all := page(gift+"/pay?amount=70", 302); all == part {
		t.Error("another amount gets the same invoice")
	}
	page(gift, 200, "Cancel the open invoice")
	page(gift+"/cancel", 302, "/shop/payment-requests/"+gift)
	page(gift+"/cancel", 400, "No unpaid pending invoice to cancel")

	page(old, 200, "Expired")
	page(old+"/pay", 302, "/shop/payment-requests/"+old)
	page(old+"/pay?redirectToInvoice=false", 400, "Payment Request has expired")
	page(gone, 200)
	page(gone+"/pay?redirectToInvoice=false", 400, "archived")
	page("NoSuch", 404)
	page("NoSuch/pay", 404)

	// What is paid is shown as settled, and cannot be paid again.
	if _, err := w.s.Pay(strings.TrimPrefix(first, "/shop/i/"), Payment{Confirmations: 1}); err != nil {
		t.Fatal(err)
	}
	if body := page(one, 200, `state Settled`); strings.Contains(body, "/pay") {
		t.Error(body)
	}
	page(one+"/pay?redirectToInvoice=false", 400, "Payment Request has already been settled.")

	// Somebody who is logged in sees those of their own stores.
	w.greenfield("POST", "/shop/api/v1/users", `{"email":"other@shop.example","password":"a word for you"}`)
	for email, status := range map[string]int{w.s.Seed().Email: http.StatusOK, "other@shop.example": http.StatusNotFound} {
		h := human.New(w.origin + "/shop")
		defer h.Close()
		password := map[bool]string{true: w.s.Seed().Password, false: "a word for you"}[status == http.StatusOK]
		if err := h.LogIn(t.Context(), email, password); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Open(t.Context(), "/payment-requests/"+one); (err == nil) != (status == http.StatusOK) {
			t.Errorf("%s: %v", email, err)
		}
	}
}
