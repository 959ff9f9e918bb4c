package cli

import (
	"errors"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// greenfieldMeanings are the failures of this API that the SDK has a name for.
var greenfieldMeanings = []meaning{
	{greenfield.ErrNotArrived, output.Refused, throughProxy},
	{greenfield.ErrOtherServer, output.BadCredential, "check --server\nor, for new keys: btcpayctl authorize --profile NAME --store ID --for \"invoice create\""},
	{authorize.ErrNotProven, output.BadCredential, "btcpayctl authorize --profile NAME --store ID --for \"invoice create\""},
	{greenfield.ErrUnknownKey, output.BadCredential, "btcpayctl apikey list\nor, for a new key: btcpayctl authorize --profile NAME --store ID --for \"invoice create\""},
	{greenfield.ErrRevokedOrLocked, output.BadCredential, "look whether it is on the server's page Account / API Keys\nor, for a new key: btcpayctl authorize --profile NAME --store ID --for \"invoice create\""},
	{greenfield.ErrWrongPassword, output.BadCredential, "check both, and do not try more than twice"},
	{greenfield.ErrThrottled, output.BadCredential, "wait a minute, and run the same command"},
	{greenfield.ErrLockedOut, output.BadCredential, "wait five minutes, and check the password"},
	{greenfield.ErrUserDisabled, output.BadCredential, "wait five minutes, or ask the server's administrator"},
	{greenfield.ErrSecondFactor, output.BadCredential, "btcpayctl authorize --profile admin --permission unrestricted --all-stores"},
	{greenfield.ErrBasicDisabled, output.BadCredential, "btcpayctl authorize --profile admin --permission unrestricted --all-stores"},
	{greenfield.ErrUnauthenticated, output.BadCredential, "btcpayctl doctor"},
	{greenfield.ErrNeedsAPIKey, output.NoCredential, "btcpayctl authorize --profile NAME --store ID --for \"invoice create\""},
	{greenfield.ErrKeyNotFound, output.NotFound, "btcpayctl apikey list"},
	{greenfield.ErrUserNotFound, output.NotFound, "check the user's e-mail address or id"},
	{greenfield.ErrInvoiceNotFound, output.NotFound, "btcpayctl invoice list"},
	{greenfield.ErrWebhookNotFound, output.NotFound, "btcpayctl webhook list"},
	{greenfield.ErrWebhookDeliveryNotFound, output.NotFound, "btcpayctl webhook list\nthen btcpayctl webhook deliveries ID"},
	{greenfield.ErrWebhookDeliveryPruned, output.Refused, "read the invoice instead: btcpayctl invoice list"},
	{greenfield.ErrNoAPI, output.NotFound, "btcpayctl doctor\nand check --server, with its path prefix"},
	{greenfield.ErrLoginPage, output.Redirected, throughProxy},
	{greenfield.ErrNoRate, output.Refused, "check the store's wallet, payment methods and rates"},
	{greenfield.ErrStoreLimit, output.Refused, "ask the server's administrator"},
	{greenfield.ErrNotMarkable, output.Refused, "btcpayctl invoice get ID"},
	{greenfield.ErrNotArchived, output.Refused, "btcpayctl invoice get ID"},
}

// explainGreenfield adds the code and next step of a Greenfield API failure, and reports
// whether it knows the failure.
func explainGreenfield(e *output.Error) bool {
	if answer, ok := errors.AsType[*client.Error](e.Err); ok {
		e.Status = answer.Status
	}
	if missing, ok := errors.AsType[*greenfield.PermissionError](e.Err); ok {
		e.Code, e.Next = output.MissingPermission, DeniedNext(missing.Permission)
		if missing.Permission != "" {
			e.What = "the key lacks " + string(missing.Permission.Policy())
			if store := missing.Permission.Scope(); store != "" {
				e.What += " for store " + store + ", or there is no such store"
				e.Why = DeniedWhy
			}
			e.What += " (403)"
		}
		return true
	}
	return explainNamed(e, greenfieldMeanings)
}

// DeniedWhy is what a 403 about a store can also mean.
const DeniedWhy = "Or the role of the key's owner in the store does not allow it. The response is the same; btcpayctl apikey current shows which it is."

// DeniedNext is how to find out why a permission was refused, and how to get it. A
// permission that names no store is one for every store.
func DeniedNext(p greenfield.Permission) string {
	next := "btcpayctl apikey current"
	switch {
	case p == "":
		return next
	case Everywhere(p):
		return next + "\nor btcpayctl authorize --permission " + string(p) + " --store ID\nor, for every store of the account: btcpayctl authorize --permission " + string(p) + " --all-stores"
	}
	return next + "\nor btcpayctl authorize --permission " + string(p)
}
