package serve

import (
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Caller is who sends a request, as far as the credentials count in the route's realm.
type Caller struct {
	// On the BitPay API. Some routes take a caller without a credential.
	SIN     string
	BitID   bool   // the signature is right
	StoreID string // the store of the credential, or of the storeId parameter
	Named   bool   // there is no credential, but perhaps a storeId parameter
	failed  string // why a credential was refused
	wrong   string // what is wrong with a signature, for the log of requests

	// On the Greenfield API and the pages.
	User        *world.User
	Key         *world.APIKey // nil after Basic
	Session     *world.Session
	antiforgery string
}

func (r *Request) signedURL() string {
	return r.Site.Base() + aspnet.EncodePath(r.Path) + queryOf(r.Request)
}

// checkSignature is the expensive part of the BitPay API's authentication, and runs
// without the lock. It reports whether the body can be checked: a signed body that is not
// UTF-8 crashes the server.
func (r *Request) checkSignature() bool {
	identity, signature := r.Header.Get("X-Identity"), r.Header.Get("X-Signature")
	switch {
	case identity != "" && signature != "":
		if !utf8.Valid(r.Content) {
			return false
		}
		r.SIN, r.BitID = bitid.Verify(identity, signature, r.signedURL(), aspnet.WithoutBOM(r.Content))
		if !r.BitID {
			r.failed, r.wrong = "BitId authentication failed", r.whySignature()
		}
	case len(r.Header["Authorization"]) > 0:
		r.failed = "ApiKey authentication failed" // unless the state has the key
	}
	return true
}

// resolveBitpay finds the store of a caller of the BitPay API.
func (r *Request) resolveBitpay() {
	switch {
	case r.BitID:
		if tokens := r.State.TokensOfKey(r.SIN); len(tokens) > 0 {
			r.StoreID = tokens[0].StoreID
		}
	case r.failed == "":
		r.Named = true
		if id := aspnet.QueryValue(r.Request, "storeId"); r.State.Stores[id] != nil {
			r.StoreID = id
		}
	case r.Header.Get("X-Signature") == "" || r.Header.Get("X-Identity") == "":
		if st := r.State.StoreOfKey(r.legacyKey()); st != nil {
			r.StoreID, r.failed = st.ID, ""
		}
	}
}

// legacyKey reads the store's key from Basic, which holds the key without a colon.
func (r *Request) legacyKey() string {
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

	youngAccount = 5 * time.Minute // Basic is not throttled for younger ones, so that a first key can be made
)

// resolveGreenfield finds the user of an API key or Basic, or returns the message of a 401.
func (r *Request) resolveGreenfield() (refusal string) {
	refusal = r.readGreenfield()
	if refusal != "" && !r.Release.ExplainsUnauthorized() {
		return needAuthentication
	}
	return refusal
}

func (r *Request) readGreenfield() (refusal string) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	scheme = strings.ToLower(scheme)
	if !r.Release.AcceptsBearer() {
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
		r.Key = r.State.APIKeys[credential]
		if r.Key == nil {
			return "ApiKey authentication failed: Unknown API Key"
		}
		r.User = r.State.Users[r.Key.UserID]
		if r.User.Locked(r.World.Now()) {
			r.Key, r.User = nil, nil
			return accountDisabled
		}
		return ""
	case "basic":
		return r.resolveBasic(credential)
	}
	return needAuthentication
}

func (r *Request) resolveBasic(credential string) (refusal string) {
	plain, err := base64.StdEncoding.DecodeString(credential)
	if err != nil || !utf8.Valid(plain) || !strings.Contains(string(plain), ":") {
		return "Basic authentication header was not in a correct format. (username:password encoded in base64)"
	}
	// The server splits at every colon and takes the second piece, so a password with a
	// colon never works (recording 71-login-pages).
	pieces := strings.Split(string(plain), ":")
	now := r.World.Now()
	u := r.State.FindUser(pieces[0])
	young := u != nil && now.Sub(u.Created) < youngAccount
	if !young && r.Release.ExplainsUnauthorized() && !r.Allow(LoginZone) {
		return "Basic authentication failed: Rate limited. Please use authentication with API Keys to avoid throttling."
	}
	if u == nil {
		return "Basic authentication failed: User not found or invalid password"
	}
	if u.Locked(now) {
		return "Basic authentication failed: Your user account is currently disabled."
	}
	if r.Release.RestrictsBasic() {
		switch {
		case u.SecondFactor:
			return "Cannot use Basic authentication when multi-factor is enabled."
		case !young && !u.AllowsBasic:
			return "Basic authentication for the Greenfield API is not enabled for this user."
		}
	}
	if !r.World.CheckPassword(u, pieces[1], now) {
		if u.Locked(now) {
			return "LockedOut"
		}
		return "Failed"
	}
	r.User = u
	return ""
}

// resolvePage finds the session and the anti-forgery cookie of a browser.
func (r *Request) resolvePage() {
	if cookie, err := r.Cookie(AntiforgeryCookie); err == nil {
		r.antiforgery = cookie.Value
	}
	cookie, err := r.Cookie(SessionCookie)
	if err != nil {
		return
	}
	if session := r.State.Sessions[cookie.Value]; session != nil {
		r.Session, r.User = session, r.State.Users[session.UserID]
	}
}
