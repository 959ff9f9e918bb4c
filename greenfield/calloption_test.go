package greenfield_test

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// Every method that sends something takes options for that call.
func TestEveryCallTakesOptions(t *testing.T) {
	options, ctx := reflect.TypeFor[[]client.CallOption](), reflect.TypeFor[context.Context]()
	found := 0
	for _, of := range []any{&greenfield.Client{}, &greenfield.APIKeyService{}, &greenfield.InvoiceService{}, &greenfield.PermissionService{}, &greenfield.ServerService{}, &greenfield.StoreService{}, &greenfield.UserService{}} {
		kind := reflect.TypeOf(of)
		for method := range kind.Methods() {
			if sends := method.Type.NumIn() > 1 && method.Type.In(1) == ctx; !sends {
				continue
			}
			found++
			if last := method.Type.In(method.Type.NumIn() - 1); !method.Type.IsVariadic() || last != options {
				t.Errorf("%v.%s takes no options", kind, method.Name)
			}
		}
	}
	if found < 25 {
		t.Errorf("%d methods were looked at", found)
	}
}

// One call may have another credential, and more to say.
func TestCallOptions(t *testing.T) {
	other := strings.Repeat("89", 20)
	var got *http.Request
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		answer(w, 200, `{"apiKey":"`+strings.TrimPrefix(r.Header.Get("Authorization"), "token ")+`","label":"","permissions":[]}`)
	})
	var response client.Response
	info, err := g.APIKeys.Current(t.Context(), greenfield.As(apiKey(t, other)), client.CallHeader("X-A", "1"), client.CallQuery("a", "b"), client.Capture(&response))
	if err != nil || info.Key.Reveal() != other || got.Header.Get("X-A") != "1" || got.URL.RawQuery != "a=b" || response.Status != 200 {
		t.Errorf("got %v, %v of %v", info.Label, err, got)
	}
	if info, err := g.APIKeys.Current(t.Context()); err != nil || info.Key.Reveal() != testKey || got.URL.RawQuery != "" {
		t.Errorf("the options reached another call: %v, %v", info.Label, err)
	}
}

// A metric of each method has a name of its own.
func TestOperations(t *testing.T) {
	var seen []string
	g := serveAs(t, apiKey(t, testKey), func(w http.ResponseWriter, r *http.Request) { answer(w, 404, `{"code":"x","message":"y"}`) },
		client.WithObserver(func(e client.Exchange) { seen = append(seen, e.Operation) }))
	ctx := t.Context()
	g.APIKeys.Current(ctx)
	g.APIKeys.Create(ctx, greenfield.APIKeyRequest{})
	g.APIKeys.CreateForUser(ctx, "a@example.com", greenfield.APIKeyRequest{})
	g.APIKeys.RevokeCurrent(ctx)
	g.Invoices.Create(ctx, storeID, greenfield.InvoiceRequest{})
	g.Invoices.Get(ctx, storeID, "inv", greenfield.InvoiceGetOptions{})
	g.Invoices.List(ctx, storeID, greenfield.InvoiceListOptions{})
	g.Invoices.Update(ctx, storeID, "inv", greenfield.Metadata{})
	g.Invoices.Mark(ctx, storeID, "inv", greenfield.InvoiceStatusSettled)
	g.Invoices.Archive(ctx, storeID, "inv")
	g.Invoices.Unarchive(ctx, storeID, "inv")
	g.Invoices.PaymentMethods(ctx, storeID, "inv", greenfield.InvoicePaymentMethodsOptions{})
	g.Permissions.List(ctx)
	g.Server.Health(ctx)
	g.Server.Info(ctx)
	g.Stores.Create(ctx, greenfield.StoreRequest{Name: "a"})
	g.Stores.Get(ctx, storeID)
	g.Stores.List(ctx)
	g.Stores.Members(ctx, storeID)
	g.Stores.Roles(ctx, storeID)
	g.Stores.Update(ctx, storeID, greenfield.StoreRequest{Name: "a"})
	g.Users.Me(ctx)
	const want = "APIKeys.Current APIKeys.Create APIKeys.CreateForUser APIKeys.RevokeCurrent Invoices.Create Invoices.Get Invoices.List Invoices.Update " +
		"Invoices.Mark Invoices.Archive Invoices.Unarchive Invoices.PaymentMethods Permissions.List Server.Health Server.Info " +
		"Stores.Create Stores.Get Stores.List Stores.Members Stores.Roles Stores.Update Users.Me"
	if got := strings.ReplaceAll(strings.Join(seen, " "), "greenfield.", ""); got != want {
		t.Errorf("got %s", got)
	}
}
