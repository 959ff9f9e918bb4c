package root

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// An effectWorld is a sandbox and its owner at a browser. Each stage has a home of its
// own on it.
type effectWorld struct {
	*recordingServer
	owner *human.Human
}

func newEffectWorld(t *testing.T) *effectWorld {
	t.Helper()
	w := &effectWorld{recordingServer: newRecordingServer(t)}
	w.owner = human.New(w.URL)
	t.Cleanup(w.owner.Close)
	if err := w.owner.LogIn(t.Context(), w.Seed.Email, w.Seed.Password); err != nil {
		t.Fatal(err)
	}
	return w
}

// An effectStage is where one command is run once.
type effectStage struct {
	*effectWorld
	t     *testing.T
	home  string
	stdin string
	say   func(string) // is told what goes to standard error
	key   string       // what the stage was set up with: an API key
	id    string       // a SIN, an id, a name
	file  string
}

// patientEnv lets stores and servers take their time on a busy machine.
func patientEnv() map[string]string {
	return map[string]string{"BTCPAYCTL_NO_INPUT": "1", "BTCPAYCTL_KEYSTORE_TIMEOUT": "2m", "BTCPAYCTL_TIMEOUT": "2m"}
}

func (w *effectWorld) stage(t *testing.T) *effectStage {
	return &effectStage{effectWorld: w, t: t, home: newHome(t)}
}

func (s *effectStage) path(name string) string { return filepath.Join(s.home, name) }

// run runs a line of the set-up, or a question about what came of it.
func (s *effectStage) run(args ...string) *given {
	s.t.Helper()
	return (&given{home: s.home, stdin: s.stdin, env: patientEnv()}).run(s.t, args...)
}

func (s *effectStage) ok(args ...string) string {
	s.t.Helper()
	g := s.run(args...)
	if g.code != 0 {
		s.t.Fatalf("%q: exit %d\n%s", args, g.code, g.stderr)
	}
	return strings.TrimSpace(g.stdout)
}

// admin makes a profile with an unrestricted key.
func (s *effectStage) admin() {
	s.t.Helper()
	s.stdin = s.Seed.APIKey + "\n"
	s.ok("authorize", "--paste", "--profile", "admin", "--server", s.URL, "--permission", "unrestricted", "--yes", "--accept-broader")
	s.stdin = ""
}

// paired makes a profile whose key is paired.
func (s *effectStage) paired() {
	s.t.Helper()
	s.say = s.approving()
	g := &given{home: s.home, say: s.say, env: patientEnv()}
	if g.run(s.t, "pair", "client", "--profile", "shop", "--server", s.URL); g.code != 0 {
		s.t.Fatal(g.stderr)
	}
	s.say = nil
}

var approvePage = regexp.MustCompile(`http\S+api-access-request\S+`)

// approving approves what is asked for once it is said.
func (s *effectStage) approving() func(string) {
	done := false
	return func(text string) {
		page := approvePage.FindString(text)
		if page == "" || done {
			return
		}
		done = true
		if _, err := s.owner.Approve(s.t.Context(), page, s.Seed.StoreID); err != nil {
			s.t.Error(err)
		}
	}
}

// code makes a pairing code on the store's page.
func (s *effectStage) code() string {
	s.t.Helper()
	if _, err := s.owner.Open(s.t.Context(), "/stores/"+s.Seed.StoreID+"/tokens/create"); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.owner.Press(s.t.Context(), "Request Pairing", "Label", "by hand", "PublicKey", ""); err != nil {
		s.t.Fatal(err)
	}
	return s.owner.At().Query().Get("pairingCode")
}

// works asks the server whether a key is good.
func (w *effectWorld) works(t *testing.T, key string) bool {
	t.Helper()
	return w.status(t, key, "/api/v1/api-keys/current") == http.StatusOK
}

func (w *effectWorld) status(t *testing.T, key, path string) int {
	t.Helper()
	answer := w.get(t, key, path)
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

func (w *effectWorld) get(t *testing.T, key, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// orders are the ids of the store's invoices with an order id.
func (w *effectWorld) orders(t *testing.T, orderID string) (ids []string) {
	t.Helper()
	answer := w.get(t, w.Seed.APIKey, "/api/v1/stores/"+w.Seed.StoreID+"/invoices?orderId="+url.QueryEscape(orderID))
	defer answer.Body.Close()
	var invoices []struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&invoices); err != nil {
		t.Fatal(err)
	}
	for _, i := range invoices {
		ids = append(ids, i.ID)
	}
	return ids
}

// mintedKeys are the keys that the server made since it was asked last.
func (w *effectWorld) mintedKeys() (keys []string) {
	for _, r := range w.took() {
		var made struct {
			APIKey string `json:"apiKey"`
		}
		if r.method == http.MethodPost && strings.HasSuffix(r.path, "/api-keys") && json.Unmarshal([]byte(r.answer), &made) == nil && made.APIKey != "" {
			keys = append(keys, made.APIKey)
		}
	}
	return keys
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func idOfKey(t *testing.T, text string) string {
	t.Helper()
	key, err := greenfield.NewAPIKey(client.NewSecret(text))
	if err != nil {
		t.Fatal(err)
	}
	return app.KeyID(key)
}
