package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (s *Sandbox) health(w http.ResponseWriter, _ *http.Request, _ *caller) {
	writeJSON(w, http.StatusOK, map[string]bool{"synchronized": true})
}

// userData is a user as the API shows one. There are no approvals and no confirmations by e-mail here.
type userData struct {
	ID                        string   `json:"id"`
	Email                     string   `json:"email"`
	Name                      *string  `json:"name"`
	ImageURL                  *string  `json:"imageUrl"`
	EmailConfirmed            bool     `json:"emailConfirmed"`
	RequiresEmailConfirmation bool     `json:"requiresEmailConfirmation"`
	Approved                  bool     `json:"approved"`
	RequiresApproval          bool     `json:"requiresApproval"`
	Roles                     []string `json:"roles"`
	InvitationURL             *string  `json:"invitationUrl"`
	Created                   int64    `json:"created"`
	Disabled                  bool     `json:"disabled"`
	StoreQuota                *int     `json:"storeQuota"`
}

func showUser(u *user, c *caller) userData {
	data := userData{ID: u.ID, Email: u.Email, Name: u.Name, ImageURL: u.ImageURL, Approved: u.Approved, Roles: []string{}, Created: u.Created.Unix()}
	if u.Admin {
		data.Roles = append(data.Roles, "ServerAdmin")
	}
	if u.Invitation != "" {
		data.InvitationURL = new(c.site.base() + "/invite/" + u.ID + "/" + u.Invitation)
	}
	return data
}

// createUser is open to all while there is no administrator, then to who may create users, and to everybody else
// unless registration is disabled.
func (s *Sandbox) createUser(w http.ResponseWriter, r *http.Request, c *caller) {
	b := bindBody(w, r, c)
	if b == nil {
		return
	}
	email, password := textOr(b.text("email"), ""), textOr(b.text("password"), "")
	admin := flag(b.bool("isAdministrator"))
	name, image := b.text("name"), b.text("imageUrl")
	if refuseMember(w, b) {
		return
	}
	if email == "" {
		writeValidation(w, fieldError{"Email", "Email is missing"}, fieldError{"Email", "Invalid email"})
		return
	}
	if !plausibleEmail(email) {
		writeValidation(w, fieldError{"Email", "Invalid email"})
		return
	}
	authorised := c.user != nil && s.state.permits(c, createUserPermission, "", "")
	administered := s.state.hasAdmin()
	if administered && !authorised {
		switch {
		case admin:
			writeUnauthenticated(w, "New admin creation isn't authorized to users who are not admin")
			return
		case s.disableRegistration && c.user == nil:
			writeUnauthenticated(w, "New user creation isn't authorized to users who are not admin")
			return
		case s.disableRegistration:
			clear(w.Header())
			writeForbidden(w, createUserPermission)
			return
		case !s.throttle.allow("register "+c.site.ip, s.clock.now()):
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
			w.WriteHeader(http.StatusTooManyRequests)
			encodeJSON(w, shortProblem{http.StatusTooManyRequests, newTraceID()})
			return
		}
	}
	if len([]rune(password)) < 6 && (password != "" || !authorised) {
		writeValidation(w, fieldError{"Password", "Passwords must be at least 6 characters."})
		return
	}
	if s.state.findUser(email) != nil {
		writeValidation(w, fieldError{"Email", "Username '" + email + "' is already taken."})
		return
	}
	u := s.state.newUser(email, password, s.clock.now())
	u.Name, u.ImageURL = name, image
	u.Admin = admin
	u.Approved = authorised || !administered
	if authorised {
		u.Invitation = randomHex(6)
	}
	s.changed = true
	w.Header().Set("Location", c.site.base()+"/GreenfieldUsers") // leads nowhere on the real server too
	writeJSON(w, http.StatusCreated, showUser(u, c))
}

func plausibleEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	return found && local != "" && domain != "" && !strings.ContainsAny(text, " \t\r\n<>,;") && !strings.Contains(domain, "@")
}

func (st *state) hasAdmin() bool {
	for _, u := range st.Users {
		if u.Admin {
			return true
		}
	}
	return false
}

func (s *Sandbox) readMe(w http.ResponseWriter, _ *http.Request, c *caller) {
	writeJSON(w, http.StatusOK, showUser(c.user, c))
}

type apiKeyData struct {
	APIKey      string   `json:"apiKey"`
	Label       string   `json:"label"`
	Permissions []string `json:"permissions"`
}

func showAPIKey(k *apiKey) apiKeyData { return apiKeyData{k.Value, k.Label, k.Permissions} }

func (s *Sandbox) createAPIKey(w http.ResponseWriter, r *http.Request, c *caller) {
	b := bindBody(w, r, c)
	if b == nil {
		return
	}
	label, asked := textOr(b.text("label"), ""), b.texts("permissions")
	if refuseMember(w, b) {
		return
	}
	permissions := []string{}
	for i, text := range asked {
		permission, ok := validPermission(text)
		if !ok {
			writeUnbound(w, fieldError{"permissions[" + strconv.Itoa(i) + "]", "Invalid 'Permission' String"})
			return
		}
		if !slices.Contains(permissions, permission) {
			permissions = append(permissions, permission)
		}
	}
	k := s.state.newAPIKey(c.user, label, permissions)
	s.changed = true
	writeJSON(w, http.StatusOK, showAPIKey(k))
}

func (s *Sandbox) readCurrentKey(w http.ResponseWriter, _ *http.Request, c *caller) {
	writeJSON(w, http.StatusOK, showAPIKey(c.key))
}

func (s *Sandbox) deleteCurrentKey(w http.ResponseWriter, _ *http.Request, c *caller) {
	delete(s.state.APIKeys, c.key.Value)
	s.changed = true
	writeEmpty(w, http.StatusOK)
}

func (s *Sandbox) deleteAPIKey(w http.ResponseWriter, r *http.Request, c *caller) {
	k := s.state.APIKeys[r.PathValue("apikey")]
	if k == nil || k.UserID != c.user.ID {
		writeAPIError(w, http.StatusBadRequest, "apikey-not-found", "This apikey does not exists")
		return
	}
	delete(s.state.APIKeys, k.Value)
	s.changed = true
	writeEmpty(w, http.StatusOK)
}
