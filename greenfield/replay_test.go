package greenfield_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// errNotCalled says that no method of the package makes such a request.
var errNotCalled = errors.New("no method asks for this")

// TestRecordedExchanges lets a real HTTP server answer as servers of four
// versions did, and looks at what the package asks and makes of it.
func TestRecordedExchanges(t *testing.T) {
	asked, uncalled := 0, uncalledSteps(t)
	for _, r := range replayed(t) {
		t.Run(r.Version+"/"+r.Group, func(t *testing.T) {
			var now atomic.Pointer[step]
			var sent atomic.Pointer[string]
			c := serve(t, func(w http.ResponseWriter, req *http.Request) {
				s := now.Load()
				body, err := io.ReadAll(req.Body)
				if err != nil {
					t.Error(err)
				}
				if want, _ := url.Parse(s.Request.Path); req.Method != s.Request.Method || req.URL.Path != want.Path {
					if req.Method == "GET" && sent.Load() != nil {
						// The read after a change. Another step shows its answer.
						answer(w, http.StatusNotFound, `{"code":"invoice-not-found","message":"The invoice was not found"}`)
						return
					}
					if s.Request.Method == "DELETE" && req.Method == "GET" && strings.HasSuffix(req.URL.Path, "/api-keys/current") {
						// The question for the id of a key before it is revoked. These servers have none.
						answer(w, http.StatusOK, `{"apiKey":"`+strings.TrimPrefix(req.Header.Get("Authorization"), "token ")+`","label":"","permissions":[]}`)
						return
					}
					t.Errorf("%s: asked for %s %s, want %s %s", s.Name, req.Method, req.URL.Path, s.Request.Method, want.Path)
				}
				text := string(body)
				sent.Store(&text)
				answer(w, s.Response.Status, string(s.Response.JSON))
			})
			called := 0
			for _, s := range r.Steps {
				now.Store(&s)
				sent.Store(nil)
				got, err := ask(t.Context(), c, s)
				_, refused := errors.AsType[*client.RequestError](err)
				if refused || errors.Is(err, errNotCalled) {
					if name := r.Group + ": " + s.Name; !uncalled.use(name) {
						t.Errorf("%q is not called, and testdata/uncalled_steps.txt has no reason for it: %v", name, err)
					}
					continue
				}
				called++
				judge(t, s, got, err)
				sameBody(t, s, sent.Load())
			}
			if called == 0 {
				t.Error("no step of this recording was asked")
			}
			asked += called
		})
	}
	if asked < 1050 {
		t.Errorf("%d steps were asked", asked)
	}
	for _, name := range uncalled.unused() {
		t.Errorf("testdata/uncalled_steps.txt has %q, which is called now, or which no recording has", name)
	}
	t.Log(asked, "steps were asked")
}

// TestRecordedAnswersAreRead reads every good answer with a body, also those to
// requests that the package would not make: what one server answers to one,
// another may answer to the next.
func TestRecordedAnswersAreRead(t *testing.T) {
	unread, count := map[string]bool{}, 0
	for _, r := range replayed(t) {
		t.Run(r.Version+"/"+r.Group, func(t *testing.T) {
			for _, s := range r.Steps {
				if s.Response.Status >= 300 || s.Response.JSON == nil {
					continue
				}
				path, _, _ := strings.Cut(s.Request.Path, "?")
				parts := strings.Split(strings.Trim(path, "/"), "/")
				into := emptyAnswer(shape(parts), bytes.HasPrefix(s.Response.JSON, []byte("[")))
				if into == nil {
					if !slices.Contains(withoutType, shape(parts)) {
						t.Errorf("%s: emptyAnswer has no type for %s", s.Name, shape(parts))
					}
					unread[shape(parts)] = true
					continue
				}
				if err := json.Unmarshal(s.Response.JSON, into); err != nil {
					t.Errorf("%s: %v", s.Name, err)
					continue
				}
				if info, ok := into.(*greenfield.APIKeyInfo); ok {
					into = *info
				}
				sameAnswer(t, s, into)
				count++
			}
		})
	}
	if count < 900 {
		t.Errorf("%d answers were read", count)
	}
	t.Log(count, "answers were read")
	for _, path := range withoutType {
		if !unread[path] {
			t.Errorf("withoutType has %s, for which emptyAnswer has a type or there is no recording", path)
		}
	}
}

// withoutType are the paths of recorded answers for which the package has no type, since
// it has no method for them or puts the answer into another form.
var withoutType = []string{
	"API/V1/HEALTH",
	"api/v1/server/email",
	"api/v1/stores/*/invoices/*/refund",
	"api/v1/stores/*/invoices/*/refund/BTC-CHAIN",
	"api/v1/stores/*/logo",
	"api/v1/stores/*/payment-methods/BTC-CHAIN",
	"api/v1/stores/*/payment-methods/onchain/BTC",
	"api/v1/stores/*/pull-payments",
	"api/v1/stores/*/rates/configuration",
	"api/v1/stores/*/webhooks/*/deliveries/*/request",
	"api/v1/users",
	"misc/lang",
	"misc/rate-sources",
}

func emptyAnswer(shape string, list bool) any {
	switch strings.TrimSuffix(strings.TrimSuffix(shape, "/status"), "/unarchive") {
	case "misc/permissions":
		return new([]greenfield.PermissionInfo)
	case "api/v1/health":
		return new(greenfield.Health)
	case "api/v1/server/info":
		return new(greenfield.ServerInfo)
	case "api/v1/users/me":
		return new(greenfield.User)
	case "api/v1/api-keys", "api/v1/api-keys/current", "api/v1/users/*/api-keys":
		return new(greenfield.APIKeyInfo)
	case "api/v1/stores", "api/v1/stores/*":
		if list {
			return new([]greenfield.Store)
		}
		return new(greenfield.Store)
	case "api/v1/stores/*/invoices", "api/v1/stores/*/invoices/*":
		if list {
			return new([]greenfield.Invoice)
		}
		return new(greenfield.Invoice)
	case "api/v1/stores/*/invoices/*/payment-methods":
		return new([]greenfield.InvoicePaymentMethod)
	case "api/v1/stores/*/webhooks", "api/v1/stores/*/webhooks/*":
		if list {
			return new([]greenfield.Webhook)
		}
		return new(greenfield.Webhook)
	case "api/v1/stores/*/webhooks/*/deliveries", "api/v1/stores/*/webhooks/*/deliveries/*":
		if list {
			return new([]greenfield.WebhookDelivery)
		}
		return new(greenfield.WebhookDelivery)
	case "api/v1/stores/*/webhooks/*/deliveries/*/redeliver":
		return new(greenfield.WebhookDeliveryID)
	}
	return nil
}

// ask makes the request of a step by the method that is for it.
func ask(ctx context.Context, c *greenfield.Client, s step) (any, error) {
	path, rawQuery, _ := strings.Cut(s.Request.Path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, errNotCalled
	}
	at := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	pattern := s.Request.Method + " " + shape(parts)
	switch pattern {
	case "GET misc/permissions":
		return c.Permissions.List(ctx)
	case "GET api/v1/health":
		return c.Server.Health(ctx)
	case "GET api/v1/server/info":
		return c.Server.Info(ctx)
	case "GET api/v1/users/me":
		return c.Users.Me(ctx)
	case "GET api/v1/stores":
		return c.Stores.List(ctx)
	case "GET api/v1/stores/*":
		return c.Stores.Get(ctx, greenfield.StoreID(at(3)))
	case "POST api/v1/stores":
		return create(s, func(r greenfield.StoreRequest) (any, error) { return c.Stores.Create(ctx, r) })
	case "POST api/v1/api-keys":
		return create(s, func(r greenfield.APIKeyRequest) (any, error) { return c.APIKeys.Create(ctx, r) })
	case "POST api/v1/users/*/api-keys":
		return create(s, func(r greenfield.APIKeyRequest) (any, error) {
			return c.APIKeys.CreateForUser(ctx, greenfield.UserID(at(3)), r)
		})
	case "GET api/v1/api-keys/current":
		return askAs(c, s, func(c *greenfield.Client) (any, error) { return c.APIKeys.Current(ctx) })
	case "DELETE api/v1/api-keys/current":
		return nil, c.APIKeys.RevokeCurrent(ctx)
	case "DELETE api/v1/api-keys/*", "DELETE api/v1/users/*/api-keys/*":
		key, err := greenfield.ParsePastedKey(parts[len(parts)-1])
		if err != nil {
			return nil, errNotCalled
		}
		if at(2) == "users" {
			return nil, c.APIKeys.RevokeValueForUser(ctx, greenfield.UserID(at(3)), key)
		}
		return nil, c.APIKeys.RevokeValue(ctx, key)
	}
	return askInvoices(ctx, c, s, pattern, at, query)
}

// askAs asks with the key of the step, since the answer has to be about it.
func askAs(c *greenfield.Client, s step, call func(*greenfield.Client) (any, error)) (any, error) {
	key, err := greenfield.ParsePastedKey(s.Request.Token)
	if err != nil {
		return nil, errNotCalled
	}
	as, err := greenfield.New(c.Address(), key)
	if err != nil {
		return nil, err
	}
	defer as.CloseIdleConnections()
	return call(as)
}

func askInvoices(ctx context.Context, c *greenfield.Client, s step, pattern string, at func(int) string, query url.Values) (any, error) {
	service, store, id := c.Invoices, at(3), at(5)
	switch pattern {
	case "GET api/v1/stores/*/invoices":
		options := greenfield.InvoiceListOptions{
			OrderIDs: query["orderId"], TextSearch: query.Get("textSearch"),
			IncludeArchived: query.Get("includeArchived") == "true", IncludePaymentMethods: query.Get("includePaymentMethods") == "true",
		}
		for _, status := range query["status"] {
			options.Statuses = append(options.Statuses, greenfield.InvoiceStatus(status))
		}
		return service.List(ctx, greenfield.StoreID(store), options)
	case "POST api/v1/stores/*/invoices":
		return create(s, func(r greenfield.InvoiceRequest) (any, error) {
			return service.Create(ctx, greenfield.StoreID(store), r)
		})
	case "GET api/v1/stores/*/invoices/*":
		return service.Get(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.InvoiceGetOptions{IncludePaymentMethods: query.Get("includePaymentMethods") == "true"})
	case "PUT api/v1/stores/*/invoices/*":
		return create(s, func(r struct{ Metadata greenfield.Metadata }) (any, error) {
			return service.Update(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), r.Metadata)
		})
	case "DELETE api/v1/stores/*/invoices/*":
		return nil, service.Archive(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id))
	case "POST api/v1/stores/*/invoices/*/unarchive":
		_, err := service.Unarchive(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id))
		return nil, read(err)
	case "POST api/v1/stores/*/invoices/*/status":
		return create(s, func(r struct{ Status greenfield.InvoiceStatus }) (any, error) {
			_, err := service.Mark(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), r.Status)
			return nil, read(err)
		})
	case "GET api/v1/stores/*/invoices/*/payment-methods":
		return service.PaymentMethods(ctx, greenfield.StoreID(store), greenfield.InvoiceID(id), greenfield.InvoicePaymentMethodsOptions{IncludeSensitive: query.Get("includeSensitive") == "true"})
	}
	return askWebhooks(ctx, c, s, pattern, at, query)
}

func askWebhooks(ctx context.Context, c *greenfield.Client, s step, pattern string, at func(int) string, query url.Values) (any, error) {
	if path, _, _ := strings.Cut(s.Request.Path, "?"); strings.HasSuffix(path, "/") {
		return nil, errNotCalled
	}
	service, store, id, delivery := c.Webhooks, greenfield.StoreID(at(3)), greenfield.WebhookID(at(5)), greenfield.WebhookDeliveryID(at(7))
	switch pattern {
	case "GET api/v1/stores/*/webhooks":
		return service.List(ctx, store)
	case "POST api/v1/stores/*/webhooks":
		return create(s, func(r greenfield.WebhookRequest) (any, error) { return service.Create(ctx, store, r) })
	case "GET api/v1/stores/*/webhooks/*":
		return service.Get(ctx, store, id)
	case "PUT api/v1/stores/*/webhooks/*":
		return create(s, func(r greenfield.WebhookRequest) (any, error) { return service.Update(ctx, store, id, r) })
	case "DELETE api/v1/stores/*/webhooks/*":
		return nil, service.Delete(ctx, store, id)
	case "GET api/v1/stores/*/webhooks/*/deliveries":
		count, _ := strconv.Atoi(query.Get("count"))
		return service.Deliveries(ctx, store, id, greenfield.WebhookDeliveriesOptions{Count: count})
	case "GET api/v1/stores/*/webhooks/*/deliveries/*":
		return service.Delivery(ctx, store, id, delivery)
	case "GET api/v1/stores/*/webhooks/*/deliveries/*/request":
		body, err := service.DeliveryRequest(ctx, store, id, delivery)
		return json.RawMessage(body), err
	case "POST api/v1/stores/*/webhooks/*/deliveries/*/redeliver":
		return service.Redeliver(ctx, store, id, delivery)
	}
	return nil, errNotCalled
}

// read takes out the failure of the read that follows a change.
func read(err error) error {
	if errors.Is(err, greenfield.ErrNotRead) {
		return nil
	}
	return err
}

// create calls with the body of the step, if the package can write such a one.
func create[T any](s step, call func(T) (any, error)) (any, error) {
	var request T
	decoder := json.NewDecoder(bytes.NewReader(s.Request.JSON))
	decoder.DisallowUnknownFields()
	if s.Request.JSON == nil || string(s.Request.JSON) == "null" || decoder.Decode(&request) != nil {
		return nil, errNotCalled
	}
	return call(request)
}

// shape replaces what differs from server to server by a star.
func shape(parts []string) string {
	shown := append([]string{}, parts...)
	for i := range shown {
		after := ""
		if i > 0 {
			after = parts[i-1]
		}
		switch {
		case after == "stores", after == "invoices", after == "users" && shown[i] != "me", after == "api-keys" && shown[i] != "current", after == "webhooks", after == "deliveries":
			shown[i] = "*"
		}
	}
	return strings.Join(shown, "/")
}

func judge(t *testing.T, s step, got any, err error) {
	t.Helper()
	if s.Response.Status < 300 {
		// An amount that the server rounded is told with the invoice that was made.
		if different, ok := errors.AsType[*client.DifferentError](err); ok && len(different.Differences) == 1 && different.Differences[0].Member == "amount" {
			err = nil
		}
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			return
		}
		sameAnswer(t, s, got)
		return
	}
	refusal, ok := errors.AsType[*client.Error](err)
	if !ok || refusal.Status != s.Response.Status {
		t.Errorf("%s: the server answered %d, the package %v", s.Name, s.Response.Status, err)
	}
}

// sameAnswer compares the members that both know: what the package reads, it
// reads as it was sent.
func sameAnswer(t *testing.T, s step, got any) {
	t.Helper()
	if got == nil || s.Response.JSON == nil {
		return
	}
	// A secret is written as [redacted].
	if info, ok := got.(greenfield.APIKeyInfo); ok {
		var sent struct{ APIKey string }
		if err := json.Unmarshal(s.Response.JSON, &sent); err != nil || info.Key.Reveal() != sent.APIKey {
			t.Errorf("%s: another key came out, %v", s.Name, err)
		}
		return
	}
	sent := decode(t, s.Response.JSON)
	if hook, ok := asWebhook(got); ok {
		object, _ := sent.(map[string]any)
		if secret, has := object["secret"]; has && hook.Secret.Reveal() != secret {
			t.Errorf("%s: another secret came out", s.Name)
		}
		delete(object, "secret") // a secret is not encoded
		hook.Secret = client.Secret{}
		got = hook
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences("", sent, decode(t, text)) {
		t.Errorf("%s: %s", s.Name, difference)
	}
}

func asWebhook(value any) (greenfield.Webhook, bool) {
	if pointer, ok := value.(*greenfield.Webhook); ok {
		return *pointer, true
	}
	hook, ok := value.(greenfield.Webhook)
	return hook, ok
}

// older are the names that 1.x had for members.
var older = map[string]string{"paymentMethod": "paymentMethodId", "cryptoCode": "currency", "networkFee": "paymentMethodFee"}

func differences(path string, sent, got any) []string {
	switch sent := sent.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v", path, got)}
		}
		var all []string
		for name, value := range sent {
			other, known := have[name]
			if !known && older[name] != "" {
				other, known = have[older[name]]
				if !known {
					other, known = have["paymentMethodId"]
				}
			}
			if !known && value != nil {
				all = append(all, path+"."+name+" is not read")
				continue
			}
			all = append(all, differences(path+"."+name, value, other)...)
		}
		return all
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(sent) {
			return []string{fmt.Sprintf("%s has another length", path)}
		}
		var all []string
		for i := range sent {
			all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), sent[i], have[i])...)
		}
		return all
	case nil:
		switch got {
		case nil, "", "0", false, json.Number("0"):
			return nil
		}
		return []string{fmt.Sprintf("%s is %v, want nothing", path, got)}
	}
	if a, b := fmt.Sprint(sent), fmt.Sprint(got); a != b {
		return []string{fmt.Sprintf("%s is %s, want %s", path, b, a)}
	}
	return nil
}

// sameBody compares what was sent with what was recorded, numbers and texts
// alike, since the server reads an amount in both forms.
func sameBody(t *testing.T, s step, sent *string) {
	t.Helper()
	if sent == nil || *sent == "" {
		return
	}
	want := decode(t, s.Request.JSON)
	if strings.HasSuffix(s.Request.Path, "api-keys") {
		want = normalised(want)
	}
	if diff := cmp.Diff(texts(want), texts(decode(t, []byte(*sent)))); diff != "" {
		t.Errorf("%s: sent another body (-recorded +sent):\n%s", s.Name, diff)
	}
}

// normalised is the permissions of a request as the package writes them.
func normalised(body any) any {
	object, ok := body.(map[string]any)
	if !ok {
		return body
	}
	list, _ := object["permissions"].([]any)
	permissions := []any{}
	for _, p := range list {
		parsed, err := greenfield.ParsePermission(fmt.Sprint(p))
		if err != nil {
			return body
		}
		permissions = append(permissions, string(parsed))
	}
	object["permissions"] = permissions
	return object
}

func decode(t testing.TB, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func texts(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, member := range value {
			if member != nil {
				out[name] = texts(member)
			}
		}
		return out
	case []any:
		for i := range value {
			value[i] = texts(value[i])
		}
		return value
	case json.Number:
		return value.String()
	}
	return value
}
