package vault

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore"
)

func TestTLS(t *testing.T) {
	d := &double{engines: map[string]map[string]*entry{"/secret": {}}, versions: map[string]string{}}
	server := httptest.NewUnstartedServer(d)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that this test breaks
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	ca, junk := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "junk")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644))
	must(t, os.WriteFile(junk, []byte("no certificate"), 0o600))
	address := server.URL + "/secret/x"

	_, err := open(t, address, options()).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrUnavailable, "ca-file")
	s := open(t, address+"?ca-file="+ca, options())
	must(t, s.Put(t.Context(), name, []byte("x")))
	byEnv := keystore.Options{Timeout: patience, Getenv: environment("VAULT_TOKEN", token, "VAULT_CACERT", ca)}
	if got, err := open(t, address, byEnv).Get(t.Context(), name); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	_, err = open(t, strings.Replace(address, "127.0.0.1", "localhost", 1)+"?ca-file="+ca, options()).Get(t.Context(), name)
	wantError(t, err, "get", keystore.ErrUnavailable, "use the host name in the certificate")
	for _, file := range []string{junk, ca + "x", dir} {
		_, err = open(t, address+"?ca-file="+file, options()).Get(t.Context(), name)
		wantError(t, err, "get", keystore.ErrUnavailable, "ca-file")
	}
	if len(d.paths) > 6 {
		t.Errorf("a server that was not trusted got requests: %v", d.paths)
	}
}
