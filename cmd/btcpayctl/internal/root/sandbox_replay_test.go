package root

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

const recordings = "../../../../sandbox/testdata/recordings/"

func TestSandboxReplay(t *testing.T) {
	c := &controlled{t: t, home: newHome(t), env: map[string]string{"BTCPAYCTL_NO_INPUT": "1", "BTCPAYCTL_SERVER": "https://btcpay.example.com"}} // which is not touched
	health, rooted := recordings+"2.4.1/10-health-info.json", recordings+"2.4.1/67-rootpath.json"
	folder := t.TempDir()
	for _, path := range []string{health, recordings + "2.0.8/62-pairing-server.json"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, strings.ReplaceAll(strings.TrimPrefix(path, recordings), "/", "-")), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := c.run("sandbox replay " + folder + " " + rooted)
	if g.code != 0 || !strings.Contains(g.stdout, "24 of 24") || strings.Count(g.stdout, " alike ") != 3 || !strings.Contains(g.stdout, "2.0.8") || !strings.Contains(g.stderr, "in 3 of 3 recordings") {
		t.Errorf("exit %d\n%s%s", g.code, g.stdout, g.stderr)
	}

	text, err := os.ReadFile(health)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(folder, "changed.json")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), `"status": 200`, `"status": 299`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	g = c.run("sandbox replay " + changed + " " + rooted)
	if g.code != 10 || !strings.Contains(g.stdout, "different") || !strings.Contains(g.stderr, "wanted   299\n  got      200\n") || !strings.Contains(g.stderr, "Next: btcpayctl sandbox replay "+changed+" -o json") {
		t.Errorf("exit %d\n%s%s", g.code, g.stdout, g.stderr)
	}
	g = c.run("sandbox replay " + changed + " -o json")
	if g.code != 10 || !strings.Contains(g.stdout, `"wanted": "299"`) || strings.Contains(g.stderr, "wanted") || !strings.Contains(g.stderr, `"code":"different","exit":10`) {
		t.Errorf("exit %d\n%s%s", g.code, g.stdout, g.stderr)
	}

	for line, says := range map[string]string{
		folder + "/none.json": "cannot be read", t.TempDir(): "no .*json", "../root.go": "cannot be read", "docs_test.go": "cannot be played",
		health + " --server http://btcpay.example.com": "--yes", health + " " + rooted + " --server https://btcpay.example.com --yes": "one recording at a time",
		health + " --ca-file docs_test.go --server https://127.0.0.1:1": "no certificate", health + " --server ftp://127.0.0.1": "http",
	} {
		c.fails("sandbox replay "+line, 2, says)
	}
	c.fails("sandbox replay "+health+" --server http://127.0.0.1:1", 7, "127.0.0.1:1")
}

// A sandbox plays one recording after the other, and is afterwards as it was.
func TestSandboxReplayServer(t *testing.T) {
	c := newControlled(t, sandbox.Options{Empty: true})
	health, pairing, rooted := recordings+"2.4.1/10-health-info.json", recordings+"2.4.1/61-pairing-client.json", recordings+"2.4.1/67-rootpath.json"
	send := func(body string) int {
		r, err := http.NewRequestWithContext(t.Context(), "POST", c.URL+"/api/v1/users", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if status := send(`{"email":"own@example.com","password":"a password","isAdministrator":true}`); status != 201 {
		t.Fatal(status)
	}
	list := c.records("sandbox replay " + health + " " + pairing + " " + rooted + " --server " + c.URL)
	if len(list) != 3 || list[0]["result"] != "alike" || list[1]["result"] != "alike" || list[2]["result"] != "not played" {
		t.Error(list)
	}
	if status := send(`{"email":"own@example.com","password":"a password","isAdministrator":true}`); status != 401 {
		t.Errorf("the sandbox forgot its user: %d", status)
	}
	if list := c.records("sandbox snapshot list"); len(list) != 0 {
		t.Error(list)
	}
	c.fails("sandbox replay "+rooted+" --server "+c.URL, 2, "root path")

	seeded := newControlled(t)
	seeded.fails("sandbox replay "+health+" --server "+seeded.URL, 2, "--empty")

	// Another server on this machine has no control.
	s := sandbox.New(t, sandbox.Options{Empty: true})
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_sandbox") {
			http.NotFound(w, r)
			return
		}
		s.ServeHTTP(w, r)
	}))
	defer other.Close()
	if list := c.records("sandbox replay " + health + " --server " + other.URL); list[0]["result"] != "alike" {
		t.Error(list)
	}
	c.fails("sandbox replay "+health+" "+pairing+" --server "+other.URL, 2, "one recording at a time")
	// Users of before are not there in the recording.
	g := c.run("sandbox replay " + pairing + " --server " + other.URL)
	if g.code != 10 {
		t.Errorf("exit %d\n%s%s", g.code, g.stdout, g.stderr)
	}
}
