package vault

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// What the first version writes, and later ones read.
func TestGoldenContent(t *testing.T) {
	const content = `{"btcpayctl":"1","name":"` + name + `","secret":"dGhlIHNlY3JldA=="}`
	d, server := startDouble(t)
	var sent atomic.Value
	d.set(func() {
		d.meddle = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				body, _ := io.ReadAll(r.Body)
				sent.Store(string(body))
				io.WriteString(w, `{"data":{"version":1}}`)
				return true
			}
			io.WriteString(w, `{"data":{"data":`+content+`,"metadata":{"version":1}}}`)
			return true
		}
	})
	s := open(t, server.URL+"/secret/x", options())
	must(t, s.Put(t.Context(), name, []byte("the secret")))
	if got, want := sent.Load(), `{"data":`+content+`,"options":{"cas":1}}`; got != want {
		t.Errorf("%s is written, want %s", got, want)
	}
	if got, err := s.Get(t.Context(), name); err != nil || string(got) != "the secret" {
		t.Errorf("%q, %v", got, err)
	}
}
