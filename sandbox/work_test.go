package sandbox

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// A hostile request must cost no more than its length deserves. How long an answer takes tells little of that on a busy
// machine, so two things are counted instead: what a request allocates, against what one of eight times its length does;
// and, where nothing is allocated, whether work ends that would take hours by the square.

// allocated is how many bytes a piece of work allocates.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// finishes runs work that takes a moment if its steps grow with its input, and hours if they grow with the square.
func finishes(t *testing.T, work func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("there is no end to it")
	}
}

// request is one for a sandbox without a listener, by a client that is paired, has a key and is logged in.
type request struct {
	method, target, body string
	headers              []string
	prepare              func(s *Sandbox, st *world.Store) // before the request
}

func (q request) send(t *testing.T) (status int, cost uint64) {
	t.Helper()
	s, err := NewHandler(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	key := newKey(t)
	s.world.Lock()
	u := s.state.FindUser(s.seed.Email)
	s.state.AddToken(&world.Token{ID: "t", Value: "v", SIN: bitid.SIN(key.PubKey().SerializeCompressed()), StoreID: s.seed.StoreID})
	s.state.Sessions["session"] = &world.Session{ID: "session", UserID: u.ID, Created: s.world.Now()}
	if q.prepare != nil {
		q.prepare(s, s.state.Stores[s.seed.StoreID])
	}
	s.world.Unlock()
	path := strings.ReplaceAll(q.target, "{store}", s.seed.StoreID)
	body := strings.ReplaceAll(q.body, "{csrf}", url.QueryEscape(serve.FormToken(s.state, "x", u)))
	r := httptest.NewRequest(q.method, path, strings.NewReader(body))
	headers := append([]string{"Content-Type", "application/json", "Cookie", serve.SessionCookie + "=session; " + serve.AntiforgeryCookie + "=x"}, q.headers...)
	if strings.HasPrefix(path, "/api/v1/") {
		headers = append([]string{"Authorization", "token " + s.seed.APIKey}, headers...)
	} else if q.headers == nil {
		headers = append(headers, sign(key, "http://example.com"+path, body)...)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	cost = allocated(func() { s.ServeHTTP(answer, r) })
	return answer.Code, cost
}

func newBitpay(body string) request { return request{method: "POST", target: "/invoices", body: body} }
func newStore(body string) request {
	return request{method: "POST", target: "/api/v1/stores", body: body}
}
func newCharge(body string) request {
	return request{method: "POST", target: "/api/v1/stores/{store}/invoices", body: body}
}
func read(target string, headers ...string) request {
	return request{method: "GET", target: target, headers: headers}
}

func form(target string, fields string) request {
	return request{method: "POST", target: target, body: serve.AntiforgeryField + "={csrf}&" + fields, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}}
}

// numbered repeats a text that has the number of its turn in it.
func numbered(n int, format, separator string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(separator)
		}
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestWorkGrowsWithTheRequest has requests of one length and of eight times that.
func TestWorkGrowsWithTheRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it sends each of sixty requests three times")
	}
	repeat := strings.Repeat
	for name, sized := range map[string]func(n int) request{
		"members":               func(n int) request { return newBitpay(`{` + numbered(n, `"m%d":1`, ",") + `,"price":0}`) },
		"one member often":      func(n int) request { return newBitpay(`{` + repeat(`"k":1,`, n) + `"price":0}`) },
		"a buyer of members":    func(n int) request { return newBitpay(`{"price":0,"buyer":` + manyMembers(n) + `}`) },
		"escapes":               func(n int) request { return newBitpay(`{"price":0,"itemDesc":"` + repeat(`\u0041\"`, n) + `"}`) },
		"digits":                func(n int) request { return newBitpay(`{"price":0.` + repeat("1", n) + `}`) },
		"digits of an exponent": func(n int) request { return newBitpay(`{"price":1e` + repeat("0", n) + `1}`) },
		"digits in text":        func(n int) request { return newBitpay(`{"price":"` + repeat("1,", n) + `"}`) },
		"a name in any case":    func(n int) request { return newBitpay(`{"` + repeat("Ä", n) + `":1,"price":0}`) },
		"brackets":              func(n int) request { return newBitpay(`{"price":0,"x":` + repeat("[", n) + repeat("]", n) + `}`) },
		"currencies to pay with": func(n int) request {
			return newBitpay(`{"price":0,"supportedTransactionCurrencies":{` + numbered(n, `"c%d":{"enabled":true}`, ",") + `}}`)
		},
		"methods to pay with": func(n int) request {
			return newBitpay(`{"price":0,"paymentCurrencies":[` + numbered(n, `"c%d"`, ",") + `]}`)
		},
		"a long currency": func(n int) request { return newBitpay(`{"price":1,"currency":"` + repeat("A", n) + `"}`) },
		"posData of members": func(n int) request {
			return newBitpay(`{"price":0,"posData":` + fmt.Sprintf("%q", manyMembers(n)) + `}`)
		},
		"posData of one member": func(n int) request {
			return newBitpay(`{"price":0,"posData":"{` + repeat(`\"k\":1,`, n) + `\"k\":1}"}`)
		},
		"posData nested deep": func(n int) request {
			return newBitpay(`{"price":0,"posData":"` + repeat(`{\"a\":`, n) + "1" + repeat("}", n) + `"}`)
		},
		"posData of numbers": func(n int) request {
			return newBitpay(`{"price":0,"posData":"{\"a\":[` + repeat("1.50e3,", n) + `1]}"}`)
		},
		"an order id, often": func(n int) request {
			return newBitpay(`{"price":0,"fullNotifications":true,"orderId":"` + repeat("o", n) + `","notificationURL":"http://127.0.0.1:1/` + repeat("{OrderId}", n) + `"}`)
		},
		"an id of a client": func(n int) request {
			return request{method: "POST", target: "/tokens", body: `{"id":"` + repeat("T", 20*n) + `"}`}
		},
		"an id that claims": func(n int) request {
			return request{method: "POST", target: "/tokens", body: `{"pairingCode":"x","id":"` + repeat("T", 20*n) + `"}`, headers: []string{"Accept", "*/*"}}
		},
		"pairs of currencies":        func(n int) request { return read("/rates?currencyPairs=" + numbered(n, "A%06d_B", ",")) },
		"a pair without a separator": func(n int) request { return read("/rates?currencyPairs=" + repeat("A", n)) },
		"pairs, and rules for them": func(n int) request {
			q := read("/rates?currencyPairs=" + numbered(n, "A%06d_B", ","))
			q.prepare = func(_ *Sandbox, st *world.Store) {
				st.Rates = world.RateConfiguration{Custom: true, Script: numbered(n/2, "A%06d_B = 1", ";")}
			}
			return q
		},
		"rules for rules": func(n int) request {
			q := read("/rates?currencyPairs=" + numbered(n, "A%06d_B", ","))
			q.prepare = func(_ *Sandbox, st *world.Store) {
				st.Rates = world.RateConfiguration{Custom: true, Script: "X_B = C_D" + repeat(" + C_D", n/10) + "; C_D = 1" + repeat("+1", n/10)}
			}
			return q
		},
		"a filter of parameters": func(n int) request { return read("/invoices?" + numbered(n, "orderId=%d&status=new", "&")) },
		"a list of order ids": func(n int) request {
			q := read("/api/v1/stores/{store}/invoices?" + numbered(n, "orderId=%d&status=New", "&"))
			q.prepare = func(s *Sandbox, st *world.Store) {
				for i := range n {
					s.state.AddInvoice(&world.Invoice{ID: fmt.Sprint("i", i), StoreID: st.ID, Status: world.StatusSettled})
				}
			}
			return q
		},
		"a storeId behind parameters": func(n int) request {
			q := read("/api/v1/stores?" + numbered(n, "p%%41%d=1", "&"))
			q.prepare = func(s *Sandbox, st *world.Store) {
				for i := range n / 20 {
					other := *st
					other.ID = fmt.Sprint("s", i)
					s.state.Stores[other.ID] = &other
				}
			}
			return q
		},
		"text where a number is wanted": func(n int) request { return read("/api/v1/stores/{store}/invoices?take=" + repeat("9", n)) },
		"a date of digits":              func(n int) request { return read("/invoices?dateStart=" + repeat("9", n)) },
		"cookies":                       func(n int) request { return read("/login", "Cookie", numbered(n, "c%d=1", "; ")) },
		"one cookie":                    func(n int) request { return read("/login", "Cookie", serve.SessionCookie+"="+repeat("x", n)) },
		"colons of Basic":               func(n int) request { return read("/api/v1/users/me", "Authorization", "Basic "+repeat("Ojo6", n)) },
		"a key of Basic":                func(n int) request { return read("/invoices", "Authorization", "Basic "+repeat("QUFB", n)) },
		"a signature": func(n int) request {
			return read("/invoices", "X-Identity", repeat("02", 33), "X-Signature", "30ff"+repeat("00", n))
		},
		"proxies": func(n int) request {
			return read("/login", "X-Forwarded-For", repeat("1.2.3.4, ", n), "X-Forwarded-Prefix", "/"+repeat("a/", n))
		},
		"slashes":                    func(n int) request { return read("/" + repeat("a/", n)) },
		"slashes with escapes":       func(n int) request { return read("/i/" + repeat("%2F%41", n)) },
		"a way back from the log-in": func(n int) request { return read("/login?ReturnUrl=" + repeat("%2F%3F", n)) },
		"fields of the log-in":       func(n int) request { return form("/login", numbered(n, "f%d=1", "&")) },
		"one field of the log-in":    func(n int) request { return form("/login", repeat("Email=a&", n)) },
		"an e-mail of the log-in":    func(n int) request { return form("/login", "Email="+repeat("%3C", n)+"&Password="+repeat("p", n)) },
		"a key to pair with":         func(n int) request { return form("/stores/{store}/tokens/create", "PublicKey="+repeat("02", n)) },
		"a redirect": func(n int) request {
			return form("/api-keys/authorize", "command=x&RedirectUrl=app%3A"+repeat("%25c3%25a9%2E.%2F", n))
		},
		"permissions of a consent": func(n int) request {
			return read("/api-keys/authorize?strict=false&" + numbered(n, "permissions="+world.ViewInvoices+":%d", "&"))
		},
		"rows of a consent": func(n int) request {
			return form("/api-keys/authorize", "command=x&Strict=True&SelectiveStores=True&StoreId=x&Permissions="+numbered(n, world.ViewInvoices+":%d", "%3B")+"&"+
				numbered(n/8, "PermissionValues[%[1]d].Permission="+world.ViewInvoices+"&PermissionValues[%[1]d].StoreMode=Specific", "&"))
		},
		"tracked rates that are none": func(n int) request {
			return newStore(`{"name":"s","additionalTrackedRates":[` + repeat("{},", n) + `{}]}`)
		},
		"tracked rates": func(n int) request {
			return newStore(`{"name":"s","additionalTrackedRates":[` + repeat(`"X",`, n) + `"X"]}`)
		},
		"criteria": func(n int) request {
			return newStore(`{"name":"s","paymentMethodCriteria":[` + repeat(`{"amount":"-1x"},`, n) + `{}]}`)
		},
		"a long name":           func(n int) request { return newStore(`{"name":"` + repeat("n", n) + `"}`) },
		"controls":              func(n int) request { return newStore(`{"name":"s","website":"` + repeat("\n", n) + `"}`) },
		"names nested":          func(n int) request { return newStore(repeat(`{"`+repeat("n", n/30)+`":`, 30) + "x") },
		"blanks before the end": func(n int) request { return newStore(`{"name":` + repeat("\n ", n)) },
		"unknown methods": func(n int) request {
			return newCharge(`{"amount":"1","checkout":{"paymentMethods":[` + repeat(`"X",`, n) + `"X"]}}`)
		},
		"metadata": func(n int) request { return newCharge(`{"amount":"0","metadata":` + manyMembers(n) + `}`) },
		"metadata with posData": func(n int) request {
			return newCharge(`{"amount":"0","metadata":{"taxIncluded":"` + repeat("1,", n) + `","posData":` + manyMembers(n) + `}}`)
		},
		"terms to search by": func(n int) request {
			return newCharge(`{"amount":"0","additionalSearchTerms":[` + numbered(n, `"t%d"`, ",") + `]}`)
		},
		"a span": func(n int) request {
			return newCharge(`{"amount":"0","checkout":{"expirationMinutes":"` + repeat("1:", n) + `"}}`)
		},
		"an address to go back to": func(n int) request {
			return newCharge(`{"amount":"0","checkout":{"redirectURL":"http://` + repeat("[%5B", n) + `"}}`)
		},
		"permissions of a key": func(n int) request {
			return request{method: "POST", target: "/api/v1/api-keys", body: `{"permissions":[` + numbered(n, `"btcpay.store.canfly:%d"`, ",") + `]}`}
		},
		"an account key": func(n int) request {
			return request{method: "PUT", target: "/api/v1/stores/{store}/payment-methods/BTC-CHAIN", body: `{"config":"` + repeat("t", 20*n) + `"}`}
		},
		"a rate script": func(n int) request {
			return request{method: "PUT", target: "/api/v1/stores/{store}/rates/configuration", body: `{"isCustomScript":true,"effectiveScript":"` + repeat("A_B=-(1);", n) + `"}`}
		},
		"a payment request": func(n int) request {
			return request{method: "POST", target: "/api/v1/stores/{store}/payment-requests", body: `{"amount":"` + repeat("1", n) + `","title":"` + repeat("t", 20*n) + `"}`}
		},
		"items of a template": func(n int) request {
			return request{method: "POST", target: "/api/v1/stores/{store}/apps/pos", body: `{"appName":"x","template":"[` + numbered(n, `{\"id\":\"%[1]d\",\"more\":1,\"m%[1]d\":2}`, ",") + `]"}`}
		},
		"HTML of an app": func(n int) request {
			return request{method: "POST", target: "/api/v1/stores/{store}/apps/pos", body: `{"appName":"x","htmlMetaTags":"` + repeat("<p><meta name=x><b>", n) + `"}`}
		},
		"sounds": func(n int) request {
			return request{method: "POST", target: "/api/v1/stores/{store}/apps/crowdfund", body: `{"appName":"x","sounds":[` + repeat(`"s",`, n) + `"s"]}`}
		},
		"features": func(n int) request {
			return request{method: "POST", target: "/api/v1/stores/{store}/offerings", body: `{"appName":"x","features":[` + numbered(n, `{"id":"f%d"}`, ",") + `]}`}
		},
		"a selector": func(n int) request {
			return read("/api/v1/stores/{store}/offerings/x/subscribers/" + repeat(":a", n))
		},
		"parts of an upload": func(n int) request {
			return request{method: "POST", target: "/api/v1/stores/{store}/logo", body: repeat("--b\r\nX: y\r\n\r\n\r\n", n) + "--b--", headers: []string{"Content-Type", "multipart/form-data; boundary=b"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			const n, times = 750, 8
			sized(times * n).send(t) // reads templates, and fills pools of buffers
			status, few := sized(n).send(t)
			statusMany, many := sized(times * n).send(t)
			t.Logf("%d: %d bytes, %d: %d bytes", status, few, statusMany, many)
			if many > 20*few { // the square is 64 times as much
				t.Errorf("%d bytes are allocated for one length (%d), and %d for %d times that (%d)", few, status, many, times, statusMany)
			}
		})
	}
}

// TestWorkEnds has what allocates nothing while it compares, hashes or counts.
func TestWorkEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: its inputs are long, so that a square of them would take hours")
	}
	t.Run("a pair without a separator", func(t *testing.T) {
		finishes(t, func() {
			if _, ok := money.ParsePair(strings.Repeat("A", 16<<20)); ok {
				t.Error("it is taken for a pair")
			}
		})
	})
	t.Run("many faults in a long line", func(t *testing.T) {
		f := &aspnet.Faults{Body: []byte(strings.Repeat("n", 32<<20))}
		finishes(t, func() {
			for i := range 60_000 {
				if got, want := f.Place("", len(f.Body)-i), fmt.Sprintf("Path '', line 1, position %d.", len(f.Body)-i); got != want {
					t.Errorf("%s, want %s", got, want)
					return
				}
			}
		})
	})
}
