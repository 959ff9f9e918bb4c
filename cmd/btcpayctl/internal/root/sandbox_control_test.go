package root

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A controlled is a sandbox that commands control.
type controlled struct {
	*sandbox.Server
	t    *testing.T
	home string
	env  map[string]string
}

func newControlled(t *testing.T, options ...sandbox.Options) *controlled {
	s := sandbox.New(t, options...)
	env := map[string]string{"BTCPAYCTL_SERVER": s.URL, "BTCPAYCTL_NO_INPUT": "1"}
	if s.Seed.APIKey != "" {
		env["BTCPAYCTL_API_KEY"], env["BTCPAYCTL_STORE"] = s.Seed.APIKey, s.Seed.StoreID
	}
	return &controlled{s, t, newHome(t), env}
}

// run runs a line, which may have no spaces in its words.
func (c *controlled) run(line string) *given {
	c.t.Helper()
	return (&given{home: c.home, env: c.env}).run(c.t, strings.Fields(line)...)
}

func (c *controlled) ok(line string) string {
	c.t.Helper()
	g := c.run(line)
	if g.code != 0 {
		c.t.Fatalf("%s: exit %d\n%s%s", line, g.code, g.stdout, g.stderr)
	}
	return strings.TrimSpace(g.stdout)
}

// records runs a line, and returns the list that it prints.
func (c *controlled) records(line string) []map[string]any {
	c.t.Helper()
	var list []map[string]any
	if text := c.ok(line + " -o json"); json.Unmarshal([]byte(text), &list) != nil {
		c.t.Fatalf("%s: %s", line, text)
	}
	return list
}

func (c *controlled) fails(line string, code int, says string) {
	c.t.Helper()
	if g := c.run(line); g.code != code || !regexp.MustCompile(says).MatchString(g.stderr) || g.stdout != "" {
		c.t.Errorf("%s: exit %d instead of %d, or not %q\n%s%s", line, g.code, code, says, g.stdout, g.stderr)
	}
}

func (c *controlled) status(path string) int {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.URL+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestSandboxFault(t *testing.T) {
	c := newControlled(t, sandbox.Options{RootPath: "/pay"})
	const health = "/api/v1/health"
	if id := c.ok("sandbox fault add status 503 --path " + health + " -o name"); id != "1" {
		t.Errorf("the id is %q", id)
	}
	if at := []int{c.status("/api/v1/server/info"), c.status(health), c.status(health)}; at[0] != 401 || at[1] != 503 || at[2] != 200 {
		t.Error(at)
	}
	c.ok("sandbox fault add firewall --times 2 --method get")
	c.ok("sandbox fault add clock-skew --always -- -10m")
	list := c.records("sandbox fault list")
	if len(list) != 2 || list[0]["fault"] != "firewall" || list[0]["left"] != 2.0 || list[1]["fault"] != "clock-skew -10m" || list[1]["left"] != -1.0 {
		t.Fatal(list)
	}
	if table := c.ok("sandbox fault list"); !regexp.MustCompile(`(?m)^2 +firewall +GET +any +2 +0$`).MatchString(table) || !strings.Contains(table, "all") {
		t.Error(table)
	}
	c.fails("sandbox fault remove 1", 6, "there is no fault \"1\"")
	if gone := c.records("sandbox fault remove 3"); len(gone) != 1 || gone[0]["met"] != 0.0 {
		t.Error(gone)
	}
	c.fails("sandbox fault remove 3", 6, "sandbox fault list")
	if gone := c.records("sandbox fault remove --all"); len(gone) != 1 || c.status(health) != 200 {
		t.Error(gone)
	}
	if list := c.ok("sandbox fault list -o json"); list != "[]" {
		t.Error(list)
	}
	for line, says := range map[string]string{
		"add flood": "there is no kind", "add LOST": "there is no kind", "add latency": "needs a value", "add lost 5": "takes no value", "add latency soon": "must be a duration",
		"add lost --times 0": "--times", "add lost --times -3": "--times", "add lost --path api": "slash", "add lost --times 2 --always": "always", "remove": "--all", "remove 1 --all": "--all",
		"flood": "no command",
	} {
		c.fails("sandbox fault "+line, 2, says)
	}
	c.fails("sandbox fault add latency 1s --latency 1s", 3, "latency")
	if words, _ := completed(t, c.home, "sandbox", "fault", "add", "cl"); !strings.Contains(strings.Join(words, " "), "clock-skew") {
		t.Error(words)
	}
}

func TestSandboxReset(t *testing.T) {
	c := newControlled(t)
	id := c.ok("invoice create --amount 5 --currency USD -o name")
	c.ok("sandbox clock 10m")
	if name := c.ok("sandbox snapshot save unpaid -o name"); name != "unpaid" {
		t.Error(name)
	}
	if g := c.run("sandbox snapshot save a/b"); g.code != 3 || !strings.Contains(g.stderr, "letters, digits") {
		t.Errorf("exit %d %s", g.code, g.stderr)
	}
	c.ok("sandbox pay " + id)
	c.ok("sandbox mine")
	if status := c.ok("invoice get " + id + " --jq .status"); status != "settled" {
		t.Error(status)
	}
	c.ok("sandbox snapshot restore unpaid")
	if status := c.ok("invoice get " + id + " --jq .status"); status != "new" {
		t.Error(status)
	}
	if list := c.records("sandbox snapshot list"); len(list) != 1 || list[0]["name"] != "unpaid" {
		t.Error(list)
	}
	if key := c.ok("sandbox reset -o json --jq .apiKey"); key != c.Seed.APIKey {
		t.Error("the key is another one")
	}
	c.fails("invoice get "+id, 6, id)
	if url := c.ok("sandbox reset -o name"); url != c.URL {
		t.Error(url)
	}
	c.fails("sandbox snapshot restore Unpaid", 6, "sandbox snapshot list")
	c.ok("sandbox snapshot remove unpaid")
	c.fails("sandbox snapshot remove unpaid", 6, "no snapshot")
	c.fails("sandbox snapshot restore", 2, "argument is missing")
	c.fails("sandbox snapshot shoot", 2, "no command")
}

func TestSandboxPay(t *testing.T) {
	c := newControlled(t)
	create := func(what string) string { return c.ok("invoice create --currency USD -o name " + what) }
	of := func(id string) string { return c.ok("invoice get " + id + " -o template={{.status}}/{{.exception}}") }
	c.ok("sandbox fault add status 503 --path /i/{id} --always") // the pages are not used
	for flags, want := range map[string]string{
		"": "processing", "--share half": "new", "--share double": "processing", "--amount 0.0001 --confirmations 1": "settled", "--rbf": "processing",
	} {
		id := create("--amount 5")
		var paid map[string]string
		if text := c.ok("sandbox pay " + id + " " + flags + " -o json"); json.Unmarshal([]byte(text), &paid) != nil || len(paid["txid"]) != 64 || paid["invoice"] != id || paid["amount"] == "" {
			t.Errorf("%s: %s", flags, text)
		}
		if status := of(id); !strings.HasPrefix(status, want+"/") {
			t.Errorf("%s: %s", flags, status)
		}
	}
	anyAmount := create("--any-amount")
	c.fails("sandbox pay "+anyAmount, 3, "give an amount")
	c.ok("sandbox pay " + anyAmount + " --amount 0.001")
	late := create("--amount 5")
	c.ok("sandbox clock 16m")
	c.ok("sandbox pay " + late)
	if status := of(late); !strings.Contains(strings.ToLower(status), "late") {
		t.Error(status)
	}
	id := create("--amount 5")
	tx := c.ok("sandbox pay " + id + " --rbf --jq .txid")
	if name := c.ok("sandbox replace " + tx + " -o name"); name != tx {
		t.Error(name)
	}
	c.fails("sandbox replace "+tx, 3, "no transaction")
	c.fails("sandbox pay none", 3, "no invoice")
	c.fails("sandbox pay "+id+" --amount 1 --share half", 2, "exclude each other")
	c.fails("sandbox pay "+id+" --amount -1", 3, "amount: must be BTC")
	c.fails("sandbox pay "+id+" --share third", 2, "--share")
	c.fails("sandbox pay "+id+" --confirmations -1", 2, "--confirmations")
}

func TestSandboxRefuse(t *testing.T) {
	c := newControlled(t)
	delete(c.env, "BTCPAYCTL_API_KEY")
	c.ok("key generate --profile shop")
	c.fails("pair client --profile shop --wait 0 --yes", 8, "approve")
	var refused map[string]string
	if text := c.ok("sandbox approve --profile shop --refuse -o json"); json.Unmarshal([]byte(text), &refused) != nil || refused["code"] == "" || refused["storeId"] != "" {
		t.Error(text)
	}
	c.fails("sandbox approve --profile shop", 3, "not approved(.|\n)*Expired")
	c.fails("sandbox approve --refuse "+c.URL+"/api-access-request?pairingCode=none", 3, "no pairing code")
}
