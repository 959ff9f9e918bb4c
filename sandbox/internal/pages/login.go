package pages

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type loginForm struct {
	Action     string
	Email      string
	RememberMe bool
	// Methods says that the buttons name the method, Limited that the form has a field of older releases.
	Methods, Limited bool
	Code             string // where the form for the code is posted, in older releases
}

// homePage and the page of a pairing redirect to the log-in themselves, so the redirect has the headers of a controller.
func homePage(w http.ResponseWriter, r *serve.Request) {
	if r.User == nil {
		r.RedirectToLogin(w)
		return
	}
	showPage(w, r, "home", "Stores", r.State.StoresOf(r.User))
}

func loginPage(w http.ResponseWriter, r *serve.Request) {
	noStore(w)
	showLogin(w, r, "")
}

func showLogin(w http.ResponseWriter, r *serve.Request, email string, alerts ...world.Flash) {
	form := loginForm{
		Action: r.Site.Root + "/login", Email: email, RememberMe: r.PostFormValue("RememberMe") == "true",
		Methods: r.Release.HasLoginMethods(), Limited: r.Release.HasLimitedLoginField(), Code: r.Site.Root + "/login/code",
	}
	if back := aspnet.QueryValue(r.Request, "ReturnUrl"); back != "" {
		form.Action += "?returnurl=" + url.QueryEscape(back)
	}
	showPage(w, r, "login", "Sign in", form, alerts...)
}

// logInByForm checks e-mail and password. Attempts are throttled by address before anything else. That an account is
// locked is shown only at the failure that locks it (recording 71-login-pages).
func logInByForm(w http.ResponseWriter, r *serve.Request) {
	now := r.World.Now()
	if !r.Allow(serve.LoginZone) {
		aspnet.WriteEmpty(w, http.StatusTooManyRequests)
		return
	}
	email := r.PostFormValue("Email")
	if method := r.PostFormValue("Method"); method != "" && method != "Password" {
		showLogin(w, r, email, world.Flash{Severity: "error", Text: "The sandbox knows passwords only."})
		return
	}
	u := r.State.FindUser(email)
	if u == nil || !r.World.CheckPassword(u, r.PostFormValue("Password"), now) {
		if u != nil && u.Locked(now) {
			showPage(w, r, "disabled", "Account disabled", nil)
			return
		}
		showLogin(w, r, email, world.Flash{Severity: "error", Text: "Invalid login attempt."})
		return
	}
	r.LogIn(w, u, r.PostFormValue("RememberMe") == "true")
	noStore(w)
	back := aspnet.QueryValue(r.Request, "ReturnUrl")
	if !localPath(back) {
		redirect(w, r, "/")
		return
	}
	w.Header().Set("Location", back)
	aspnet.WriteEmpty(w, http.StatusFound)
}

// noStore keeps the responses of the log-in out of caches.
func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-cache,no-store") }

// localPath reports whether an address stays on this origin, unlike //host and /\host.
func localPath(back string) bool {
	return strings.HasPrefix(back, "/") && (len(back) == 1 || back[1] != '/' && back[1] != '\\') && !strings.ContainsFunc(back, func(r rune) bool { return r < ' ' })
}

func logOutByLink(w http.ResponseWriter, r *serve.Request) {
	r.LogOut(w)
	noStore(w)
	redirect(w, r, "/login")
}
