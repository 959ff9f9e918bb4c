package root

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestSandboxDocs runs the programs of other languages in docs/sandbox.md, and reads its files for containers and CI.
func TestSandboxDocs(t *testing.T) {
	var seen []string
	for _, b := range docBlocks(t) {
		if b.file != "docs/sandbox.md" || docLanguages[b.language] == "" || b.language == "go" {
			continue
		}
		seen = append(seen, b.language)
		t.Run(b.language+": "+b.name(), func(t *testing.T) {
			switch b.language {
			case "js":
				runOnSandbox(t, programs.Node, "sandbox.test.mjs", b.text, "--test")
			case "php":
				// An expired invoice that is paid has the status Expired and is late.
				runOnSandbox(t, programs.PHP, "shop.php", b.text+`
$context = stream_context_create(['http' => ['header' => [$key]]]);
$paid = json_decode(file_get_contents(getenv('BTCPAYCTL_SERVER') . "/api/v1/stores/{$seed['storeId']}/invoices/{$invoice['id']}", false, $context), true);
exit($paid['additionalStatus'] === 'PaidLate' ? 0 : 1);
`)
			case "yaml":
				checkSandboxYAML(t, b.text)
			default:
				t.Errorf("nothing checks %s", b.language)
			}
		})
	}
	if len(seen) < 4 {
		t.Errorf("there are only %q", seen)
	}
}

// runOnSandbox runs a program of the documentation against a sandbox of its own.
func runOnSandbox(t *testing.T, program programs.Program, name, text string, flags ...string) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a program")
	}
	path, err := program.Find()
	if err != nil {
		t.Skip(err)
	}
	s := sandbox.New(t)
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append(flags, file)...)
	cmd.Env = append(os.Environ(), "BTCPAYCTL_SERVER="+s.URL)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// checkSandboxYAML reads a file of the documentation, and the commands in it.
func checkSandboxYAML(t *testing.T, text string) {
	var file any
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	a, _, _ := apptest.New(t, nil)
	root, n := NewRoot(a), 0
	for _, m := range regexp.MustCompile(`(?m)btcpayctl(?:@latest)? (sandbox[^>&\n]*)`).FindAllStringSubmatch(text, -1) {
		n++
		if problem := pasteProblem(root, "btcpayctl "+strings.TrimSpace(m[1])); problem != "" {
			t.Errorf("%s: %s", m[0], problem)
		}
	}
	if n == 0 {
		t.Error("there is no command in it")
	}
}
