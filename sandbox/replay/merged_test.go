package replay

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPlayMerged has what only recordings have that were merged of two unlike plays: a header and the type of a field of
// which a part changes, texts that change as a whole, and a request that could not be sent.
func TestPlayMerged(t *testing.T) {
	const text = `{"group":"merged","server":{"version":"2.0.8","env":{}},"steps":[
		{"name":"page","request":{"method":"GET","path":"/page","session":"x"},"response":{"status":200,
			"headers":{"cache-control":{"$any":"string","like":"template","template":"no-cache{*}"},"content-type":{"$any":"string","like":"template","template":"text/{*}"}},
			"page":{"title":"","alerts":[],"texts":{"$any":"array","example":["One","{{none}}"]},"forms":[
				{"action":"/page","method":"post","fields":[{"name":"StoreId","type":{"$any":"string","like":"alphanumeric:6"}}],"buttons":[{"text":"Go"}]}]}}},
		{"name":"button","request":{"method":"POST","path":"/page","session":"x","fromPage":{"button":"Stop"}},"error":"the last page has no form with a button Stop"},
		{"name":"sent","request":{"method":"POST","path":"/page","session":"x","fromPage":{"button":"Go"}},"response":{"status":204,"headers":{}}}]}`
	recording, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for kind, alike := range map[string]bool{"hidden": true, "text": false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			w.Header().Set("Cache-Control", "no-cache, no-store")
			w.Header().Set("Content-Type", "text/html")
			name := map[bool]string{true: "StoreId", false: "Other"}[alike]
			fmt.Fprintf(w, `<form action="/page" method="post"><input type=%q name=%q value="1"><button>Go</button></form>`, kind, name)
		}))
		report, err := recording.Play(t.Context(), server.URL, Options{})
		server.Close()
		if err != nil || report.Exchanges != 2 || (report.Alike == 2) != alike || report.Apart != 2 {
			t.Errorf("%s: %v %s %+v %+v", kind, err, report.Summary(), report.Mismatches, report.ApartSteps)
		}
	}
	if _, err := parse([]byte(strings.Replace(text, `,"error":"the last page has no form with a button Stop"`, "", 1))); err == nil {
		t.Error("a request without a response is loaded")
	}
}
