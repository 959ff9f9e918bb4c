package notifications

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

const invoiceType, payoutType = "invoicestate", "payout"

// invoiceEvents are the events of an invoice that users are notified of.
var invoiceEvents = []struct {
	event world.Event
	text  string
}{
	{world.EventPaidAfterExpiration, "was paid after expiration"},
	{world.EventExpiredPaidPartial, "expired with partial payments"},
	{world.EventFailedToConfirm, "has payments that failed to confirm on time"},
	{world.EventConfirmed, "is settled"},
}

// Follow notifies the members of stores of what happens there.
func Follow(w *world.World) {
	w.Follow(func(h world.Happening) {
		switch {
		case h.Event == world.EventPayoutClaimed:
			w.NotifyStore(h.Payout.StoreID, aboutPayout(h.Payout))
		case h.Invoice != nil:
			for _, e := range invoiceEvents {
				if e.event == h.Event {
					w.NotifyStore(h.Invoice.StoreID, aboutInvoice(h.Invoice, e.event, e.text))
				}
			}
		}
	})
}

// namedCharacters is how much of an invoice's id a notification has.
const namedCharacters = 5

func aboutInvoice(inv *world.Invoice, event world.Event, text string) world.Notice {
	return world.Notice{
		Identifier: "invoice_" + strings.ToLower(string(event)), Type: invoiceType,
		Body: "Invoice " + inv.ID[:min(namedCharacters, len(inv.ID))] + ".. " + text, Link: "/invoices/" + inv.ID,
	}
}

// aboutPayout says that a payout was made, which waits for approval or is approved already.
func aboutPayout(p *world.Payout) world.Notice {
	body := "A new payout is awaiting for approval"
	if p.State != world.PayoutAwaitingApproval {
		body = "A new payout is approved and awaiting payment"
	}
	return world.Notice{
		Identifier: "payout_" + strings.ToLower(string(p.State)), Type: payoutType,
		Body: body, Link: "/stores/" + p.StoreID + "/payouts?payoutMethodId=" + p.Method,
	}
}
