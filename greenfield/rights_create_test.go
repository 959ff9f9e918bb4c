package greenfield_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A key that may only create invoices is tried without creating one. An employee who was
// removed from the store has such a key, and the server lists its permission all the same.
func TestTryCreateInvoice(t *testing.T) {
	b := newStaff(t)
	create := greenfield.CanCreateInvoice.ForStore(greenfield.StoreID(b.seed.StoreID))
	made, err := b.own.APIKeys.Create(t.Context(), greenfield.APIKeyRequest{Permissions: permissions{create}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := greenfield.NewAPIKey(made.Key)
	if err != nil {
		t.Fatal(err)
	}
	employee := b.connect(t, key)
	check := func(want string) {
		t.Helper()
		r := employee.Permissions.TryCreateInvoice(t.Context(), greenfield.StoreID(b.seed.StoreID))
		if got := shown([]greenfield.Right{r}); strings.ReplaceAll(got, b.seed.StoreID, "S") != want || r.Err != nil {
			t.Errorf("%s, %v, want %s", got, r.Err, want)
		}
	}
	check("cancreateinvoice@S no refused")
	for _, role := range []string{"Guest", "Manager", "Owner"} {
		b.becomes(role)
		check("cancreateinvoice@S yes tried")
	}
	b.becomes("")
	check("cancreateinvoice@S no refused")
	for invoice, err := range b.owner.Invoices.All(t.Context(), greenfield.StoreID(b.seed.StoreID), greenfield.InvoiceListOptions{}) {
		t.Errorf("an invoice was created: %v, %v", invoice.ID, err)
	}
	if got := shown([]greenfield.Right{employee.Permissions.TryCreateInvoice(t.Context(), "")}); got != "cancreateinvoice unknown no-store" {
		t.Error(got)
	}
}

// What does not come from the permission check proves nothing.
func TestTryCreateInvoiceElsewhere(t *testing.T) {
	const fields = `[{"path":"amount","message":"The supplied value is invalid."}]`
	for name, test := range map[string]struct {
		status int
		body   string
		want   greenfield.Live
	}{
		"allowed":            {422, fields, greenfield.LiveYes},
		"refused":            {403, `{"missingPermission":"btcpay.store.cancreateinvoice","code":"missing-permission","message":"x"}`, greenfield.LiveNo},
		"another permission": {403, `{"missingPermission":"btcpay.store.canviewinvoices","code":"missing-permission","message":"x"}`, greenfield.LiveUnknown},
		"an invoice":         {200, `{"id":"x"}`, greenfield.LiveUnknown},
		"a page":             {403, `<title>Blocked</title>`, greenfield.LiveUnknown},
		"a page for 422":     {422, `<title>x</title>`, greenfield.LiveUnknown},
		"no key":             {401, `{"code":"unauthenticated","message":"x"}`, greenfield.LiveUnknown},
		"too many":           {429, ``, greenfield.LiveUnknown},
		"a failure":          {500, ``, greenfield.LiveUnknown},
		"no such call":       {404, ``, greenfield.LiveUnknown},
	} {
		asked := 0
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if asked++; r.Method != http.MethodPost || r.URL.Path != "/api/v1/stores/S/invoices" {
				t.Errorf("%s: %s %s", name, r.Method, r.URL)
			}
			answer(w, test.status, test.body)
		})
		r := g.Permissions.TryCreateInvoice(t.Context(), "S")
		if r.Live != test.want || (r.Live == greenfield.LiveUnknown) != (r.Err != nil) || asked != 1 {
			t.Errorf("%s: %s, %v, %d requests", name, fmt.Sprint(r.Live), r.Err, asked)
		}
	}
}
