package serve

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// The names of the cookie of a log-in, and of the cookie and the field that a posted form needs.
const (
	SessionCookie     = ".AspNetCore.Identity.Application"
	AntiforgeryCookie = ".AspNetCore.Antiforgery"
	AntiforgeryField  = "__RequestVerificationToken"
)

const maxSessions = 10_000

// LogIn starts a session for the user and sets its cookie, which lasts beyond the browser's end if remember is set.
func (r *Request) LogIn(w http.ResponseWriter, u *world.User, remember bool) {
	if len(r.State.Sessions) >= maxSessions {
		dropOldestSession(r.State)
	}
	session := &world.Session{ID: random.Session.Hex(32), UserID: u.ID, Created: r.World.Now()}
	r.State.Sessions[session.ID] = session
	r.Session, r.User = session, u
	cookie := &http.Cookie{Name: SessionCookie, Value: session.ID, Path: r.cookiePath(), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if remember {
		cookie.MaxAge = int((14 * 24 * time.Hour).Seconds())
	}
	http.SetCookie(w, cookie)
	r.State.Change()
}

// LogOut ends the caller's session, if there is one.
func (r *Request) LogOut(w http.ResponseWriter) {
	if r.Session == nil {
		return
	}
	delete(r.State.Sessions, r.Session.ID)
	r.Session, r.User = nil, nil
	http.SetCookie(w, &http.Cookie{Name: SessionCookie, Path: r.cookiePath(), MaxAge: -1, HttpOnly: true})
	r.State.Change()
}

func dropOldestSession(st *world.State) {
	var oldest *world.Session
	for _, session := range st.Sessions {
		if oldest == nil || session.Created.Before(oldest.Created) {
			oldest = session
		}
	}
	delete(st.Sessions, oldest.ID)
}

func (r *Request) cookiePath() string { return r.Site.Root + "/" }

// AddFlash leaves a message for the caller's next page. A caller who is not logged in gets none.
func (r *Request) AddFlash(severity, text string) {
	if r.Session != nil {
		r.Session.Flashes = append(r.Session.Flashes, world.Flash{Severity: severity, Text: text})
		r.State.Change()
	}
}

// TakeFlashes returns the messages that wait for the caller, and removes them.
func (r *Request) TakeFlashes() []world.Flash {
	if r.Session == nil || len(r.Session.Flashes) == 0 {
		return nil
	}
	flashes := r.Session.Flashes
	r.Session.Flashes = nil
	r.State.Change()
	return flashes
}

// FormToken returns the value of a form's anti-forgery field. It is bound to a cookie of its own, which is set here if the
// caller has none, so that the sandbox keeps nothing about callers who are not logged in.
func (r *Request) FormToken(w http.ResponseWriter) string {
	if r.antiforgery == "" {
		r.antiforgery = random.Reading.Hex(16)
		http.SetCookie(w, &http.Cookie{Name: AntiforgeryCookie, Value: r.antiforgery, Path: r.cookiePath(), HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	return FormToken(r.State, r.antiforgery, r.User)
}

// FormToken returns the value of the anti-forgery field that belongs to a cookie and a user, nil for a caller who is not
// logged in.
func FormToken(st *world.State, cookie string, u *world.User) string {
	mac := hmac.New(sha256.New, st.FormKey)
	mac.Write([]byte(cookie))
	if u != nil {
		mac.Write([]byte(u.ID)) // a token from before a log-in is not valid after it
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkFormToken reports whether a posted form has the right anti-forgery field.
func (r *Request) checkFormToken() bool {
	return r.antiforgery != "" && hmac.Equal([]byte(r.PostFormValue(AntiforgeryField)), []byte(FormToken(r.State, r.antiforgery, r.User)))
}
