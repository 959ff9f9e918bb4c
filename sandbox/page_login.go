package sandbox

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type loginForm struct {
	Action     string
	Email      string
	RememberMe bool
	// Methods says that the buttons name the method, Limited that there is a field of older releases.
	Methods, Limited bool
	Code             string // where the form of the code leads, in older releases
}

// homePage and the page of a pairing ask for a log-in themselves, so their redirect has the controllers' headers.
func (s *Sandbox) homePage(w http.ResponseWriter, r *http.Request, c *caller) {
	if c.user == nil {
		s.writeToLogin(w, r, c)
		return
	}
	s.showPage(w, c, "home", "Stores", s.state.StoresOf(c.user))
}

func (s *Sandbox) loginPage(w http.ResponseWriter, r *http.Request, c *caller) {
	noStore(w)
	s.showLogin(w, r, c, "")
}

func (s *Sandbox) showLogin(w http.ResponseWriter, r *http.Request, c *caller, email string, alerts ...world.Flash) {
	form := loginForm{
		Action: c.site.root + "/login", Email: email, RememberMe: r.PostFormValue("RememberMe") == "true",
		Methods: s.release.HasLoginMethods(), Limited: s.release.HasLimitedLoginField(), Code: c.site.root + "/login/code",
	}
	if back := aspnet.QueryValue(r, "ReturnUrl"); back != "" {
		form.Action += "?returnurl=" + url.QueryEscape(back)
	}
	s.showPage(w, c, "login", "Sign in", form, alerts...)
}

// logInByForm judges e-mail and password. Attempts are throttled by address before anything else, and an account with
// too many failures is told apart only at the failure that locks it (recording 71-login-pages).
func (s *Sandbox) logInByForm(w http.ResponseWriter, r *http.Request, c *caller) {
	now := s.world.Now()
	if !s.throttle.allow(loginZone, c.site.ip, now) {
		aspnet.WriteEmpty(w, http.StatusTooManyRequests)
		return
	}
	email := r.PostFormValue("Email")
	if method := r.PostFormValue("Method"); method != "" && method != "Password" {
		s.showLogin(w, r, c, email, world.Flash{Severity: "error", Text: "The sandbox knows passwords only."})
		return
	}
	u := s.state.FindUser(email)
	if u == nil || !s.world.CheckPassword(u, r.PostFormValue("Password"), now) {
		if u != nil && u.Locked(now) {
			s.showPage(w, c, "disabled", "Account disabled", nil)
			return
		}
		s.showLogin(w, r, c, email, world.Flash{Severity: "error", Text: "Invalid login attempt."})
		return
	}
	s.logIn(w, c, u, r.PostFormValue("RememberMe") == "true")
	noStore(w)
	back := aspnet.QueryValue(r, "ReturnUrl")
	if !localPath(back) {
		redirect(w, c, "/")
		return
	}
	w.Header().Set("Location", back)
	aspnet.WriteEmpty(w, http.StatusFound)
}

// noStore is how the log-in's own answers are kept out of caches.
func noStore(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-cache,no-store") }

// localPath tells an address on this origin from one that leads elsewhere, as //host and /\host do.
func localPath(back string) bool {
	return strings.HasPrefix(back, "/") && (len(back) == 1 || back[1] != '/' && back[1] != '\\') && !strings.ContainsFunc(back, func(r rune) bool { return r < ' ' })
}

func (s *Sandbox) logOutByLink(w http.ResponseWriter, _ *http.Request, c *caller) {
	s.logOut(w, c)
	noStore(w)
	redirect(w, c, "/login")
}
