package notifications

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

const invoiceType, payoutType = "invoicestate", "payout"

// invoiceEvents are the events of an invoice that users are told of.
var invoiceEvents = []struct {
	event world.Event
	text  string
}{
	{world.EventPaidAfterExpiration, "was paid after expiration"},
	{world.EventExpiredPaidPartial, "expired with partial payments"},
	{world.EventFailedToConfirm, "has payments that failed to confirm on time"},
	{world.EventConfirmed, "is settled"},
}

// Follow tells the members of stores what happens there.
func Follow(w *world.World) {
	w.Follow(func(h world.Happening) {
		if h.Invoice == nil {
			return
		}
		for _, e := range invoiceEvents {
			if e.event == h.Event {
				w.NotifyStore(h.Invoice.StoreID, aboutInvoice(h.Invoice, e.event, e.text))
			}
		}
	})
}

// namedCharacters is how much of an invoice's id a notification has.
const namedCharacters = 5

func aboutInvoice(inv *world.Invoice, event world.Event, text string) world.Notice {
	return world.Notice{
		Identifier: "invoice_" + strings.ToLower(string(event)), Type: invoiceType,
		Body: "Invoice " + inv.ID[:namedCharacters] + ".. " + text, Link: "/invoices/" + inv.ID,
	}
}

// AboutPayout is the notice of a payout that waits for approval.
func AboutPayout(storeID, method string) world.Notice {
	return world.Notice{
		Identifier: "payout_awaitingapproval", Type: payoutType,
		Body: "A new payout is awaiting for approval", Link: "/stores/" + storeID + "/payouts?payoutMethodId=" + method,
	}
}
