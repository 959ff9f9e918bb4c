package sandbox

import (
	"embed"
	"html/template"
	"net/http"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages holds one template a page, each within the layout.
var pages = parsePages("checkout", "consent", "create-token", "disabled", "home", "keys", "login", "pairing", "revoke-token", "tokens")

func parsePages(names ...string) map[string]*template.Template {
	layout := template.Must(template.ParseFS(pageFiles, "pages/layout.html"))
	parsed := make(map[string]*template.Template, len(names))
	for _, name := range names {
		parsed[name] = template.Must(template.Must(layout.Clone()).ParseFS(pageFiles, "pages/"+name+".html"))
	}
	return parsed
}

// page is what the layout shows around a page's own content.
type page struct {
	Title  string
	Root   string // the root path, in front of every link
	Email  string // of who is logged in; empty for a stranger
	Alerts []flash
	Token  string // of the forms
	// Reload lets the browser ask again after so many seconds; 0 does not.
	Reload  int
	Content any
}

// showPage answers with a page. Alerts of the moment come before those that waited.
func (s *Sandbox) showPage(w http.ResponseWriter, c *caller, name, title string, content any, alerts ...flash) {
	p := page{Title: title, Root: c.site.root, Token: s.csrfToken(w, c), Content: content}
	if c.user != nil {
		p.Email = c.user.Email
	}
	if live, ok := content.(interface{ reload() int }); ok {
		p.Reload = live.reload()
	}
	p.Alerts = append(alerts, s.takeFlashes(c)...)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	if err := pages[name].ExecuteTemplate(w, "layout", p); err != nil {
		panic(err) // the templates and what they are given are our own
	}
}

// redirect sends the browser to an address below the root path.
func redirect(w http.ResponseWriter, c *caller, path string) {
	w.Header().Set("Location", c.site.root+path)
	writeEmpty(w, http.StatusFound)
}
