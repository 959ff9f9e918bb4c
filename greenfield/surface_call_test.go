package greenfield_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A sentRequest is what a method sends.
type sentRequest struct {
	operation, method string
	path              []string
	query             url.Values
	body              any
}

// A driven method was called once with values in all of its arguments.
type driven struct {
	name   string // Invoices.Create
	sent   []sentRequest
	answer reflect.Type // nil if it returns only an error
}

// driveAll calls every method of every service. The server that it calls responds with an
// empty object, except to a key that reads itself, so most calls fail after their requests.
func driveAll(t *testing.T) []driven {
	t.Helper()
	var now *driven
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		var body any
		if r.Body != nil {
			decoder := json.NewDecoder(r.Body)
			decoder.UseNumber()
			if err := decoder.Decode(&body); err != nil && err != io.EOF {
				t.Errorf("%s: %v", now.name, err)
			}
		}
		now.sent = append(now.sent, sentRequest{
			method: r.Method, path: strings.Split(strings.Trim(r.URL.Path, "/"), "/"), query: r.URL.Query(), body: body,
		})
		response := "{}"
		if strings.HasSuffix(r.URL.Path, "/api-keys/current") {
			response = `{"apiKey":"` + testKey + `","label":"","permissions":[]}` // RevokeValue reads it first
		}
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(strings.NewReader(response)), Request: r,
		}, nil
	})
	c, err := greenfield.New("https://btcpay.example.com", apiKey(t, testKey),
		client.WithTransport(transport), client.WithRetries(0), client.WithTimeout(patience),
		client.WithObserver(func(x client.Exchange) { now.sent[len(now.sent)-1].operation = x.Operation }))
	if err != nil {
		t.Fatal(err)
	}
	var all []driven
	services := reflect.ValueOf(c).Elem()
	for i := range services.NumField() {
		field := services.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		service := services.Field(i)
		for m := range service.NumMethod() {
			now = &driven{name: field.Name + "." + service.Type().Method(m).Name}
			if composed[now.name] == "" {
				now.call(t, service.Method(m))
				all = append(all, *now)
			}
		}
	}
	return all
}

func (d *driven) call(t *testing.T, method reflect.Value) {
	t.Helper()
	of := method.Type()
	arguments := []reflect.Value{reflect.ValueOf(t.Context())}
	for i := 1; i < of.NumIn()-1; i++ {
		argument := reflect.New(of.In(i)).Elem()
		fill(t, d.name, argument)
		arguments = append(arguments, argument)
	}
	if !of.IsVariadic() || of.In(0) != reflect.TypeFor[context.Context]() {
		t.Errorf("%s does not take a context first and call options last", d.name)
		return
	}
	if of.Out(0) != reflect.TypeFor[error]() {
		d.answer = of.Out(0)
	}
	method.Call(arguments)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// placed are the values of ids, and the names that documents have for their places.
var placed = map[string][]string{
	"store1": {"storeId"}, "invoice1": {"invoiceId"}, "user1": {"idOrEmail", "userId"}, testKey: {"apikey"}, "akid_1": {"apikey"},
	"webhook1": {"webhookId"}, "delivery1": {"deliveryId"},
	// of the reads that prove permissions
	"NONE": {"cryptoCode"}, "NONE-CHAIN": {"paymentMethodId"}, "none": {"idOrEmail"},
}

// fill sets a value and all that it consists of to something that a method accepts.
func fill(t *testing.T, what string, v reflect.Value) {
	t.Helper()
	switch v.Addr().Interface().(type) {
	case *greenfield.StoreID:
		v.SetString("store1")
	case *greenfield.InvoiceID:
		v.SetString("invoice1")
	case *greenfield.UserID:
		v.SetString("user1")
	case *greenfield.APIKeyID:
		v.SetString("akid_1")
	case *greenfield.WebhookID:
		v.SetString("webhook1")
	case *greenfield.WebhookDeliveryID:
		v.SetString("delivery1")
	case *client.SentSecret:
		v.Set(reflect.ValueOf(client.NewSentSecret(client.NewSecret("my own secret"))))
	case *greenfield.APIKey:
		v.Set(reflect.ValueOf(apiKey(t, testKey)))
	case *greenfield.Permission:
		v.SetString(string(greenfield.CanViewInvoices))
	case *greenfield.InvoiceStatus:
		v.SetString(string(greenfield.InvoiceStatusSettled))
	case *greenfield.SpeedPolicy:
		v.SetString(string(greenfield.SpeedPolicyHigh))
	case *greenfield.NetworkFeeMode:
		v.SetString(string(greenfield.NetworkFeeModeAlways))
	case *client.Decimal:
		v.Set(reflect.ValueOf(*decimal(t, "12.5")))
	case *time.Time:
		v.Set(reflect.ValueOf(time.Unix(1_790_000_000, 0)))
	case *greenfield.Metadata:
		v.Set(reflect.ValueOf(greenfield.Metadata{greenfield.MetaOrderID: json.RawMessage(`"A-1"`)}))
	case json.Unmarshaler:
		if _, keeps := v.Type().FieldByName("Extra"); v.Kind() == reflect.Struct && keeps {
			fillKind(t, what, v) // its own JSON form only adds Extra
			return
		}
		fillDecoded(t, what, v)
	default:
		fillKind(t, what, v)
	}
}

func fillKind(t *testing.T, what string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		switch {
		case strings.HasSuffix(what, "Currency"):
			v.SetString("USD")
		case strings.HasSuffix(what, "URL"):
			v.SetString("https://shop.example.com")
		default:
			v.SetString("text")
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, what, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, what, v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, what+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	case reflect.Map: // fields that a server adds later
	default:
		t.Errorf("%s: fill has no value for a %s", what, v.Type())
	}
}

// fillDecoded sets a value that has a JSON form of its own.
func fillDecoded(t *testing.T, what string, v reflect.Value) {
	t.Helper()
	for _, text := range []string{`"12.5"`, `7`, `true`, `"text"`, `["text"]`, `{}`} {
		if json.Unmarshal([]byte(text), v.Addr().Interface()) == nil && !v.IsZero() {
			return
		}
	}
	t.Errorf("%s: fill has no JSON for a %s", what, v.Type())
}
