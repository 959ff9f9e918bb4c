package bitpay_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
)

// An exchange is one that was recorded with a real server.
type exchange struct {
	version, group, Name string
	Request              struct {
		Method, Path string
		JSON         json.RawMessage
		Auth         map[string]any
	}
	Response struct {
		Status  int
		Headers map[string]any
		JSON    any
	}
	Received []struct {
		Method, Path string
		JSON         any
	}
}

func (e exchange) String() string { return e.version + " " + e.group + ": " + e.Name }

// body is the recorded answer with an example in place of each part that changes.
func (e exchange) body(t *testing.T) string {
	if e.Response.JSON == nil {
		return ""
	}
	return render(t, e.Response.JSON)
}

func recorded(t *testing.T) []exchange {
	t.Helper()
	var all []exchange
	for version, folder := range map[string]string{
		// The sandbox replays these, the older ones are read here alone.
		"2.4.1": "../sandbox/testdata/recordings", "2.3.9": "testdata/recordings/2.3.9",
		"2.0.8": "testdata/recordings/2.0.8", "1.13.5": "testdata/recordings/1.13.5",
	} {
		files, err := filepath.Glob(filepath.Join(folder, "6*.json"))
		if err != nil || len(files) < 8 {
			t.Fatalf("%d recordings of %s: %v", len(files), version, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var group struct{ Steps []exchange }
			decoder := json.NewDecoder(bytes.NewReader(data))
			decoder.UseNumber()
			if err := decoder.Decode(&group); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, step := range group.Steps {
				step.version, step.group = version, strings.TrimSuffix(filepath.Base(file), ".json")
				all = append(all, step)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b exchange) int { return cmp.Compare(a.version+a.group, b.version+b.group) })
	return all
}

var variable = regexp.MustCompile(`\{\{([^}|]+)[^}]*\}\}`)

// render writes what a server sent: an example for what changes, a word for what was
// captured, and each number with its digits.
func render(t *testing.T, value any) string {
	t.Helper()
	var b strings.Builder
	switch value := value.(type) {
	case map[string]any:
		if number, ok := value["$number"]; ok {
			return number.(string)
		}
		if _, ok := value["$any"]; ok {
			return render(t, example(value))
		}
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%s:%s", render(t, name), render(t, value[name]))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(render(t, item))
		}
		b.WriteByte(']')
	case string:
		out, err := json.Marshal(variable.ReplaceAllStringFunc(value, func(name string) string {
			return regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(name, "")
		}))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(out)
	default:
		out, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(out)
	}
	return b.String()
}

func example(changing map[string]any) any {
	if value, ok := changing["example"]; ok {
		return value
	}
	switch changing["$any"] {
	case "array":
		if items, ok := changing["items"]; ok {
			return items
		}
		return []any{}
	case "string":
		if template, ok := changing["template"].(string); ok {
			return strings.ReplaceAll(template, "{*}", "x")
		}
		return "text"
	}
	return nil
}

// replay is a server that gives this answer to everything, and a client for it.
func replay(t *testing.T, status int, body string, credential client.Credential) *bitpay.Client {
	t.Helper()
	return newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}), credential)
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(t *testing.T, server string, credential client.Credential, options ...client.Option) *bitpay.Client {
	t.Helper()
	c, err := bitpay.New(server, credential, append([]client.Option{client.WithRetries(0)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestRecordedInvoices(t *testing.T) {
	counts := map[string]int{}
	for _, e := range recorded(t) {
		answer, _ := e.Response.JSON.(map[string]any)
		if e.Response.Status != 200 || !strings.HasPrefix(e.Request.Path, "/invoices") {
			continue
		}
		if list, ok := answer["data"].(map[string]any); ok && list["$any"] != nil {
			continue // an unordered list, of which only the form is known
		}
		t.Run(e.String(), func(t *testing.T) {
			body := e.body(t)
			var sent struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(body), &sent); err != nil {
				t.Fatal(err)
			}
			c := replay(t, 200, body, bitpay.Generate())
			var got any
			var err error
			if sent.Data[0] == '[' {
				got, err = c.Invoices.List(t.Context(), bitpay.ListOptions{})
			} else {
				var known struct{ ID string }
				if err := json.Unmarshal(sent.Data, &known); err != nil {
					t.Fatal(err)
				}
				got, err = c.Invoices.Get(t.Context(), known.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			for _, difference := range lost("", parse(t, sent.Data), parse(t, written)) {
				t.Error(difference)
			}
			counts[e.version]++
		})
	}
	for _, version := range []string{"2.4.1", "2.3.9", "2.0.8", "1.13.5"} {
		if counts[version] < 15 {
			t.Errorf("%d answers of %s were read", counts[version], version)
		}
	}
	t.Log(counts)
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// lost tells what a decoded and encoded value lacks of the one that a server sent: each
// member has to be there with its value, where null may have become a zero value and
// a number a text of the same digits.
func lost(path string, sent, got any) []string {
	switch sent := sent.(type) {
	case nil:
		if text, err := json.Marshal(got); err == nil && strings.Trim(string(text), `"`) != "" && !slices.Contains([]string{"null", `""`, `"0"`, "0", "false", "[]", "{}"}, string(text)) && !allEmpty(got) {
			return []string{fmt.Sprintf("%s: null became %s", path, text)}
		}
		return nil
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: an object became %v", path, got)}
		}
		var differences []string
		for name, value := range sent {
			if _, there := object[name]; !there {
				if value != nil {
					differences = append(differences, fmt.Sprintf("%s.%s is lost", path, name))
				}
				continue
			}
			differences = append(differences, lost(path+"."+name, value, object[name])...)
		}
		return differences
	case []any:
		list, ok := got.([]any)
		if !ok && len(sent) > 0 || len(list) != len(sent) {
			return []string{fmt.Sprintf("%s: %d items became %v", path, len(sent), got)}
		}
		var differences []string
		for i := range sent {
			differences = append(differences, lost(fmt.Sprintf("%s[%d]", path, i), sent[i], list[i])...)
		}
		return differences
	}
	if sameScalar(sent, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %v became %v", path, sent, got)}
}

func allEmpty(value any) bool {
	object, ok := value.(map[string]any)
	for _, member := range object {
		ok = ok && (member == "" || member == nil)
	}
	return ok
}

func sameScalar(sent, got any) bool {
	a, b := fmt.Sprint(sent), fmt.Sprint(got)
	if a == b {
		return true
	}
	if at, err := time.Parse("2006-01-02T15:04:05", a); err == nil {
		return b == at.Format(time.RFC3339Nano)
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// What each refusal means, by its status and a part of its text.
var meanings = []struct {
	status int
	text   string
	want   error
}{
	{401, "", bitpay.ErrUnauthenticated},
	{403, "", bitpay.ErrNotPaired},
	{400, "(ReusedKey)", bitpay.ErrReusedKey},
	{400, "(Expired)", bitpay.ErrPairingExpired},
	{404, "pairingCode is not found", bitpay.ErrCodeUnknown},
	{404, "Object not found", bitpay.ErrInvoiceNotFound},
	{404, "Store not found", bitpay.ErrStoreNotFound},
	{400, "No wallet has been linked", bitpay.ErrNoWallet},
	{400, "payment method", bitpay.ErrNoPaymentMethod},
	{400, "set too soon", bitpay.ErrExpiryTooSoon},
	{400, "default currency pairs", bitpay.ErrNoPairs},
	{400, "correctly formatted", bitpay.ErrPairFormat},
	{404, "", bitpay.ErrNoAPI},
}

// unnamed are refusals of requests that this package never makes.
var unnamed = []string{"'id' property is required", "The request body is missing", "Invalid invoice"}

func TestRecordedRefusals(t *testing.T) {
	seen := map[error]int{}
	for _, e := range recorded(t) {
		api := regexp.MustCompile(`(?i)^/(tokens|invoices|rates|api/rates)`).MatchString(e.Request.Path)
		if e.Response.Status < 400 || !api {
			continue
		}
		t.Run(e.String(), func(t *testing.T) {
			body := e.body(t)
			c := replay(t, e.Response.Status, body, bitpay.Generate())
			_, err := c.Invoices.Get(t.Context(), "anyId")
			answer, ok := errors.AsType[*client.Error](err)
			if !ok || answer.Status != e.Response.Status {
				t.Fatalf("got %v", err)
			}
			for _, m := range meanings {
				if m.status == e.Response.Status && strings.Contains(body, m.text) {
					if seen[m.want]++; !errors.Is(err, m.want) {
						t.Errorf("%s\nmeans %v, got %v", body, m.want, err)
					}
					return
				}
			}
			// 415 is an answer to another content type than ours, 500 says nothing.
			if e.Response.Status != 415 && e.Response.Status != 500 && !slices.ContainsFunc(unnamed, func(text string) bool { return strings.Contains(body, text) }) {
				t.Errorf("%d %s has no meaning: %v", e.Response.Status, body, err)
			}
		})
	}
	for _, m := range meanings {
		if seen[m.want] == 0 {
			t.Errorf("no recording shows %v", m.want)
		}
	}
}

func TestRecordedTokens(t *testing.T) {
	var paired, not, codes int
	for _, e := range recorded(t) {
		if e.Response.Status != 200 || e.Request.Path != "/tokens" || e.Request.Method == "OPTIONS" {
			continue
		}
		body := e.body(t)
		c := replay(t, 200, body, bitpay.Generate())
		if e.Request.Method == "GET" {
			tokens, err := c.Tokens(t.Context())
			if err != nil {
				t.Errorf("%v: %v", e, err)
				continue
			}
			if has := strings.Contains(body, "merchant"); has != (len(tokens) == 1) || has && (tokens[0].Facade != "merchant" || tokens[0].Value.IsZero()) {
				t.Errorf("%v: %s was read as %v", e, body, tokens)
			}
			if len(tokens) == 1 {
				paired++
			} else {
				not++
			}
			continue
		}
		pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{})
		if err != nil {
			t.Errorf("%v: %v", e, err)
			continue
		}
		if pairing.Facade != "merchant" || pairing.Token.IsZero() || pairing.Expires.Sub(pairing.Created).Round(time.Minute) > 15*time.Minute {
			t.Errorf("%v: %s was read as %+v", e, body, pairing)
		}
		codes++
	}
	if paired < 8 || not < 8 || codes < 20 {
		t.Errorf("%d and %d lists, %d codes", paired, not, codes)
	}
}

func TestRecordedRates(t *testing.T) {
	counts := map[string]int{}
	for _, e := range recorded(t) {
		path, _, _ := strings.Cut(e.Request.Path, "?")
		if e.Response.Status != 200 || e.group != "65-bitpay-rates" || !strings.Contains(path, "rates") || strings.Contains(path, "/stores/") {
			continue
		}
		body := e.body(t)
		c := replay(t, 200, body, bitpay.Generate())
		var rates []bitpay.Rate
		var err error
		switch parts := strings.Split(strings.Trim(path, "/"), "/"); {
		case parts[0] == "api":
			rates, err = c.Rates.Public(t.Context(), bitpay.RateOptions{StoreID: "store"})
		case len(parts) == 1:
			rates, err = c.Rates.List(t.Context(), bitpay.RateOptions{})
		case len(parts) == 2:
			rates, err = c.Rates.Base(t.Context(), parts[1], bitpay.RateOptions{})
		default:
			var rate bitpay.Rate
			if rate, err = c.Rates.Pair(t.Context(), parts[1], parts[2], bitpay.RateOptions{}); errors.Is(err, bitpay.ErrNoRate) && body == "[]" {
				err = nil
			} else {
				rates = []bitpay.Rate{rate}
			}
		}
		if err != nil {
			t.Errorf("%v: %s: %v", e, body, err)
			continue
		}
		if got := strings.Count(body, "currencyPair"); got != len(rates) {
			t.Errorf("%v: %d of %d rates", e, len(rates), got)
		}
		for _, rate := range rates {
			if rate.CurrencyPair != rate.CryptoCode+"_"+rate.Code || rate.Rate.Sign() <= 0 || rate.Name == "" {
				t.Errorf("%v: %s was read as %+v", e, body, rate)
			}
			counts[e.version]++
		}
	}
	for _, version := range []string{"2.4.1", "2.3.9", "2.0.8", "1.13.5"} {
		if counts[version] < 8 {
			t.Errorf("%d rates of %s", counts[version], version)
		}
	}
}

func TestRecordedNotifications(t *testing.T) {
	var plain, extended int
	for _, e := range recorded(t) {
		for i, delivery := range e.Received {
			body := render(t, delivery.JSON)
			n, err := bitpay.ParseNotification([]byte(body))
			if err != nil {
				t.Errorf("%v, delivery %d: %v", e, i, err)
				continue
			}
			sent := delivery.JSON.(map[string]any)
			data := []byte(body)
			if sent["event"] != nil {
				extended++
				if n.Event == nil || n.Event.Code < 1001 || !strings.HasPrefix(n.Event.Name, "invoice_") {
					t.Errorf("%v, delivery %d: the event is %+v", e, i, n.Event)
				}
				data = []byte(render(t, sent["data"]))
			} else if plain++; n.Event != nil {
				t.Errorf("%v, delivery %d: the event is %+v", e, i, n.Event)
			}
			written, err := json.Marshal(struct {
				bitpay.Invoice
				BuyerFields         map[string]string `json:"buyerFields"`
				TransactionCurrency string            `json:"transactionCurrency"`
				Warning             string            `json:"_warning"`
			}{n.Invoice, n.BuyerFields, n.TransactionCurrency, n.Warning})
			if err != nil {
				t.Fatal(err)
			}
			for _, difference := range lost("", parse(t, data), parse(t, written)) {
				t.Errorf("%v, delivery %d: %s", e, i, difference)
			}
		}
	}
	if plain < 8 || extended < 8 {
		t.Errorf("%d plain and %d extended notifications", plain, extended)
	}
}

// A request that was recorded can be read and is sent with the same members.
func TestRecordedRequests(t *testing.T) {
	var count int
	for _, e := range recorded(t) {
		if e.Request.Method != "POST" || !strings.HasPrefix(e.Request.Path, "/invoices") || len(e.Request.JSON) == 0 || e.Request.JSON[0] != '{' {
			continue
		}
		body := render(t, parse(t, e.Request.JSON))
		body = regexp.MustCompile(`"expirationTime":"[^"]*"`).ReplaceAllString(body, `"expirationTime":1795421440812`)
		var request bitpay.InvoiceRequest
		if err := json.Unmarshal([]byte(body), &request); (err != nil) != (e.Name == "a price that is no number") {
			t.Errorf("%v: %s: %v", e, body, err)
			continue
		} else if err != nil {
			continue
		}
		written, err := json.Marshal(request)
		if err != nil {
			t.Errorf("%v: %v", e, err)
			continue
		}
		folded := func(text []byte) any {
			value := parse(t, text).(map[string]any)
			for name, member := range value {
				for known := range map[string]bool{"price": true, "currency": true, "orderId": true} {
					if strings.EqualFold(name, known) && name != known {
						delete(value, name)
						value[known] = member
					}
				}
			}
			return value
		}
		for _, difference := range lost("", folded([]byte(body)), folded(written)) {
			// A member at its zero value is left out, which means the same.
			if !strings.HasSuffix(difference, "is lost") || !zeroMember(body, difference) {
				t.Errorf("%v: %s", e, difference)
			}
		}
		count++
	}
	if count < 100 {
		t.Errorf("%d requests were read", count)
	}
}

func zeroMember(body, difference string) bool {
	name := strings.TrimSuffix(strings.TrimPrefix(difference, "."), " is lost")
	return regexp.MustCompile(`"` + regexp.QuoteMeta(name) + `":(false|0|""|\[\]|\{\})`).MatchString(body)
}
