package root

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/invoice"
)

// searchedIDs are order ids that a query holds in escapes, and those of the end that a
// signed one cannot hold at all.
var searchedIDs = []string{`"<>[\]^{|}` + "`", "100%", "%zz", "Grüße", "naïve ÿ", "中文", "🍵", "tea 🍵 7"}

// TestOrdersAreFoundByAnyID: on both APIs, what was made is listed by its order id and
// its item code, and adopted where its answer was lost.
func TestOrdersAreFoundByAnyID(t *testing.T) {
	for _, api := range bothAPIs {
		w := newValuesWorld(t)
		var made []string
		for _, id := range searchedIDs {
			for _, lost := range []bool{true, false} {
				w.losing(lost)
				g := w.run(t, api, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", id, "--item-code", id, "-o", "name")
				if lost {
					// The second would be found by the order id of the first.
					if g.code != 0 || !strings.Contains(g.stderr, "was found by its order id") && api == invoice.APIBitPay {
						t.Fatalf("%s: %q was not adopted: exit %d, %s", api, id, g.code, g.stderr)
					}
				} else if g.code != 0 {
					t.Fatalf("%s: %q: exit %d, %s", api, id, g.code, g.stderr)
				}
				made = append(made, strings.TrimSpace(g.stdout))
			}
			w.losing(false)
		}
		for i, id := range searchedIDs {
			want := slices.Sorted(slices.Values(made[2*i : 2*i+2]))
			for _, filter := range []string{"--order-id", "--item-code"} {
				if api == invoice.APIGreenfield && filter == "--item-code" {
					continue // that API has no such filter
				}
				g := w.run(t, api, "", "invoice", "list", filter, id, "-o", "name")
				got := strings.Fields(g.stdout)
				if slices.Sort(got); g.code != 0 || !slices.Equal(got, want) {
					t.Errorf("%s, %s %q: exit %d, %v, want %v, %s", api, filter, id, g.code, got, want, g.stderr)
				}
			}
			w.took()
			g := w.run(t, api, "", "invoice", "list", "--order-id", id, "--limit", "1", "--offset", "1", "-o", "name")
			if got := strings.Fields(g.stdout); g.code != 0 || len(got) != 1 || !slices.Contains(want, got[0]) {
				t.Errorf("%s, the second of %q: exit %d, %v, %s", api, id, g.code, got, g.stderr)
			}
		}
	}
}

// TestLookingForAnEmojiReadsFewDays: every invoice is read to compare its order id, so
// those that are surely older are not asked for.
func TestLookingForAnEmojiReadsFewDays(t *testing.T) {
	w := newValuesWorld(t)
	w.losing(true)
	for id, limited := range map[string]bool{"🍵": true, "plain": false} {
		w.took()
		if g := w.run(t, invoice.APIBitPay, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", id); g.code != 0 {
			t.Fatal(g.stderr)
		}
		var days []string
		for _, r := range w.took() {
			query, err := url.ParseQuery(r.query)
			if err != nil {
				t.Fatal(err)
			}
			if r.method == "GET" && strings.HasSuffix(r.path, "/invoices") && query.Get("limit") != "1" {
				days = append(days, query.Get("dateStart"))
			}
		}
		if len(days) == 0 {
			t.Fatalf("%s: nothing was looked up", id)
		}
		for _, text := range days {
			day, err := time.Parse("01/02/2006", text)
			if age := time.Since(day); limited && (err != nil || age < 48*time.Hour || age > 96*time.Hour) || !limited && text != "" {
				t.Errorf("%s: from %q on", id, text)
			}
		}
	}
}

// TestResumeFindsAnEmoji: an order whose answer is lost, and whose invoice cannot be
// looked up at once, stays open and is found later.
func TestResumeFindsAnEmoji(t *testing.T) {
	w := newValuesWorld(t)
	w.losing(true)
	w.failingLists(true)
	g := w.run(t, invoice.APIBitPay, "", "invoice", "create", "--amount", "5", "--currency", "USD", "--order-id", "🍵", "-o", "name")
	if g.code != 8 || g.stdout != "" {
		t.Fatalf("exit %d, %q, %s", g.code, g.stdout, g.stderr)
	}
	w.losing(false)
	w.failingLists(false)
	resumed := w.run(t, invoice.APIBitPay, "", "invoice", "resume", "-o", "name")
	listed := w.run(t, invoice.APIBitPay, "", "invoice", "list", "--order-id", "🍵", "-o", "name")
	if resumed.code != 0 || resumed.stdout == "" || resumed.stdout != listed.stdout {
		t.Errorf("resume: exit %d, %q, %s; the list has %q", resumed.code, resumed.stdout, resumed.stderr, listed.stdout)
	}
}
