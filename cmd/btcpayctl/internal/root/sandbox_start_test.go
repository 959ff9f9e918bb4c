package root

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// startSandbox runs a sandbox by its command until the test ends, and returns what it printed on standard error and, as a
// record, on standard output.
func startSandbox(t *testing.T, env map[string]string, args ...string) (said string, record map[string]string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ready, ended := make(chan string, 1), make(chan *given, 1)
	var text strings.Builder
	g := &given{home: newHome(t), env: env, ctx: ctx, out: writer, say: func(part string) {
		if text.WriteString(part); strings.HasSuffix(text.String(), "Ctrl-C stops it.\n") {
			ready <- text.String()
		}
	}}
	line := make(chan string, 1)
	go func() {
		all := make([]byte, 64<<10)
		n, _ := reader.Read(all)
		line <- string(all[:n])
		io.Copy(io.Discard, reader)
	}()
	go func() {
		g.run(t, append([]string{"sandbox"}, args...)...)
		writer.Close()
		ended <- g
	}()
	t.Cleanup(func() {
		stop()
		if g := <-ended; g != nil && g.code != 0 {
			t.Errorf("exit %d %s", g.code, g.stderr)
		}
	})
	select {
	case said = <-ready:
	case g := <-ended:
		ended <- nil
		t.Fatalf("exit %d %s", g.code, g.stderr)
	}
	printed := <-line
	if json.Unmarshal([]byte(printed), &record) != nil {
		record = map[string]string{"": printed}
	}
	return said, record
}

func TestSandboxHost(t *testing.T) {
	_, record := startSandbox(t, nil, "--host", "0.0.0.0", "-o", "json")
	if !strings.HasPrefix(record["url"], "http://127.0.0.1:") || len(record["controlToken"]) < 16 {
		t.Errorf("%v", record)
	}
	c := &controlled{&sandbox.Server{URL: record["url"]}, t, newHome(t), map[string]string{"BTCPAYCTL_SERVER": record["url"]}}
	c.ok("sandbox mine")
	// By another name the commands need the token, and send it.
	name := strings.Replace(record["url"], "127.0.0.1", "127.0.0.1.nip.invalid", 1)
	c.fails("sandbox mine --server "+name, 2, "export BTCPAYCTL_SANDBOX_TOKEN=TOKEN")
	c.env["BTCPAYCTL_SANDBOX_TOKEN"] = record["controlToken"]
	c.fails("sandbox mine --server "+name, 7, "nip.invalid")
	c.env["BTCPAYCTL_SANDBOX_TOKEN"] = ""
	c.fails("sandbox mine", 2, "BTCPAYCTL_SANDBOX_TOKEN is set and empty")

	_, record = startSandbox(t, map[string]string{"BTCPAYCTL_SANDBOX_TOKEN": "a-token-of-the-test"}, "--host", "localhost", "-o", "json")
	if record["controlToken"] != "a-token-of-the-test" {
		t.Errorf("%v", record)
	}
	c.env = map[string]string{"BTCPAYCTL_SANDBOX_TOKEN": "short"}
	c.fails("sandbox", 2, "16 characters")
	c.env = nil
	c.fails("sandbox --host 192.0.2.77", 1, "--host")
	c.fails("sandbox --host http://127.0.0.1", 1, "--host")
}

// The lines that are printed work in another shell.
func TestSandboxLines(t *testing.T) {
	said, _ := startSandbox(t, nil, "--root-path", "/pay")
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  export (\w+)=(.+)$`).FindAllStringSubmatch(said, -1) {
		env[m[1]] = m[2]
	}
	c := &controlled{&sandbox.Server{}, t, newHome(t), env}
	id := c.ok("invoice create --amount 5 --currency USD -o name")
	c.ok("sandbox pay " + id)
	if status := c.ok("invoice get " + id + " --jq .status"); status != "processing" || len(env) != 3 {
		t.Errorf("%s, %v", status, env)
	}
}

// A sandbox with TLS works with the file that it prints, also for the commands that open its pages.
func TestSandboxTLS(t *testing.T) {
	said, _ := startSandbox(t, nil, "--tls")
	env := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  export (\w+)=(.+)$`).FindAllStringSubmatch(said, -1) {
		env[m[1]] = m[2]
	}
	file := env["BTCPAYCTL_CA_FILE"]
	if file == "" || !strings.Contains(said, "--ca-file "+file+"\n") {
		t.Fatal(said)
	}
	c := &controlled{&sandbox.Server{}, t, newHome(t), env}
	id := c.ok("invoice create --amount 5 --currency USD -o name")
	c.ok("sandbox pay " + id)
	c.ok("sandbox code")
	delete(env, "BTCPAYCTL_CA_FILE")
	c.fails("sandbox mine", 7, "certificate")
	c.ok("sandbox mine --ca-file " + file)
	c.ok("sandbox replay " + recordings + "2.4.1/10-health-info.json")
}

func TestSandboxSeed(t *testing.T) {
	(&controlled{nil, t, newHome(t), nil}).fails("sandbox --seed 0", 2, "--seed must be 1")
	keys := map[string]int{}
	for range 2 {
		t.Run("", func(t *testing.T) {
			_, record := startSandbox(t, nil, "--seed", "5", "-o", "json")
			keys[record["apiKey"]]++
		})
	}
	if len(keys) != 1 {
		t.Errorf("two starts have the keys %v", keys)
	}
}

func TestSandboxRecord(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "recordings")
	t.Run("", func(t *testing.T) {
		_, record := startSandbox(t, nil, "--record", folder, "-o", "json")
		env := map[string]string{"BTCPAYCTL_SERVER": record["url"], "BTCPAYCTL_STORE": record["storeId"], "BTCPAYCTL_API_KEY": record["apiKey"]}
		c := &controlled{&sandbox.Server{}, t, newHome(t), env}
		id := c.ok("invoice create --amount 5 --currency USD -o name")
		c.ok("sandbox pay " + id)
		c.ok("invoice get " + id)
	})
	c := &controlled{nil, t, newHome(t), nil}
	if list := c.records("sandbox replay " + folder); len(list) != 1 || list[0]["result"] != "alike" || list[0]["exchanges"].(float64) < 7 {
		t.Error(list)
	}
}
