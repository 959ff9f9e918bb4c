package greenfield_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// composed are methods that send the requests of other methods.
var composed = map[string]string{
	"Invoices.All":        "Invoices.List, page by page",
	"Invoices.CreateOnce": "Invoices.Create, Get and List",
	"Permissions.Try":     "reads of all areas, see TestSurfaceOfTrials",

	"Permissions.TryCreateInvoice": "Invoices.Create, with an amount that no server accepts",
}

// A why is the reason of a difference.
type why struct {
	// recording is the group that shows that the documents are wrong. It has the name of
	// the field. Recordings count for more than the documents of the server.
	recording string
	reason    string
}

// differing are the differences between the SDK and the documents of the server.
var differing = map[string]why{
	"APIKeyInfo.id: not in the facts":                            {"", "servers after 2.4.4, of which there is no document yet"},
	"APIKeyInfo.created: not in the facts":                       {"", "servers after 2.4.4, of which there is no document yet"},
	"Stores.Update.id: only in the facts":                        {"", "the path has the id"},
	"AdditionalStatus.Invalid: only in the facts":                {"", "no server sends it here: it is a value of InvoiceStatus"},
	"Invoices.List query.includeArchived: not in the facts":      {"invoice-list", "the documents lack it, and servers of all releases obey it"},
	"Metadata.comment: not in the facts":                         {"", "the server sets it to the comment of an LNURL payment"},
	"Server.OwnAddress GET /account/apikeys: in 0 of 4 releases": {"", "a page for people; its redirect is in recording key-pages"},

	"Stores.Roles: the facts have no list": {"", "the documents show one item of the list, see recording store-users-roles"},

	"Invoices.PaymentMethods query.onlyAccountedPayments: only in the facts": {"", "it adds payments that do not count"},

	"Webhook.authorizedEvents: the facts have object, which it does not read": {"", "the documents do not show its fields in the response to a creation, see recording webhooks"},

	// Settings that only 1.x has.
	"PaymentMethodCriteria.paymentMethod: only in the facts":               {"", "the name of paymentMethodId in 1.x"},
	"Stores.Create.paymentMethodCriteria.paymentMethod: only in the facts": {"", "the name of paymentMethodId in 1.x"},
	"Stores.Update.paymentMethodCriteria.paymentMethod: only in the facts": {"", "the name of paymentMethodId in 1.x"},
}

// recordedNames are the names of JSON fields and query parameters that each recorded group
// has.
func recordedNames(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	loaded, err := replay.LoadAll(filepath.Join("..", "sandbox", "testdata", "recordings", "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range loaded {
		steps, err := r.Exchanges()
		if err != nil {
			t.Fatal(err)
		}
		if all[r.Group] == nil {
			all[r.Group] = map[string]bool{}
		}
		for _, s := range steps {
			for _, body := range [][]byte{s.Request.JSON, s.Response.JSON} {
				if len(body) > 0 {
					collectNames(decode(t, body), all[r.Group])
				}
			}
			for name := range queryOf(s) {
				all[r.Group][name] = true
			}
		}
	}
	return all
}

func queryOf(s step) url.Values {
	_, query, _ := strings.Cut(s.Request.Path, "?")
	values, _ := url.ParseQuery(query) // recorded queries may be malformed
	return values
}

func collectNames(value any, into map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			into[name] = true
			collectNames(inner, into)
		}
	case []any:
		for _, inner := range value {
			collectNames(inner, into)
		}
	case string:
		into[value] = true
	}
}

// recordPaths notes the address of each request and refuses it.
func recordPaths(into map[string]bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		into[r.URL.String()] = true
		answer(w, http.StatusForbidden, `{"code":"missing-permission","message":"Insufficient API Permissions.","missingPermission":"x"}`)
	}
}
