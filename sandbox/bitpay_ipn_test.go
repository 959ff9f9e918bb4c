package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// receiver is a merchant's server: it notes the posts it gets, and answers the statuses it was given, then 200.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	posts    []string
	bodies   []string
	statuses []int
}

func newReceiver(t *testing.T, statuses ...int) *receiver {
	r := &receiver{statuses: statuses}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		var post struct {
			Status string
			Event  struct{ Name string }
			Data   struct{ Status string }
		}
		if err := json.Unmarshal(body, &post); err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.posts = append(r.posts, strings.TrimSpace(post.Event.Name+" "+post.Status+post.Data.Status))
		r.bodies = append(r.bodies, string(body))
		if len(r.statuses) > 0 {
			w.WriteHeader(r.statuses[0])
			r.statuses = r.statuses[1:]
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.posts...)
}

func (r *receiver) want(t *testing.T, posts ...string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d posts, but %v", len(posts), r.got()), func() bool { return len(r.got()) >= len(posts) })
	if diff := cmp.Diff(posts, r.got()); diff != "" {
		t.Fatal(diff)
	}
}

// TestNotifications has the orders of recording 64-bitpay-ipn.
func TestNotifications(t *testing.T) {
	w := newTestbed(t, Options{})
	tests := []struct {
		name, modes string
		price       int
		act         func(inv map[string]any)
		want        []string
	}{
		{"free, plain", ``, 0, nil, []string{"confirmed"}},
		{"free, full", `,"fullNotifications":true`, 0, nil, []string{"paid", "confirmed", "complete"}},
		{"free, extended", `,"extendedNotifications":true`, 0, nil, []string{
			"invoice_created new", "paid", "invoice_paidInFull paid", "confirmed", "invoice_confirmed confirmed", "complete", "invoice_completed complete"}},
		{"part, extended", `,"extendedNotifications":true`, 20, func(inv map[string]any) {
			w.control("pay", fmt.Sprintf(`{"address":%q,"amount":"0.0002"}`, inv["bitcoinAddress"]))
		}, []string{"invoice_created new", "invoice_receivedPayment new"}},
		{"expired in part, extended", `,"extendedNotifications":true`, 20, func(inv map[string]any) {
			w.control("pay", fmt.Sprintf(`{"address":%q,"amount":"0.0002"}`, inv["bitcoinAddress"]))
			w.control("clock", `{"advance":"16m"}`)
		}, []string{"invoice_created new", "invoice_receivedPayment new", "expired", "invoice_expired expired", "expired", "invoice_expiredPaidPartial expired"}},
		{"marked, full", `,"fullNotifications":true`, 1, func(inv map[string]any) {
			w.greenfield("POST", "/api/v1/stores/"+w.s.Seed().StoreID+"/invoices/"+inv["id"].(string)+"/status", `{"status":"Invalid"}`)
		}, []string{"invalid"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newReceiver(t)
			inv := w.signed("POST", "/invoices", fmt.Sprintf(`{"price":%d,"notificationURL":"%s/ipn"%s}`, test.price, r.URL, test.modes))
			if test.act != nil {
				test.act(inv)
			}
			r.want(t, test.want...)
		})
	}
}

// TestNotificationRetries has five failures, ten minutes apart by the sandbox's clock, and a later post that does not
// wait for them.
func TestNotificationRetries(t *testing.T) {
	w := newTestbed(t, Options{})
	r := newReceiver(t, 500, 404, 302, 503, 500)
	w.signed("POST", "/invoices", `{"price":0,"fullNotifications":true,"notificationURL":"`+r.URL+`"}`)
	posts := []string{"paid", "confirmed", "complete"}
	r.want(t, posts...)
	for _, again := range [][]string{{"paid", "confirmed", "complete"}} {
		eventually(t, "the failed posts wait", func() bool {
			w.s.world.Lock()
			defer w.s.world.Unlock()
			waiting := 0
			for _, d := range w.s.state.Deliveries {
				if d.Tries == 1 {
					waiting++
				}
			}
			return waiting == 3 && w.s.world.UnderWay() == 0
		})
		w.control("clock", `{"advance":"9m59s"}`)
		w.control("clock", `{"advance":"2s"}`)
		posts = append(posts, again...)
		r.want(t, posts...)
	}
	eventually(t, "the two that failed again wait", func() bool {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return len(w.s.state.Deliveries) == 2 && w.s.world.UnderWay() == 0
	})
	w.control("clock", `{"advance":"10m"}`)
	r.want(t, append(posts, "paid", "confirmed")...)
	eventually(t, "nothing waits", func() bool {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return len(w.s.state.Deliveries) == 0
	})
}

func TestNotificationGivenUp(t *testing.T) {
	w := newTestbed(t, Options{})
	w.signed("POST", "/invoices", `{"price":0,"notificationURL":"http://127.0.0.1:1/nobody"}`)
	w.control("clock", `{"advance":"2h"}`)
	eventually(t, "the sixth try was the last", func() bool {
		w.s.world.Lock()
		defer w.s.world.Unlock()
		return len(w.s.state.Deliveries) == 0
	})
}
