package sandbox_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"

	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// asking is a client whose requests are recorded.
type asking struct {
	t   *testing.T
	url string
	key *btcec.PrivateKey
}

// send sends a request with headers in pairs. The header X-Sign has it signed instead.
func (a *asking) send(want int, method, path, body string, headers ...string) string {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "X-Sign" {
			digest := sha256.Sum256([]byte(a.url + path + body))
			r.Header.Set("X-Identity", hex.EncodeToString(a.key.PubKey().SerializeCompressed()))
			r.Header.Set("X-Signature", hex.EncodeToString(ecdsa.Sign(a.key, digest[:]).Serialize()))
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text := readText(a.t, response)
	if response.StatusCode != want {
		a.t.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	return text
}

func readText(t *testing.T, response *http.Response) string {
	t.Helper()
	var b strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := response.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			return b.String()
		}
	}
}

func field(t *testing.T, text, name string) string {
	t.Helper()
	found := regexp.MustCompile(`"` + name + `":"([^"]+)"`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %s", name, text)
	}
	return found[1]
}

// What clients ask of a sandbox is a recording that another sandbox plays, and no secret of a client is in it.
func TestRecord(t *testing.T) {
	for name, o := range map[string]sandbox.Options{"": {}, "below a root path": {RootPath: "/pay"}, "repeatable": {Seed: 7}, "older": {Emulate: "2.3.9"}} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "recordings")
			o.RecordDir = folder
			s, err := sandbox.Start(t.Context(), "127.0.0.1:0", o)
			if err != nil {
				t.Fatal(err)
			}
			key, err := btcec.NewPrivateKey()
			if err != nil {
				t.Fatal(err)
			}
			a := &asking{t, s.URL, key}
			control := &asking{t, strings.TrimSuffix(s.URL, o.RootPath), key}
			token := []string{"Authorization", "token " + s.Seed.APIKey}
			store := "/api/v1/stores/" + s.Seed.StoreID
			a.send(200, "GET", "/api/v1/health", "")
			made := a.send(200, "POST", store+"/invoices", `{"amount":"5.50","currency":"USD","metadata":{"orderId":"A-1","note":"<ü>"}}`, token...)
			id := field(t, made, "id")
			a.send(200, "GET", store+"/invoices/"+id, "", token...)
			control.send(200, "POST", "/_sandbox/pay", `{"invoice":"`+id+`","share":"half"}`)
			control.send(200, "POST", "/_sandbox/pay", `{"invoice":"`+id+`"}`)
			control.send(200, "POST", "/_sandbox/mine", `{}`)
			a.send(200, "GET", store+"/invoices/"+id+"/payment-methods", "", token...)
			a.send(200, "GET", store+"/invoices", "", token...)
			late := field(t, a.send(200, "POST", store+"/invoices", `{"amount":"1","currency":"USD"}`, token...), "id")
			control.send(200, "POST", "/_sandbox/clock", `{"advance":"16m"}`)
			if got := a.send(200, "GET", store+"/invoices/"+late, "", token...); field(t, got, "status") != "Expired" {
				t.Error(got)
			}
			minted := field(t, a.send(200, "POST", "/api/v1/api-keys", `{"label":"till","permissions":["btcpay.store.canviewinvoices"]}`, token...), "apiKey")
			a.send(403, "POST", store+"/invoices", `{}`, "Authorization", "token "+minted)
			a.send(200, "DELETE", "/api/v1/api-keys/"+minted, "", token...)
			a.send(422, "POST", store+"/invoices", `{"amount":"-1","currency":"USD"}`, token...)
			a.send(200, "POST", store+"/webhooks", `{"url":"http://127.0.0.1:1/private-hook","secret":"a secret of the shop"}`, token...)
			a.send(404, "GET", "/nowhere", "", token...)

			sin := bitid.SIN(key.PubKey().SerializeCompressed())
			code := field(t, a.send(200, "POST", "/tokens", `{"id":"`+sin+`","label":"till"}`), "pairingCode")
			a.send(403, "GET", "/invoices", "", "X-Sign", "")
			control.send(200, "POST", "/_sandbox/approve", `{"code":"`+code+`"}`)
			bitpay := a.send(200, "POST", "/invoices", `{"price":20,"currency":"USD","orderId":"B-1"}`, "X-Sign", "")
			a.send(200, "GET", "/invoices?orderId=B-1", "", "X-Sign", "")
			a.send(302, "GET", "/invoices/"+field(t, bitpay, "id"), "", "X-Sign", "")
			a.send(200, "GET", "/tokens", "", "X-Sign", "")

			secrets := []string{s.Seed.Password, s.Seed.APIKey, s.Seed.StoreID, id, minted, sin, hex.EncodeToString(key.Serialize()), hex.EncodeToString(key.PubKey().SerializeCompressed()),
				"0123456789abcdef0123456789abcdef01234567", "hunter2hunter2", "127.0.0.1:1/"}
			a.send(401, "GET", store+"/invoices", "", "Authorization", "token "+secrets[8])
			basic, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			basic.SetBasicAuth("owner@shop.example", secrets[9])
			a.send(401, "GET", "/api/v1/users/me", "", "Authorization", basic.Header.Get("Authorization"))
			basic.SetBasicAuth(s.Seed.Email, s.Seed.Password)
			a.send(200, "GET", "/api/v1/users/me", "", "Authorization", basic.Header.Get("Authorization"))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}

			files, err := filepath.Glob(filepath.Join(folder, "*.json"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			text, err := os.ReadFile(files[0])
			if err != nil || !json.Valid(text) {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if strings.Contains(string(text), secret) {
					t.Errorf("%q is in the recording", secret)
				}
			}
			recording, err := replay.Load(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(recording.About, "left out") {
				t.Error(recording.About)
			}
			again := sandbox.New(t, sandbox.Options{Empty: true, RootPath: o.RootPath, Emulate: o.Emulate})
			report, err := recording.Play(t.Context(), again.URL, replay.Options{})
			if err != nil || report.Alike != report.Exchanges || report.Exchanges < 28 {
				t.Errorf("%v: %d of %d are alike; %s", err, report.Alike, report.Exchanges, recording.About)
				report.Print(t.Output())
			}
		})
	}
}
