package sandbox

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// caller is who asks, as far as the route's realm lets it count.
type caller struct {
	site site
	path string // decoded, below the root path
	body []byte

	// BitPay half. A caller may be nobody here and still be let through.
	sin     string
	bitID   bool   // signed, rightly
	storeID string // the store the credential or the storeId parameter leads to
	failed  string // why a credential was refused
	named   bool   // nobody, who named the store by the storeId parameter

	// Greenfield half and pages.
	user        *world.User
	key         *world.APIKey // nil after Basic
	session     *world.Session
	antiforgery string
}

func (c *caller) signedURL(r *http.Request) string {
	url := c.site.base() + aspnet.EncodePath(c.path)
	return url + queryOf(r)
}

// queryOf is the query as it was sent; a question mark with nothing behind it counts (recording 60-bitid-message).
func queryOf(r *http.Request) string {
	if r.URL.RawQuery == "" && !r.URL.ForceQuery {
		return ""
	}
	return "?" + r.URL.RawQuery
}

// checkSignature is the expensive part of the BitPay half, and runs before the lock is taken. The server dies of a
// signed body that is no UTF-8; false tells of that.
func (c *caller) checkSignature(r *http.Request) bool {
	identity, signature := r.Header.Get("X-Identity"), r.Header.Get("X-Signature")
	switch {
	case identity != "" && signature != "":
		if !utf8.Valid(c.body) {
			return false
		}
		c.sin, c.bitID = bitid.Verify(identity, signature, c.signedURL(r), aspnet.WithoutBOM(c.body))
		if !c.bitID {
			c.failed = "BitId authentication failed"
		}
	case len(r.Header["Authorization"]) > 0:
		c.failed = "ApiKey authentication failed" // unless the state knows it
	}
	return true
}

// resolveBitpay finds the store of a BitPay caller.
func (s *Sandbox) resolveBitpay(r *http.Request, c *caller) {
	switch {
	case c.bitID:
		if tokens := s.state.TokensOfKey(c.sin); len(tokens) > 0 {
			c.storeID = tokens[0].StoreID
		}
	case c.failed == "":
		c.named = true
		if id := aspnet.QueryValue(r, "storeId"); s.state.Stores[id] != nil {
			c.storeID = id
		}
	case r.Header.Get("X-Signature") == "" || r.Header.Get("X-Identity") == "":
		if st := s.state.StoreOfKey(legacyKey(r)); st != nil {
			c.storeID, c.failed = st.ID, ""
		}
	}
}

// legacyKey takes the store's key out of Basic: the key alone, no colon.
func legacyKey(r *http.Request) string {
	scheme, encoded, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return ""
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return ""
	}
	return string(key)
}

const (
	needAuthentication = "Authentication is required for accessing this endpoint"
	accountDisabled    = "ApiKey authentication failed: Your user account is currently disabled."
)

// resolveGreenfield finds the user behind an API key or Basic, or gives the message of a 401.
func (s *Sandbox) resolveGreenfield(r *http.Request, c *caller) (refusal string) {
	refusal = s.readGreenfield(r, c)
	if refusal != "" && !s.release.ExplainsUnauthorized() {
		return needAuthentication
	}
	return refusal
}

func (s *Sandbox) readGreenfield(r *http.Request, c *caller) (refusal string) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	scheme = strings.ToLower(scheme)
	if !s.release.AcceptsBearer() {
		if scheme == "token" && strings.HasPrefix(credential, " ") || scheme == "bearer" {
			return needAuthentication
		}
	}
	credential = strings.Trim(credential, " ")
	if credential == "" {
		return needAuthentication
	}
	switch scheme {
	case "token", "bearer":
		c.key = s.state.APIKeys[credential]
		if c.key == nil {
			return "ApiKey authentication failed: Unknown API Key"
		}
		c.user = s.state.Users[c.key.UserID]
		if c.user.Locked(s.world.Now()) {
			c.key, c.user = nil, nil
			return accountDisabled
		}
		return ""
	case "basic":
		return s.resolveBasic(credential, c)
	}
	return needAuthentication
}

func (s *Sandbox) resolveBasic(credential string, c *caller) (refusal string) {
	plain, err := base64.StdEncoding.DecodeString(credential)
	if err != nil || !utf8.Valid(plain) || !strings.Contains(string(plain), ":") {
		return "Basic authentication header was not in a correct format. (username:password encoded in base64)"
	}
	// The server splits at every colon and takes the second piece, so a password with one never works
	// (recording 71-login-pages).
	pieces := strings.Split(string(plain), ":")
	now := s.world.Now()
	u := s.state.FindUser(pieces[0])
	young := u != nil && now.Sub(u.Created) < youngAccount
	if !young && s.release.ExplainsUnauthorized() && !s.throttle.allow(loginZone, c.site.ip, now) {
		return "Basic authentication failed: Rate limited. Please use authentication with API Keys to avoid throttling."
	}
	if u == nil {
		return "Basic authentication failed: User not found or invalid password"
	}
	if u.Locked(now) {
		return "Basic authentication failed: Your user account is currently disabled."
	}
	if s.release.RestrictsBasic() {
		switch {
		case u.SecondFactor:
			return "Cannot use Basic authentication when multi-factor is enabled."
		case !young && !u.AllowsBasic:
			return "Basic authentication for the Greenfield API is not enabled for this user."
		}
	}
	if !s.world.CheckPassword(u, pieces[1], now) {
		if u.Locked(now) {
			return "LockedOut"
		}
		return "Failed"
	}
	c.user = u
	return ""
}

// resolvePage finds the log-in and the anti-forgery cookie of a browser.
func (s *Sandbox) resolvePage(r *http.Request, c *caller) {
	if cookie, err := r.Cookie(antiforgeryCookie); err == nil {
		c.antiforgery = cookie.Value
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return
	}
	if sess := s.state.Sessions[cookie.Value]; sess != nil {
		c.session, c.user = sess, s.state.Users[sess.UserID]
	}
}
