package sandbox

import (
	"embed"
	"html/template"
	"net/http"
	"sync"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages holds one template a page, each within the layout. It is parsed when the page is first shown: most runs of a
// program that links this package show none.
var pages = lazyPages("checkout", "consent", "consent-again", "consent-done", "consent-store", "create-token", "disabled", "error", "home", "invoice", "keys", "keys-add", "keys-delete", "login", "pairing", "receipt", "revoke-token", "tokens")

var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/consent-request.html"))
})

func lazyPages(names ...string) map[string]func() *template.Template {
	lazy := make(map[string]func() *template.Template, len(names))
	for _, name := range names {
		lazy[name] = sync.OnceValue(func() *template.Template {
			return template.Must(template.Must(layout().Clone()).ParseFS(pageFiles, "pages/"+name+".html"))
		})
	}
	return lazy
}

// page is what the layout shows around a page's own content.
type page struct {
	Title  string
	Root   string // the root path, in front of every link
	Email  string // of who is logged in; empty for a stranger
	Alerts []world.Flash
	// Reload lets the browser ask again after so many seconds; 0 does not.
	Reload  int
	Content any

	token func() string
}

// Token is the value of the forms' anti-forgery field.
func (p page) Token() string { return p.token() }

// showPage answers with a page. Alerts of the moment come before those that waited.
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
	if err := pages[name]().ExecuteTemplate(w, "layout", p); err != nil {
		panic(err) // the templates and what they are given are our own
	}
}

// keepUncached is for the pages of a store or an account, which the server keeps out of caches more loudly.
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
