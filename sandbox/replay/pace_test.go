package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestPace has a server whose clock is moved before it makes what the recorded one made later.
func TestPace(t *testing.T) {
	var ahead time.Duration
	var moved []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/_sandbox/clock" {
			var ask struct{ Advance string }
			err := json.NewDecoder(r.Body).Decode(&ask)
			d, badDuration := time.ParseDuration(ask.Advance)
			if err != nil || badDuration != nil {
				t.Error(err, badDuration)
			}
			ahead += d
			if d != 0 {
				moved = append(moved, d.Round(time.Second).String())
			}
			fmt.Fprint(w, `{}`)
			return
		}
		fmt.Fprintf(w, `[{"created":%d}]`, time.Now().Add(ahead).Unix())
	}))
	defer server.Close()
	recorded := func(name, like string, examples ...int64) string {
		items := ""
		for _, example := range examples {
			if items != "" {
				items += ","
			}
			items += fmt.Sprintf(`{"created":{"$any":"number","like":%q,"example":%d}}`, like, example)
		}
		return fmt.Sprintf(`{"name":%q,"request":{"method":"GET","path":"/"},"response":{"status":200,"headers":{},"json":[%s]}}`, name, items)
	}
	const seconds = "unix-seconds"
	text := `{"group":"pace","about":"","server":{"version":"2.4.1","network":"regtest","env":{}},"steps":[` +
		recorded("the first one", seconds, 1700000000) + "," +
		recorded("the same again", seconds, 1700000000) + "," +
		recorded("five seconds later", seconds, 1700000005) + "," +
		recorded("an older one", seconds, 1700000003) + "," +
		recorded("in milliseconds", "unix-ms", 1700000007000) + "," +
		recorded("long after, which is no pace", seconds, 1700009999) + "]}"
	path := filepath.Join(t.TempDir(), "pace.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Play(t.Context(), server.URL, Options{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(moved, []string{"5s", "2s"}) {
		t.Errorf("the clock was moved by %v", moved)
	}
}
