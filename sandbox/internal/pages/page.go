// Package pages holds the pages that a person opens in a browser: the log-in, consent, pairing, keys and tokens, and the
// checkout of an invoice. They work without scripts.
package pages

import (
	"embed"
	"html/template"
	"net/http"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

//go:embed html/*.html
var pageFiles embed.FS

var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "html/layout.html", "html/consent-request.html"))
})

// parsed holds the templates of the pages that were shown.
var parsed sync.Map

// templateOf returns the template of a page within the layout. It is parsed when the page is first shown: most runs of a
// program that links this package show none.
func templateOf(name string) *template.Template {
	if t, ok := parsed.Load(name); ok {
		return t.(*template.Template)
	}
	t := template.Must(template.Must(layout().Clone()).ParseFS(pageFiles, "html/"+name+".html"))
	parsed.Store(name, t)
	return t
}

// page is what the layout shows around a page's own content.
type page struct {
	Title  string
	Root   string // the root path, in front of every link
	Email  string // of the caller; empty if not logged in
	Alerts []world.Flash
	// Reload is after how many seconds the browser reloads the page; 0 for never.
	Reload  int
	Content any

	token func() string
}

// Token is the value of the forms' anti-forgery field.
func (p page) Token() string { return p.token() }

// showPage answers with a page. The given alerts come before those that wait for the caller.
func showPage(w http.ResponseWriter, r *serve.Request, name, title string, content any, alerts ...world.Flash) {
	p := page{Title: title, Root: r.Site.Root, Content: content, token: func() string {
		setDefault(w.Header(), "Cache-Control", "no-cache, no-store") // only pages with a form are kept out of caches
		return r.FormToken(w)
	}}
	if r.User != nil {
		p.Email = r.User.Email
	}
	if live, ok := content.(interface{ reload() int }); ok {
		p.Reload = live.reload()
	}
	p.Alerts = append(alerts, r.TakeFlashes()...)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := templateOf(name).ExecuteTemplate(w, "layout", p); err != nil {
		panic(err) // the templates and what they are given are our own
	}
}

// keepUncached keeps the pages of a store or an account out of caches, as the server does.
func keepUncached(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-cache, no-store, max-age=0")
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// redirect sends the browser to an address below the root path.
func redirect(w http.ResponseWriter, r *serve.Request, path string) {
	if path == "/" && r.Site.Root != "" {
		path = "" // recording 67-rootpath
	}
	w.Header().Set("Location", r.Site.Root+path)
	aspnet.WriteEmpty(w, http.StatusFound)
}
