package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// payoutStep is a neighbour of recordings 24 and 35: a request, what a server answers to it, and where that is seen.
type payoutStep struct {
	as     string // whose key; "" for none
	ask    string // method and path; {name} is a value of the steps before
	body   string
	status int
	want   string // the body if it begins with =, else a part of it
	keep   string // the name under which the id in the response is kept
	seen   string
}

// payoutSteps plays steps on one sandbox.
type payoutSteps struct {
	*testbed
	values map[string]string
	keys   map[string]string
}

// newPayoutSteps makes a sandbox with people and keys, which may emulate a release.
func newPayoutSteps(t *testing.T, version ...string) *payoutSteps {
	t.Helper()
	return newPayoutStepsWith(t, Options{Emulate: strings.Join(version, "")})
}

func newPayoutStepsWith(t *testing.T, o Options) *payoutSteps {
	t.Helper()
	s, err := NewHandler(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &payoutSteps{&testbed{t: t, s: s}, map[string]string{"store": s.Seed().StoreID, "now": fmt.Sprint(s.Now().Unix())}, map[string]string{"owner": s.Seed().APIKey}}
	wallet := s.state.Stores[s.Seed().StoreID].Wallet
	for i := range uint32(60) {
		if p.values[fmt.Sprint("a", i)], err = wallet.Address(1000 + i); err != nil {
			t.Fatal(err)
		}
	}
	hash, script := make([]byte, 20), make([]byte, 32)
	words := func(program []byte, version byte) []byte {
		converted, err := bech32.ConvertBits(program, 8, 5, true)
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte{version}, converted...)
	}
	p.values["taproot"], _ = bech32.EncodeM("bcrt", words(script, 1))
	p.values["badtaproot"], _ = bech32.Encode("bcrt", words(script, 1))
	p.values["p2wsh"], _ = bech32.Encode("bcrt", words(script, 0))
	p.values["mainnet"], _ = bech32.Encode("bc", words(hash, 0))
	p.values["p2pkh"], p.values["p2sh"], p.values["oldmainnet"] = base58.CheckEncode(hash, 0x6f), base58.CheckEncode(hash, 0xc4), base58.CheckEncode(hash, 0)
	p.values["capitals"] = strings.ToUpper(p.values["a59"])

	address, err := bech32.ConvertBits([]byte("https://shop.example/lnurl"), 8, 5, true)
	if err != nil {
		t.Fatal(err)
	}
	p.values["lnurl"], _ = bech32.Encode("lnurl", address)
	p.values["invoice"], p.values["mainnetinvoice"] = bolt11(t, "lnbcrt2500u", s.Now(), 40*24*time.Hour), bolt11(t, "lnbc2500u", s.Now(), 40*24*time.Hour)
	p.values["shortinvoice"], p.values["oldinvoice"] = bolt11(t, "lnbcrt10n", s.Now(), 60*time.Hour), bolt11(t, "lnbcrt", s.Now().Add(-2*time.Hour), time.Hour)

	must := func(body string, fields ...string) string {
		t.Helper()
		status, answer := p.send("owner", "POST", fields[0], body)
		if status/100 != 2 {
			t.Fatalf("%s %s: %d %s", fields[0], body, status, answer)
		}
		if len(fields) == 1 {
			return ""
		}
		return member(t, answer, fields[1])
	}
	for _, role := range []string{"Manager", "Employee", "Guest", "Administrator"} {
		name := strings.ToLower(role)
		id := must(fmt.Sprintf(`{"email":"%s@shop.example","password":"a word for you","isAdministrator":%v}`, name, role == "Administrator"), "/api/v1/users", "id")
		if role != "Administrator" {
			must(`{"id":"`+id+`","storeRole":"`+role+`"}`, "/api/v1/stores/{store}/users")
		}
		p.keys[name] = must(`{"permissions":["unrestricted"]}`, "/api/v1/users/"+id+"/api-keys", "apiKey")
	}
	for name, permission := range map[string]string{"low": "cancreatenonapprovedpullpayments", "creator": "cancreatepullpayments", "archiver": "canarchivepullpayments", "viewer": "canviewpayouts", "payer": "canmanagepayouts"} {
		p.keys[name] = must(`{"permissions":["btcpay.store.`+permission+`"]}`, "/api/v1/api-keys", "apiKey")
	}
	p.keys["none"] = must(`{"permissions":[]}`, "/api/v1/api-keys", "apiKey")
	p.values["bare"] = must(`{"name":"Bare"}`, "/api/v1/stores", "id")
	return p
}

var stepValue = regexp.MustCompile(`\{[a-zA-Z][a-zA-Z0-9]*\}`)

func (p *payoutSteps) fill(text string) string {
	return stepValue.ReplaceAllStringFunc(text, func(name string) string {
		if value, known := p.values[name[1:len(name)-1]]; known {
			return value
		}
		return name
	})
}

func (p *payoutSteps) send(as, method, path, body string) (int, string) {
	r := httptest.NewRequest(method, p.fill(path), strings.NewReader(p.fill(body)))
	r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1" // control answers nobody else
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key := p.keys[as]; key != "" {
		r.Header.Set("Authorization", "token "+key)
	}
	recorder := httptest.NewRecorder()
	p.s.ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.String()
}

// play plays steps, and compares.
func (p *payoutSteps) play(steps []payoutStep) {
	p.t.Helper()
	for i, step := range steps {
		method, path, _ := strings.Cut(step.ask, " ")
		status, answer := p.send(step.as, method, path, step.body)
		want := p.fill(step.want)
		exact, isExact := strings.CutPrefix(want, "=")
		if status != step.status || isExact && answer != exact || !isExact && !strings.Contains(answer, want) {
			p.t.Errorf("step %d: %s %s %s\n got %d %s\nwant %d %s (%s)", i+1, step.as, p.fill(step.ask), p.fill(step.body), status, answer, step.status, want, step.seen)
		}
		if step.keep != "" && status == step.status {
			p.values[step.keep] = member(p.t, answer, "id")
		}
		if status == 200 && answer != "" && !json.Valid([]byte(answer)) {
			p.t.Errorf("step %d: %s is not JSON", i+1, answer)
		}
	}
}

const (
	recorded24 = "recording 24-pull-payments-payouts"
	recorded35 = "recording 35-payout-processors"
	controller = "GreenfieldPullPaymentController"
	service    = "PullPaymentHostedService"
	formatter  = "recording 12-api-keys, and the library's source"
)

func missing(permission string) string {
	return `=` + `{"missingPermission":"btcpay.store.` + permission + `","code":"missing-permission","message":"Insufficient API Permissions. Please use an API key with permission \"btcpay.store.` + permission + `\". You can create an API key in your account's settings / Api Keys."}`
}

func oneFault(path, message string) string {
	text, _ := json.Marshal(message)
	return `=[{"path":"` + path + `","message":` + string(text) + `}]`
}

// unread is the response to a body that cannot be read.
func unread(path, message string) string {
	text, _ := json.Marshal(message)
	return `"message":` + string(text)
}

func apiError(code, message string) string {
	text, _ := json.Marshal(message)
	return `={"code":"` + code + `","message":` + string(text) + `}`
}

func stamp(at time.Time) string { return fmt.Sprint(at.Unix()) }

// bolt11 is an invoice of the Lightning network with a field for its expiry and one that nothing reads.
func bolt11(t *testing.T, prefix string, created time.Time, lasts time.Duration) string {
	t.Helper()
	number := func(n int64, words int) (big []byte) {
		for i := words - 1; i >= 0; i-- {
			big = append(big, byte(n>>(5*i))&31)
		}
		return big
	}
	words := number(created.Unix(), 7)
	words = append(append(words, 6, 0, 5), number(int64(lasts/time.Second), 5)...)
	words = append(append(words, 13, 0, 2), 3, 4)
	text, err := bech32.Encode(prefix, append(words, make([]byte, 104)...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
