package sandbox

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestPagesAreAccessible looks at every page for what people need who cannot see it, use no mouse, or run no script.
func TestPagesAreAccessible(t *testing.T) {
	w := newTestbed(t, Options{})
	cookie := w.logInCookie()
	store := w.s.seed.StoreID
	w.s.world.Lock()
	pairing := w.s.state.NewPairing(w.s.world.Now())
	pairing.SIN = w.sin()
	token := w.s.state.TokensOf(store)[0].Value
	w.s.world.Unlock()
	invoice := w.signed("POST", "/invoices", `{"price":5,"currency":"EUR","redirectURL":"https://shop.example/"}`)["id"].(string)
	w.signed("POST", "/invoices", `{"price":1}`)
	for _, path := range []string{
		"/", "/login", "/api-access-request?pairingCode=" + pairing.Code, "/stores/" + store + "/tokens",
		"/stores/" + store + "/tokens/create", "/stores/" + store + "/tokens/" + token + "/revoke", "/api-tokens",
		"/api-keys/authorize?permissions=unrestricted&applicationName=App", "/api-keys/authorize?permissions=unrestricted&strict=false",
		"/api-keys/authorize?permissions=btcpay.store.canviewinvoices&selectiveStores=true", "/account/apikeys", "/account/addapikey",
		"/api-keys/" + w.s.seed.APIKey + "/delete", "/i/" + invoice,
		"/invoice?id=" + invoice, "/invoices/" + invoice, "/no/such/page",
	} {
		_, body := w.call("GET", path, "", "Accept", "text/html", "Cookie", cookie)
		root, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, complaint := range complaints(root) {
			t.Errorf("%s: %s", path, complaint)
		}
	}
}

// logInCookie makes a log-in of the seeded account, without its throttle.
func (w *testbed) logInCookie() string {
	w.s.world.Lock()
	defer w.s.world.Unlock()
	sess := &world.Session{ID: random.Hex(32), UserID: w.s.state.FindUser(w.s.seed.Email).ID, Created: w.s.world.Now()}
	w.s.state.Sessions[sess.ID] = sess
	return serve.SessionCookie + "=" + sess.ID
}

func complaints(root *html.Node) []string {
	var found []string
	labels, ids, headings, titles := map[string]bool{}, map[string]bool{}, 0, 0
	for n := range root.Descendants() {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				found = append(found, "two elements have the id "+id)
			}
			ids[id] = true
		}
		if n.DataAtom == atom.Label {
			labels[attr(n, "for")] = true
		}
	}
	for n := range root.Descendants() {
		switch n.DataAtom {
		case atom.Html:
			if attr(n, "lang") == "" {
				found = append(found, "the language is not told")
			}
		case atom.H1:
			headings++
		case atom.Title:
			if titles++; n.FirstChild == nil {
				found = append(found, "the title is empty")
			}
		case atom.Script:
			found = append(found, "there is a script")
		case atom.Input, atom.Select, atom.Textarea:
			labelled := labels[attr(n, "id")] && attr(n, "id") != "" || n.Parent.DataAtom == atom.Label
			if attr(n, "type") != "hidden" && !labelled {
				found = append(found, "the field "+attr(n, "name")+" has no label")
			}
		case atom.Button, atom.A:
			if strings.TrimSpace(textIn(n)) == "" {
				found = append(found, "a button or link has no text")
			}
		case atom.Svg, atom.Img:
			if attr(n, "aria-label")+attr(n, "alt") == "" {
				found = append(found, "a picture has no words")
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "tabindex" && strings.Trim(a.Val, "0") != "" {
				found = append(found, "the attribute "+a.Key)
			}
		}
	}
	if headings != 1 || titles != 1 {
		found = append(found, "there is not one heading and one title")
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textIn(n *html.Node) string {
	var text strings.Builder
	for inner := range n.Descendants() {
		if inner.Type == html.TextNode {
			text.WriteString(inner.Data)
		}
	}
	return text.String()
}
