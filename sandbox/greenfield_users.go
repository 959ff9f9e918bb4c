package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

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

func (s *Sandbox) showUser(u *world.User, c *caller) userData {
	data := userData{
		ID: u.ID, Email: u.Email, Name: u.Name, ImageURL: u.ImageURL, Approved: u.Approved, Roles: []string{},
		Created: u.Created.Unix(), Disabled: u.Locked(s.world.Now()),
	}
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
	var email, password string
	var name, image *string
	var admin bool
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"CreateApplicationUserRequest", false, func(m *aspnet.Model) {
		email, password = aspnet.Or(m.Text("email"), ""), aspnet.Or(m.Text("password"), "")
		name, image, admin = m.Text("name"), m.Text("imageUrl"), aspnet.Or(m.Bool("isAdministrator"), false)
	}) {
		return
	}
	if email == "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Email is missing"}, aspnet.FieldError{Path: "Email", Message: "Invalid email"})
		return
	}
	if !plausibleEmail(email) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Invalid email"})
		return
	}
	authorised := c.user != nil && may(s.state, c, world.CreateUserPermission, "")
	administered := s.state.Admins() > 0
	if administered && !authorised {
		switch {
		case admin:
			refuseRegistration(w, "New admin creation isn't authorized to users who are not admin")
			return
		case s.disableRegistration && c.user == nil:
			refuseRegistration(w, "New user creation isn't authorized to users who are not admin")
			return
		case s.disableRegistration:
			aspnet.WriteJSON(w, http.StatusForbidden, missingPermission(world.CreateUserPermission))
			return
		case !s.throttle.allow(registerZone, c.site.ip, s.world.Now()):
			aspnet.WriteThrottled(w)
			return
		}
	}
	if password != "" || !authorised {
		if fault := passwordFault(password); fault != "" {
			aspnet.WriteValidation(w, aspnet.FieldError{Path: "Password", Message: fault})
			return
		}
	}
	if s.state.FindUser(email) != nil {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Username '" + email + "' is already taken."})
		return
	}
	u := s.state.NewUser(email, password, s.world.Now())
	u.Name, u.ImageURL = name, image
	u.Admin = admin
	u.Approved = !administered || authorised && may(s.state, c, world.ModifyServerSettings, "") // recording 26-users
	if c.user != nil {
		u.Invitation = random.Hex(6)
	}
	w.Header().Set("Location", c.site.base()+"/GreenfieldUsers") // leads nowhere on the real server too
	s.release.WriteUsers(w, http.StatusCreated, s.showUser(u, c))
}

// passwordFault is what is wrong with a password; "" if it will do.
func passwordFault(password string) string {
	if len([]rune(password)) < 6 {
		return "Passwords must be at least 6 characters."
	}
	return ""
}

// refuseRegistration answers from the controller, so with all headers.
func refuseRegistration(w http.ResponseWriter, message string) {
	aspnet.WriteJSON(w, http.StatusUnauthorized, apiError{Code: "unauthenticated", Message: message})
}

func plausibleEmail(text string) bool {
	local, domain, found := strings.Cut(text, "@")
	return found && local != "" && domain != "" && !strings.ContainsAny(text, " \t\r\n<>,;") && !strings.Contains(domain, "@")
}

// listUsers gives them by their age; the server has no order.
func (s *Sandbox) listUsers(w http.ResponseWriter, _ *http.Request, c *caller) {
	users := []userData{}
	for _, u := range s.state.AllUsers() {
		users = append(users, s.showUser(u, c))
	}
	s.release.WriteUsers(w, http.StatusOK, users)
}

func (s *Sandbox) readUser(w http.ResponseWriter, r *http.Request, c *caller) {
	if u := s.userOf(w, r); u != nil {
		s.release.WriteUsers(w, http.StatusOK, s.showUser(u, c))
	}
}

// userOf finds who an address names, by id or e-mail; nil means a refusal was answered.
func (s *Sandbox) userOf(w http.ResponseWriter, r *http.Request) *world.User {
	u := s.state.FindUserBy(r.PathValue("idOrEmail"))
	if u == nil {
		writeAPIError(w, http.StatusNotFound, "user-not-found", "The user was not found")
	}
	return u
}

// lockUser keeps a user out, or lets one in again; keys are kept out with their user.
func (s *Sandbox) lockUser(w http.ResponseWriter, r *http.Request, c *caller) {
	var locked bool
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"LockUserRequest", false, func(m *aspnet.Model) { locked = aspnet.Or(m.Bool("locked"), false) }) {
		return
	}
	u := s.userOf(w, r)
	if u == nil {
		return
	}
	u.LockedUntil = time.Time{}
	if locked {
		u.LockedUntil = world.Forever
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}

// approveUser never finds anybody who waits: nobody has to here.
func (s *Sandbox) approveUser(w http.ResponseWriter, r *http.Request, c *caller) {
	if !aspnet.Bind(w, r, c.body, aspnet.ModelNames+"ApproveUserRequest", false, func(m *aspnet.Model) { m.Bool("approved") }) {
		return
	}
	if s.userOf(w, r) != nil {
		writeAPIError(w, http.StatusBadRequest, "invalid-state", "Approving user failed: No approval required")
	}
}

func (s *Sandbox) deleteUser(w http.ResponseWriter, r *http.Request, _ *caller) {
	if u := s.userOf(w, r); u != nil {
		s.removeUser(w, u)
	}
}

// removeUser forgets a user with all keys, log-ins and memberships; stores stay. The last administrator stays too.
func (s *Sandbox) removeUser(w http.ResponseWriter, u *world.User) {
	if u.Admin && s.state.Admins() == 1 {
		writeForbidden(w, world.ModifyServerSettings)
		return
	}
	s.state.DeleteUser(u)
	aspnet.WriteEmpty(w, http.StatusOK)
}
