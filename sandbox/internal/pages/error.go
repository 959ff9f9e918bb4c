package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// ShowError writes the page that a browser gets instead of an error without a body. A crash, and a request that never
// reached the server, get no page.
func ShowError(w *serve.Response, r *http.Request, root string) {
	if w.Status() < 400 || w.Status() >= http.StatusInternalServerError || len(w.Body()) > 0 || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return
	}
	if w.Header()["Referrer-Policy"] == nil {
		aspnet.SetSecurityHeaders(w.Header())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	words := http.StatusText(w.Status())
	if w.Status() == http.StatusNotFound {
		words = "Page not found"
	}
	p := page{Title: strconv.Itoa(w.Status()) + " - " + words, Root: root, Content: errorAdvice(w.Status())}
	if err := templateOf("error").ExecuteTemplate(w, "layout", p); err != nil {
		panic(err) // the template and what it is given are our own
	}
}

// errorPage is where a person is redirected who lacks a permission.
func errorPage(w http.ResponseWriter, r *serve.Request) {
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil || status < 400 || status > 499 {
		status = http.StatusNotFound
	}
	aspnet.WriteEmpty(w, status)
}

// errorAdvice returns what a person can do.
func errorAdvice(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The form was not sent from this server's own page, or the page was open for too long. Load the page again and send it once more."
	case http.StatusForbidden:
		return "Your account may not do this."
	case http.StatusNotFound:
		return "There is nothing at this address, or not for you."
	case http.StatusMethodNotAllowed:
		return "This address takes no request of this kind."
	case http.StatusRequestEntityTooLarge:
		return "What was sent is too long."
	case http.StatusTooManyRequests:
		return "Too many attempts came from here. Wait a minute and try again."
	}
	return ""
}
