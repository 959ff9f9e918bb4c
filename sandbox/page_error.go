package sandbox

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// showErrorPage gives a refusal without a body the page that a browser gets in its place. What the server died of, and
// what never reached it, stays bare.
func showErrorPage(w *serve.Response, r *http.Request, root string) {
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
	p := page{Title: strconv.Itoa(w.Status()) + " - " + words, Root: root, Content: errorAdvice[w.Status()]}
	if err := pages["error"]().ExecuteTemplate(w, "layout", p); err != nil {
		panic(err) // the template and what it is given are our own
	}
}

// errorPage is where a person is sent who may not do what was asked for.
func errorPage(w http.ResponseWriter, r *serve.Request) {
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil || status < 400 || status > 499 {
		status = http.StatusNotFound
	}
	aspnet.WriteEmpty(w, status)
}

// errorAdvice says what a person can do.
var errorAdvice = map[int]string{
	http.StatusBadRequest:            "The form was not sent from this server's own page, or the page was open for too long. Load the page again and send it once more.",
	http.StatusForbidden:             "Your account may not do this.",
	http.StatusNotFound:              "There is nothing at this address, or not for you.",
	http.StatusMethodNotAllowed:      "This address takes no request of this kind.",
	http.StatusRequestEntityTooLarge: "What was sent is too long.",
	http.StatusTooManyRequests:       "Too many attempts came from here. Wait a minute and try again.",
}
