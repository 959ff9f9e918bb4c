package root

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// Older servers respond with fewer words, and the command still finds the cause.
func TestCausesOnOldServers(t *testing.T) {
	for _, release := range []string{"1.13.5", "2.0.8", "2.3.9", "2.4.1"} {
		t.Run(release, func(t *testing.T) {
			s := sandbox.New(t, sandbox.Options{Emulate: release})
			w := &storeWorld{t: t}
			weak := mint(t, s, "btcpay.store.cancreateinvoice:"+s.Seed.StoreID)
			env := func(server, key string) map[string]string {
				return map[string]string{"BTCPAYCTL_SERVER": server, "BTCPAYCTL_API_KEY": key}
			}
			// A list that is empty since the key may not see what is in it.
			g := w.in(newHome(t), env(s.URL, weak), 5, "store", "list")
			w.says(g, "lacks btcpay.store.canviewstoresettings", "Next: btcpayctl apikey current")
			g = w.in(newHome(t), env(s.URL, s.Seed.APIKey), 0, "store", "list", "-o", "name")
			if g.stdout != s.Seed.StoreID+"\n" {
				t.Errorf("the stores are %q", g.stdout)
			}

			// A proxy that removes the credential, from a key and from a password.
			stripped := strip(t, s.URL, "Authorization")
			g = w.in(newHome(t), env(stripped, s.Seed.APIKey), 3, "store", "list")
			w.says(g, "a proxy on the way removes the Authorization header")
			basic := &given{home: newHome(t), env: patientEnv(), stdin: s.Seed.Password + "\n"}
			basic.run(t, "apikey", "create", "--basic", s.Seed.Email, "--server", stripped, "--all-stores", "--for", "invoice list")
			if basic.code != 3 {
				t.Errorf("a password: exit %d, want 3\n%s", basic.code, basic.stderr)
			}
			w.says(basic, "a proxy on the way removes the Authorization header")

			// A key that was revoked.
			request(t, http.MethodDelete, s.URL+"/api/v1/api-keys/current", weak, nil, nil)
			for _, line := range [][]string{{"store", "list"}, {"invoice", "list"}, {"invoice", "create", "--amount", "5", "--currency", "USD"}, {"apikey", "current"}} {
				g := w.in(newHome(t), env(s.URL, weak), 4, line...)
				w.says(g, "revoked")
			}
		})
	}
}

// mint makes an API key with one permission.
func mint(t *testing.T, s *sandbox.Server, permission string) string {
	t.Helper()
	var made struct{ APIKey string }
	request(t, http.MethodPost, s.URL+"/api/v1/api-keys", s.Seed.APIKey, map[string]any{"permissions": []string{permission}}, &made)
	return made.APIKey
}

// request sends a request with an API key.
func request(t *testing.T, method, address, key string, body, into any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+key)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(address, response.Status)
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

// strip returns the address of a proxy that removes a header.
func strip(t *testing.T, server, header string) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Del(header)
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}
