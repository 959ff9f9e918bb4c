package replay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func signedBy(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// TestDeliveries sends what a server would to the receiver, and has it judged.
func TestDeliveries(t *testing.T) {
	const one, two = "{\n  \"n\": 1\n}", "{\n  \"n\": 2\n}"
	item := func(n int, secret string) string {
		return fmt.Sprintf(`{"method":"POST","path":"/hook","headers":{"Sig":{"$any":"value"}},"json":{"n":%d},"layout":"indented","signature":{"header":"Sig","valid":true%s}}`, n, secret)
	}
	known := `,"secret":"{{hookSecret}}"`
	ordered := "[" + item(1, known) + "," + item(2, "") + "]"
	open := `{"$any":"array","like":"unordered","items":[` + item(2, "") + "," + item(1, "") + "]}"
	tests := []struct {
		name, received string
		bodies         []string
		sigs           []string
		at             string
	}{
		{"as recorded", ordered, []string{one, two}, []string{signedBy("s1", one), signedBy("s2", two)}, ""},
		{"in another order", ordered, []string{two, one}, []string{signedBy("s1", two), signedBy("s2", one)}, "delivery.0.json.n delivery.1.json.n"},
		{"in another order, which does not matter", open, []string{one, two}, []string{signedBy("s1", one), signedBy("s2", two)}, ""},
		{"in another layout", ordered, []string{`{"n":1}`, two}, []string{signedBy("s1", `{"n":1}`), signedBy("s2", two)}, "delivery.0.layout"},
		{"by another known secret", ordered, []string{one, two}, []string{signedBy("s2", one), signedBy("s2", two)}, "delivery.0.signature"},
		{"by an unknown secret", ordered, []string{one, two}, []string{signedBy("s1", one), signedBy("s3", two)}, "delivery.1.signature"},
		{"in capitals", ordered, []string{one, two}, []string{strings.ToUpper(signedBy("s1", one)), signedBy("s2", two)}, "delivery.0.signature"},
		{"not signed", open, []string{one, two}, []string{"", signedBy("s2", two)}, "delivery.0.signature"},
		{"no JSON", ordered, []string{"n=1\n", two}, []string{signedBy("s1", "n=1\n"), signedBy("s2", two)}, "delivery.0.json"},
		{"one missing", ordered, []string{one}, []string{signedBy("s1", one)}, "delivery.1"},
		{"one missing of many in any order", open, []string{two}, []string{signedBy("s1", two)}, "delivery"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := newReceiver()
			if err != nil {
				t.Fatal(err)
			}
			defer r.close()
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			p := &player{vars: noVariables(), receiver: r, realTime: true}
			p.vars.values["hookSecret"] = "s1"
			p.noteSecrets(parsed(t, `{"hooks":[{"secret":"s1"},{"secret":"s2"},{"secret":null}]}`))
			r.answer("/hook", []int{500})
			for i, body := range test.bodies {
				request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+r.host+"/hook", strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Sig", test.sigs[i])
				response, err := transport.RoundTrip(request)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				if want := map[bool]int{true: 500, false: 200}[i == 0]; response.StatusCode != want {
					t.Errorf("the receiver answered %d, want %d", response.StatusCode, want)
				}
			}
			s := &step{Receive: &receive{Path: "/hook", Count: 2, Timeout: 1}, Received: []byte(test.received)}
			diffs, err := p.receiveStep(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			var at []string
			for _, d := range diffs {
				at = append(at, d.Where)
			}
			if got := strings.Join(at, " "); got != test.at {
				t.Errorf("differences at %q, want %q: %v", got, test.at, diffs)
			}
		})
	}
}
