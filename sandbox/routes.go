package sandbox

import (
	"slices"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitpay"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/apps"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/emails"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/files"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/invoices"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/keys"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/lightning"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/lightningaddresses"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/misc"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/notifications"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/paymentmethods"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/paymentrequests"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/payoutprocessors"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/pullpayments"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/rates"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/server"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/stores"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/subscriptions"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/unbuilt"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/users"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/wallets"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/webhooks"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pages"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// tables returns the routes of all areas, and those of what the sandbox lacks. Of routes that match a request, the first one
// counts: some paths of the BitPay API are also those of pages.
var tables = sync.OnceValue(func() [][]serve.Route {
	built := areas()
	return append(built, unbuilt.Routes(slices.Concat(built...)))
})

func areas() [][]serve.Route {
	return [][]serve.Route{
		bitpay.Routes(),
		misc.Routes(),
		pages.Routes(),

		server.Routes(),
		users.Routes(),
		keys.Routes(),
		stores.Routes(),
		paymentmethods.Routes(),
		wallets.Routes(),
		lightning.Routes(),
		lightningaddresses.Routes(),
		emails.Routes(),
		files.Routes(),
		rates.Routes(),
		invoices.Routes(),
		pullpayments.Routes(),
		payoutprocessors.Routes(),
		apps.Routes(),
		paymentrequests.Routes(invoices.Write),
		subscriptions.Routes(),
		webhooks.Routes(),
		notifications.Routes(),
	}
}

// An Operation is an operation of the Greenfield API of BTCPay Server 2.4.1.
type Operation struct {
	Method, Path string
	// Built reports whether the sandbox has it. If not, it answers 501 with the code not-in-sandbox.
	Built bool
}

// Operations returns all operations of the Greenfield API, by path and method.
func Operations() []Operation {
	var all []Operation
	for _, o := range unbuilt.Operations(slices.Concat(areas()...)) {
		all = append(all, Operation{o.Method, o.Path, o.Built})
	}
	return all
}
