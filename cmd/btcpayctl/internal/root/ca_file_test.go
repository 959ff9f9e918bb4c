package root

import (
	"encoding/pem"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// TestPrivateAuthority: the certificates that set up a profile are kept in it, with a path
// that holds in every directory.
func TestPrivateAuthority(t *testing.T) {
	s, err := sandbox.NewHandler(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that the client ends
	server.StartTLS()
	t.Cleanup(server.Close)
	dir, home := t.TempDir(), newHome(t)
	text := append([]byte("\ufeff"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})...)
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(code int, env map[string]string, stdin, line string, words ...string) {
		t.Helper()
		full := patientEnv()
		maps.Copy(full, env)
		g := (&given{home: home, env: full, stdin: stdin}).run(t, strings.Fields(line)...)
		if g.code != code {
			t.Errorf("%s: exit %d, want %d\n%s", line, g.code, code, g.stderr)
		}
		for _, word := range words {
			if !strings.Contains(g.stdout+g.stderr, word) {
				t.Errorf("%s: %q is not said\n%s%s", line, word, g.stdout, g.stderr)
			}
		}
	}
	login := "authorize --paste --permission unrestricted --all-stores --yes --accept-broader --server " + server.URL
	key := s.Seed().APIKey + "\n"

	t.Chdir(dir)
	in(7, map[string]string{"BTCPAYCTL_API_KEY": strings.TrimSpace(key)}, "", "store list --server "+server.URL, "unknown authority", "Next: --ca-file FILE")
	in(2, map[string]string{"BTCPAYCTL_API_KEY": strings.TrimSpace(key)}, "", "store list --ca-file nothing.pem --server "+server.URL, filepath.Join(dir, "nothing.pem"))
	in(0, nil, key, login+" --profile flag --ca-file ca.pem", "Profile flag is the current one now")
	in(0, map[string]string{"BTCPAYCTL_CA_FILE": "./ca.pem"}, key, login+" --profile variable")
	in(0, nil, "", "apikey create --profile flag --all-stores --permission btcpay.store.canviewstoresettings --save-as saved --ca-file ca.pem")
	in(8, nil, "", "pair client --profile paired --wait 0 --ca-file ca.pem --server "+server.URL)

	t.Chdir(t.TempDir())
	for _, line := range []string{"apikey current --profile flag", "apikey current --profile variable", "apikey current --profile saved", "store list"} {
		in(0, nil, "", line)
	}
	in(8, nil, "", "pair client --profile paired --wait 0")
	in(0, nil, "", "profile show paired", file)
	in(0, nil, "", "profile show flag", file)
	// Another name is another server.
	in(7, map[string]string{"BTCPAYCTL_API_KEY": strings.TrimSpace(key)}, "", "store list --server "+otherName(server.URL), "the certificate is for other names")
}
