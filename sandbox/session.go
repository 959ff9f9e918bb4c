package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

const (
	sessionCookie     = ".AspNetCore.Identity.Application"
	antiforgeryCookie = ".AspNetCore.Antiforgery"
	antiforgeryField  = "__RequestVerificationToken"
	maxSessions       = 10_000
)

// logIn starts a session for the user and hands its cookie out.
func (s *Sandbox) logIn(w http.ResponseWriter, c *caller, u *world.User, remember bool) {
	if len(s.state.Sessions) >= maxSessions {
		s.dropOldestSession()
	}
	sess := &world.Session{ID: random.Hex(32), UserID: u.ID, Created: s.world.Now()}
	s.state.Sessions[sess.ID] = sess
	c.session, c.user = sess, u
	cookie := &http.Cookie{Name: sessionCookie, Value: sess.ID, Path: c.cookiePath(), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if remember {
		cookie.MaxAge = int((14 * 24 * time.Hour).Seconds())
	}
	http.SetCookie(w, cookie)
	s.state.Change()
}

// logOut ends the caller's session, if any.
func (s *Sandbox) logOut(w http.ResponseWriter, c *caller) {
	if c.session == nil {
		return
	}
	delete(s.state.Sessions, c.session.ID)
	c.session, c.user = nil, nil
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: c.cookiePath(), MaxAge: -1, HttpOnly: true})
	s.state.Change()
}

func (s *Sandbox) dropOldestSession() {
	var oldest *world.Session
	for _, sess := range s.state.Sessions {
		if oldest == nil || sess.Created.Before(oldest.Created) {
			oldest = sess
		}
	}
	delete(s.state.Sessions, oldest.ID)
}

func (c *caller) cookiePath() string { return c.site.root + "/" }

// addFlash leaves a message for the caller's next page. Strangers get none.
func (s *Sandbox) addFlash(c *caller, severity, text string) {
	if c.session != nil {
		c.session.Flashes = append(c.session.Flashes, world.Flash{Severity: severity, Text: text})
		s.state.Change()
	}
}

// takeFlashes gives the messages that wait for the caller, and forgets them.
func (s *Sandbox) takeFlashes(c *caller) []world.Flash {
	if c.session == nil || len(c.session.Flashes) == 0 {
		return nil
	}
	flashes := c.session.Flashes
	c.session.Flashes = nil
	s.state.Change()
	return flashes
}

// csrfToken gives the value of a form's anti-forgery field. It is bound to a cookie of its own, set here when the
// caller has none, so that the sandbox keeps nothing about strangers.
func (s *Sandbox) csrfToken(w http.ResponseWriter, c *caller) string {
	if c.antiforgery == "" {
		c.antiforgery = random.Hex(16)
		http.SetCookie(w, &http.Cookie{Name: antiforgeryCookie, Value: c.antiforgery, Path: c.cookiePath(), HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	return s.csrfFor(c)
}

func (s *Sandbox) csrfFor(c *caller) string {
	mac := hmac.New(sha256.New, s.state.FormKey)
	mac.Write([]byte(c.antiforgery))
	if c.user != nil {
		mac.Write([]byte(c.user.ID)) // a token from before a log-in is not good after it
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// csrfHolds judges a posted form; routes of pages that take POST are checked before their handler runs.
func (s *Sandbox) csrfHolds(r *http.Request, c *caller) bool {
	return c.antiforgery != "" && hmac.Equal([]byte(r.PostFormValue(antiforgeryField)), []byte(s.csrfFor(c)))
}
