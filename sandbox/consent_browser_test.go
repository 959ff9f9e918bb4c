package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/chromium"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// visitor is a person at a browser, who is asked by a program.
type visitor struct {
	*chromium.Browser
	seed    sandbox.Seed
	address string
	client  *greenfield.Client
}

// visits are what a person does with a browser. Those of make test are done without TLS as well.
var visits = []struct {
	name     string
	visit    func(*visitor)
	plainToo bool
}{
	{"approve", (*visitor).approves, true},
	{"approve twice", (*visitor).approvesTwice, false},
	{"approve, go back, approve again", (*visitor).approvesAgain, false},
	{"pick a store", (*visitor).picksAStore, false},
	{"the old key again", (*visitor).confirms, false},
	{"cancel", (*visitor).cancels, false},
	{"without script", (*visitor).submitsByHand, true},
	{"a redirect is a script", (*visitor).meetsScript, false},
	{"a forged page posts a key", (*visitor).meetsForgedKey, false},
	{"a forged page asks for consent", (*visitor).meetsForgedConsent, false},
}

// TestConsentInChromium goes the whole way of a key, from the address of the consent page to the program's proof.
func TestConsentInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a browser twice")
	}
	consentInChromium(t, false)
}

// TestTortureConsentInChromium does all of it without TLS, too.
func TestTortureConsentInChromium(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TORTURE") == "" {
		t.Skip("a long test: make torture")
	}
	programs.Chromium.Need(t)
	failed := 0
	t.Run("servers", func(t *testing.T) { failed = consentInChromium(t, true) })
	t.Attr("figure", fmt.Sprintf("visits of a real browser that went wrong, of %d | %d | = 0", 2*len(visits), failed))
}

func consentInChromium(t *testing.T, all bool) (failed int) {
	for name, plain := range map[string]bool{"plain": true, "over TLS, under a root path": false} {
		t.Run(name, func(t *testing.T) {
			var v *visitor
			if plain {
				v = newVisitor(t, "", false)
			} else {
				v = newVisitor(t, "/btcpay", true)
			}
			for _, i := range mathrand.Perm(len(visits)) {
				if plain && !all && !visits[i].plainToo {
					continue
				}
				ok := t.Run(visits[i].name, func(t *testing.T) {
					whole := v.T
					defer func() { v.T = whole }()
					v.T = t
					visits[i].visit(v)
				})
				if !ok {
					failed++
				}
			}
		})
	}
	return failed
}

func newVisitor(t *testing.T, rootPath string, overTLS bool) *visitor {
	s, err := sandbox.NewHandler(sandbox.Options{RootPath: rootPath})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s)
	trusted := ""
	var options []client.Option
	if overTLS {
		authority, certificate := newCertificate(t)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		server.StartTLS()
		hash := sha256.Sum256(certificate.Leaf.RawSubjectPublicKeyInfo)
		trusted = base64.StdEncoding.EncodeToString(hash[:])
		options = append(options, client.WithCAFile(authority))
	} else {
		server.Start()
	}
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	v := &visitor{seed: s.Seed(), address: server.URL + rootPath}
	if v.client, err = greenfield.New(v.address, nil, options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.client.CloseIdleConnections)
	v.Browser = chromium.Start(t, trusted)
	return v
}

// newCertificate makes an authority of its own, and a certificate by it for loopback. It gives the authority's file.
func newCertificate(t *testing.T) (authority string, certificate tls.Certificate) {
	t.Helper()
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Authority of a test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caKey, leafKey := newKey(), newKey()
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	if leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	authority = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), 0o600); err != nil {
		t.Fatal(err)
	}
	return authority, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: leafKey, Leaf: leaf}
}

// listen waits for a key on this machine.
func (v *visitor) listen(o authorize.ListenOptions) *authorize.Listener {
	v.T.Helper()
	o.Server = v.address
	l, err := authorize.Listen(v.T.Context(), o)
	if err != nil {
		v.T.Fatal(err)
	}
	v.T.Cleanup(func() { l.Close() })
	return l
}

func request(l *authorize.Listener) authorize.Request {
	return authorize.Request{
		Permissions:     []greenfield.Permission{greenfield.CanViewInvoices, greenfield.CanViewProfile},
		ApplicationName: "Till & Co", Redirect: l.URL(),
	}
}

// visit opens the page of a request, and logs in where that is asked for first.
func (v *visitor) visit(r authorize.Request) {
	v.T.Helper()
	page, err := authorize.URL(v.client, r)
	if err != nil {
		v.T.Fatal(err)
	}
	v.Open(page)
	v.logInIfAsked("<h1>Authorize ")
}

func (v *visitor) logInIfAsked(page string) {
	v.T.Helper()
	if v.Shows("<h1>Sign in</h1>", page) == page {
		return
	}
	v.Write("#Email", v.seed.Email)
	v.Write("#Password", v.seed.Password)
	v.Click("button[value=Password]", 1)
	v.Shows(page)
}

// receive waits for the key, and for the page that tells of it.
func (v *visitor) receive(l *authorize.Listener, asked authorize.Request, want authorize.Match) greenfield.APIKey {
	v.T.Helper()
	got, err := l.Wait(v.T.Context())
	if err != nil {
		v.T.Fatal(err)
	}
	v.Shows("<h1>The key has arrived</h1>")
	proof, err := authorize.Prove(v.T.Context(), v.client, got.APIKey, asked)
	if err != nil || proof.Grant.Match != want || proof.User == nil || proof.User.Email != v.seed.Email || proof.User.ID != greenfield.UserID(got.UserID) {
		v.T.Fatalf("%+v, %v", proof, err)
	}
	return got.APIKey
}

// keys counts the person's keys on the account's page.
func (v *visitor) keys() int {
	v.T.Helper()
	v.Open(v.address + "/account/apikeys")
	v.logInIfAsked("<h1>API Keys</h1>")
	page, err := v.Source()
	if err != nil {
		v.T.Fatal(err)
	}
	return strings.Count(page, "<summary")
}

func (v *visitor) approves() {
	l := v.listen(authorize.ListenOptions{})
	v.visit(request(l))
	v.Click("button[value=Authorize]", 1)
	v.receive(l, request(l), authorize.MatchSame)
	if l.Refused() != 0 {
		v.T.Errorf("%d requests of the browser were refused", l.Refused())
	}
}

// approvesTwice clicks twice, as some people do with every button.
func (v *visitor) approvesTwice() {
	l := v.listen(authorize.ListenOptions{})
	v.visit(request(l))
	v.Click("button[value=Authorize]", 2)
	v.receive(l, request(l), authorize.MatchSame)
}

func (v *visitor) approvesAgain() {
	before := v.keys()
	l := v.listen(authorize.ListenOptions{})
	v.visit(request(l))
	v.Click("button[value=Authorize]", 1)
	v.receive(l, request(l), authorize.MatchSame)
	<-l.Done()
	v.Back()
	v.Shows(`value="Authorize"`)
	v.Click("button[value=Authorize]", 1)
	v.Shows("ERR_CONNECTION_REFUSED") // nobody listens any more: the second key reached nobody
	if made := v.keys() - before; made != 2 {
		v.T.Errorf("%d keys were made", made)
	}
}

func (v *visitor) picksAStore() {
	l := v.listen(authorize.ListenOptions{})
	asked := request(l)
	asked.SelectiveStores = true
	v.visit(asked)
	v.Click("button[value=SelectStores]", 1)
	v.Shows("for " + v.seed.StoreName)
	v.Click("button[value=Authorize]", 1)
	key := v.receive(l, asked, authorize.MatchSame)
	proof, err := authorize.Prove(v.T.Context(), v.client, key, asked)
	if err != nil || fmt.Sprint(proof.Grant.StoreIDs()) != fmt.Sprint([]string{v.seed.StoreID}) {
		v.T.Errorf("%+v, %v", proof.Grant, err)
	}
}

func (v *visitor) confirms() {
	first := v.listen(authorize.ListenOptions{})
	asked := request(first)
	asked.ApplicationIdentifier = "till-" + first.Nonce().Reveal()
	v.visit(asked)
	v.Click("button[value=Authorize]", 1)
	key := v.receive(first, asked, authorize.MatchSame)
	<-first.Done()
	second := v.listen(authorize.ListenOptions{Port: first.Port(), Nonce: first.Nonce()})
	v.visit(asked)
	v.Click("button[value=Confirm]", 1)
	if again := v.receive(second, asked, authorize.MatchSame); !again.Secret().Equal(key.Secret()) {
		v.T.Error("another key came")
	}
}

func (v *visitor) cancels() {
	before := v.keys()
	l := v.listen(authorize.ListenOptions{})
	v.visit(request(l))
	v.Click("button[value=Cancel]", 1)
	v.Shows("<h1>API Keys</h1>")
	if made := v.keys() - before; made != 0 || l.Refused() != 0 {
		v.T.Errorf("%d keys were made, and the listener was asked %d times", made, l.Refused())
	}
	l.Close()
	if _, err := l.Wait(v.T.Context()); !errors.Is(err, authorize.ErrClosed) {
		v.T.Error(err)
	}
}

func (v *visitor) submitsByHand() {
	l := v.listen(authorize.ListenOptions{})
	v.visit(request(l))
	v.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	defer v.Call("Emulation.setScriptExecutionDisabled", map[string]any{"value": false}, nil)
	v.Click("button[value=Authorize]", 1)
	v.Shows("<h1>Back to the application</h1>")
	v.Click("main form button", 1)
	v.receive(l, request(l), authorize.MatchSame)
}

// meetsScript is asked by a program whose redirect would run on the server's own page. The policy of the page forbids it.
func (v *visitor) meetsScript() {
	v.Open(v.address + "/api-keys/authorize?redirect=" + url.QueryEscape(`javascript:void(document.body.innerHTML="<h1>It ran</h1>")`))
	v.logInIfAsked("<h1>Authorize ")
	v.Click("button[value=Authorize]", 1)
	v.Shows("<h1>Back to the application</h1>")
	v.Press("main form button", 1)
	const twoFrames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
	v.Call("Runtime.evaluate", map[string]any{"expression": twoFrames, "awaitPromise": true}, nil)
	if page, err := v.Source(); err != nil || strings.Contains(page, "<h1>It ran</h1>") {
		v.T.Errorf("%s %v", page, err)
	}
}

// strange serves a page of another site that posts a form by itself.
func (v *visitor) strange(target string, fields ...string) string {
	var page strings.Builder
	page.WriteString(`<!DOCTYPE html><title>Win a prize</title><form method="post" action="` + target + `">`)
	for i := 0; i+1 < len(fields); i += 2 {
		page.WriteString(`<input type="hidden" name="` + fields[i] + `" value="` + fields[i+1] + `">`)
	}
	page.WriteString(`</form><script>document.forms[0].submit()</script>`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page.String())
	}))
	v.T.Cleanup(server.Close)
	return server.URL
}

// meetsForgedKey opens, while a program waits, a page that would slip it a key of its own.
func (v *visitor) meetsForgedKey() {
	l := v.listen(authorize.ListenOptions{})
	target, err := url.Parse(l.URL())
	if err != nil {
		v.T.Fatal(err)
	}
	nonce := []byte(l.Nonce().Reveal())
	if nonce[0]++; nonce[0] != 'B' {
		nonce[0] = 'A'
	}
	target.Path = strings.TrimSuffix(target.Path, l.Nonce().Reveal()) + string(nonce)
	before := v.Navigations
	v.Open(v.strange(target.String(), "apiKey", strings.Repeat("ab", 20), "userId", "mallory", "permissions[]", "btcpay.user.canviewprofile"))
	v.Await("the strange page is left for the listener's answer", func() bool { return v.Navigations >= before+2 })
	if l.Refused() == 0 {
		v.T.Fatal("the forged key never came")
	}
	v.visit(request(l))
	v.Click("button[value=Authorize]", 1)
	v.receive(l, request(l), authorize.MatchSame)
}

// meetsForgedConsent opens, while logged in, a page that would consent in the person's place.
func (v *visitor) meetsForgedConsent() {
	before := v.keys()
	l := v.listen(authorize.ListenOptions{})
	v.Open(v.strange(v.address+"/api-keys/authorize", "Permissions", "unrestricted", "Strict", "True", "RedirectUrl", l.URL(), "command", "Authorize"))
	v.Shows("<h1>400 - Bad Request</h1>", "<h1>Sign in</h1>")
	if made := v.keys() - before; made != 0 {
		v.T.Errorf("%d keys were made", made)
	}
	if l.Refused() != 0 {
		v.T.Error("something was sent to the listener")
	}
}
