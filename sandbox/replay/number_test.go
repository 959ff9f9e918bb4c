package replay

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestNumberInRequest sends a number with the text that the recording gives it.
func TestNumberInRequest(t *testing.T) {
	var came string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil && r.URL.Path == "/x" {
			came = string(body)
		}
	}))
	defer server.Close()
	r, err := parse([]byte(`{"group":"g","about":"","server":{"version":"1","network":"regtest","env":{}},"vars":{},"steps":[
		{"name":"a","request":{"method":"POST","path":"/x","json":{"n":{"$number":"1.50"},"list":[{"$number":"1e3"}],"text":"{{server}}"}},"response":{"status":200,"headers":{},"empty":true}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Play(t.Context(), server.URL, Options{})
	if err != nil || report.Alike != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if want := `{"n":1.50,"list":[1e3],"text":"` + server.URL + `"}`; came != want {
		t.Errorf("%s, not %s", came, want)
	}
}
