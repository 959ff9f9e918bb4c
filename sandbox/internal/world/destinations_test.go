package world

import (
	"strings"
	"testing"
	"time"
)

// FuzzDestination reads any text as the destination of a payout. What is taken is taken again as it is shown.
func FuzzDestination(f *testing.F) {
	for _, text := range []string{
		"", "bitcoin:", "bitcoin:?amount=1", "bcrt1q3j2fqzfqndv4gxhf9q0nvvxgceur8mhum8xpwj", "bitcoin:bcrt1q3j2fqzfqndv4gxhf9q0nvvxgceur8mhum8xpwj?amount=1&a=%zz&b=%2B",
		"lnbcrt1", "lnbcrt99999999999999999999m1", "lnurl1", "lnurlp://a", "a@b.c", "lightning:lightning:", strings.Repeat("1", 300), "bcrt1" + strings.Repeat("q", 300), "\x00", "bitcoin:\xff",
		"lnbcrt1" + strings.Repeat("q", 117),
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	w := &World{clock: newClock(func() time.Time { return time.Unix(1_700_000_000, 0) })}
	f.Fuzz(func(t *testing.T, text string, lightning bool) {
		c := &Claim{Method: OnChain, PullPayment: &PullPayment{BOLT11Days: 1}}
		if lightning {
			c.Method = LightningPayout
		}
		d, why := w.ParseDestination(c, text)
		if (d.Text == "") == (why == "") {
			t.Fatalf("%q is read as %+v, %q", text, d, why)
		}
		if why != "" {
			return
		}
		if again, why := w.ParseDestination(c, d.Text); again.Text != d.Text || again.ID != d.ID {
			t.Fatalf("%q is shown as %q, and that as %q (%s)", text, d.Text, again.Text, why)
		}
		if d.Amount != nil && d.Amount.Sign() < 0 && lightning {
			t.Fatalf("%q is of %s", text, d.Amount)
		}
	})
}
