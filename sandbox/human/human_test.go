package human

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

const sample = `<!DOCTYPE html><title>A  page</title><style>p{}</style><script>let hidden = "text"</script>
<div class="alert error">Something <b>odd</b></div><p>Hello &amp; welcome</p>
<form action="/sent" method="POST">
<input type="hidden" name="h" value="1"><input name="t" value="x"><input type="text" value="nameless">
<input type="checkbox" name="c" value="yes"><input type="checkbox" name="d" checked><input name="off" value="1" disabled>
<textarea name="a"> many  words </textarea>
<select name="s"><option value="1">One</option><option value="2" selected>Two</option></select><select name="e"></select>
<button name="do" value="go">Send it</button><input type="submit" name="other" value="Other"><button type="button">No</button>
</form><form><button>Plain</button></form>`

func TestReadPage(t *testing.T) {
	p, err := ReadPage(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	if p.Title != "A page" || !slices.Equal(p.Alerts, []string{"Something odd"}) || !slices.Contains(p.Texts, "Hello & welcome") {
		t.Errorf("title %q, alerts %q, texts %q", p.Title, p.Alerts, p.Texts)
	}
	if slices.ContainsFunc(p.Texts, func(text string) bool { return strings.Contains(text, "hidden") || strings.Contains(text, "{}") }) {
		t.Errorf("scripts and styles count as text: %q", p.Texts)
	}
	if len(p.Forms) != 2 {
		t.Fatalf("%d forms", len(p.Forms))
	}
	form := p.Form("Send it")
	if form != p.Forms[0] || form != p.Form("go") || form != p.Form("Other") || p.Form("No") != nil || p.Form("Plain") != p.Forms[1] {
		t.Error("the forms are not found by their buttons")
	}
	if form.Action != "/sent" || form.Method != "post" {
		t.Errorf("%s to %s", form.Method, form.Action)
	}
	want := "[[h 1] [t x] [d on] [a many words] [s 2]]"
	if got := fmt.Sprint(form.Pairs()); got != want {
		t.Errorf("a browser would send %s, this sends %s", want, got)
	}
}

func TestHuman(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /base/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", Path: "/"})
		fmt.Fprint(w, strings.ReplaceAll(sample, "/sent", "/base/sent"))
	})
	mux.HandleFunc("POST /base/sent", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("seen")
		if err != nil || cookie.Value != "yes" || r.PostFormValue("t") != "changed" || r.PostFormValue("do") != "go" || r.Header.Get("X-Forwarded-For") != "10.1.2.3" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, "/base/done?x=1", http.StatusFound)
	})
	mux.HandleFunc("GET /base/done", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<title>Done</title>") })
	server := httptest.NewServer(mux)
	defer server.Close()
	h := New(server.URL + "/base/")
	defer h.Close()
	h.From("10.1.2.3")
	if _, err := h.Press(t.Context(), "Send it"); err == nil {
		t.Error("a button is pressed before a page is open")
	}
	if _, err := h.Open(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Press(t.Context(), "Send it", "nobody", "x"); err == nil {
		t.Error("a field that is not there is changed")
	}
	if _, err := h.Press(t.Context(), "No such button"); err == nil {
		t.Error("a button that is not there is pressed")
	}
	page, err := h.Press(t.Context(), "Send it", "t", "changed")
	if err != nil || page.Title != "Done" || h.At().RequestURI() != "/base/done?x=1" {
		t.Errorf("%v at %s: %v", page, h.At(), err)
	}
	if _, err := h.Open(t.Context(), "/nowhere"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a page that is not there: %v", err)
	}
	if _, err := h.Approve(t.Context(), "/done", ""); err == nil {
		t.Error("a page without an approval is approved")
	}
}

// TestLogIn signs in on a server that leads, as the real one under a root path, from the log-in to an address for which
// its cookie does not hold.
func TestLogIn(t *testing.T) {
	const form = `<title>Sign in</title>%s<form action="/base/login" method="post"><input name="Email"><input type="password" name="Password">` +
		`<button name="Method" value="Password">Sign in</button></form>`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /base/login", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, form, "") })
	mux.HandleFunc("POST /base/login", func(w http.ResponseWriter, r *http.Request) {
		switch r.PostFormValue("Password") {
		case "right":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "yes", Path: "/base/"})
			http.Redirect(w, r, "/base", http.StatusFound)
		case "locked":
			fmt.Fprint(w, "<title>Account disabled</title>")
		default:
			fmt.Fprintf(w, form, `<div class="alert error">Invalid login attempt.</div>`)
		}
	})
	start := func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			http.Redirect(w, r, "/base/login", http.StatusFound)
			return
		}
		fmt.Fprint(w, "<title>Start</title>")
	}
	mux.HandleFunc("GET /base", start)
	mux.HandleFunc("GET /base/{$}", start)
	server := httptest.NewServer(mux)
	defer server.Close()
	for password, want := range map[string]string{"right": "", "wrong": "Invalid login attempt.", "locked": "Account disabled"} {
		h := New(server.URL + "/base")
		defer h.Close()
		err := h.LogIn(t.Context(), "a@b.example", password)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", password, err)
		}
	}
}
