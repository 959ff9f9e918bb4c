package users

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// userData is a user as the API shows one. The sandbox has no approvals and no confirmations by e-mail.
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

func showUser(r *serve.Request, u *world.User) userData {
	data := userData{
		ID: u.ID, Email: u.Email, Name: u.Name, ImageURL: u.ImageURL, Approved: u.Approved, Roles: []string{},
		Created: u.Created.Unix(), Disabled: u.Locked(r.World.Now()),
	}
	if u.Admin {
		data.Roles = append(data.Roles, "ServerAdmin")
	}
	if u.Invitation != "" {
		data.InvitationURL = new(r.Site.Base() + "/invite/" + u.ID + "/" + u.Invitation)
	}
	return data
}

// createUser is open to all callers as long as there is no administrator, then to callers who may create users, and to all
// others unless registration is disabled.
func createUser(w http.ResponseWriter, r *serve.Request) {
	var email, password string
	var name, image *string
	var admin bool
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreateApplicationUserRequest", false, func(m *aspnet.Model) {
		email, password = aspnet.Or(m.Text("email"), ""), aspnet.Or(m.Text("password"), "")
		name, image, admin = m.Text("name"), m.Text("imageUrl"), aspnet.Or(m.Bool("isAdministrator"), false)
	}) {
		return
	}
	if email == "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Email is missing"}, aspnet.FieldError{Path: "Email", Message: "Invalid email"})
		return
	}
	if !greenfield.PlausibleEmail(email) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Invalid email"})
		return
	}
	authorised := r.User != nil && r.May(world.CreateUserPermission, "")
	administered := r.State.Admins() > 0
	if administered && !authorised {
		switch {
		case admin:
			refuseRegistration(w, "New admin creation isn't authorized to users who are not admin")
			return
		case r.RegistrationDisabled() && r.User == nil:
			refuseRegistration(w, "New user creation isn't authorized to users who are not admin")
			return
		case r.RegistrationDisabled():
			aspnet.WriteJSON(w, http.StatusForbidden, serve.MissingPermission(world.CreateUserPermission))
			return
		case !r.Allow(serve.RegisterZone):
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
	if r.State.FindUser(email) != nil {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Username '" + email + "' is already taken."})
		return
	}
	u := r.State.NewUser(email, password, r.World.Now())
	u.Name, u.ImageURL = name, image
	u.Admin = admin
	u.Approved = !administered || authorised && r.May(world.ModifyServerSettings, "") // recording 26-users
	if r.User != nil {
		u.Invitation = random.Hex(6)
	}
	w.Header().Set("Location", r.Site.Base()+"/GreenfieldUsers") // leads nowhere on the real server too
	r.Release.WriteUsers(w, http.StatusCreated, showUser(r, u))
}

// passwordFault returns what is wrong with a password, "" if nothing is.
func passwordFault(password string) string {
	if len([]rune(password)) < 6 {
		return "Passwords must be at least 6 characters."
	}
	return ""
}

// refuseRegistration answers as a controller, so with all headers.
func refuseRegistration(w http.ResponseWriter, message string) {
	aspnet.WriteJSON(w, http.StatusUnauthorized, serve.APIError{Code: "unauthenticated", Message: message})
}

// listUsers answers the oldest users first; the server has no order.
func listUsers(w http.ResponseWriter, r *serve.Request) {
	users := []userData{}
	for _, u := range r.State.AllUsers() {
		users = append(users, showUser(r, u))
	}
	r.Release.WriteUsers(w, http.StatusOK, users)
}

func readUser(w http.ResponseWriter, r *serve.Request) {
	if u := greenfield.User(w, r); u != nil {
		r.Release.WriteUsers(w, http.StatusOK, showUser(r, u))
	}
}

// lockUser locks or unlocks a user with all their keys.
func lockUser(w http.ResponseWriter, r *serve.Request) {
	var locked bool
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"LockUserRequest", false, func(m *aspnet.Model) { locked = aspnet.Or(m.Bool("locked"), false) }) {
		return
	}
	u := greenfield.User(w, r)
	if u == nil {
		return
	}
	u.LockedUntil = time.Time{}
	if locked {
		u.LockedUntil = world.Forever
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}

// approveUser answers that no approval is required, which is so for all users of a sandbox.
func approveUser(w http.ResponseWriter, r *serve.Request) {
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"ApproveUserRequest", false, func(m *aspnet.Model) { m.Bool("approved") }) {
		return
	}
	if greenfield.User(w, r) != nil {
		serve.WriteAPIError(w, http.StatusBadRequest, "invalid-state", "Approving user failed: No approval required")
	}
}

func deleteUser(w http.ResponseWriter, r *serve.Request) {
	if u := greenfield.User(w, r); u != nil {
		removeUser(w, r, u)
	}
}

// removeUser deletes a user with all keys, sessions and memberships, but no stores. The last administrator cannot be
// deleted.
func removeUser(w http.ResponseWriter, r *serve.Request, u *world.User) {
	if u.Admin && r.State.Admins() == 1 {
		serve.WriteForbidden(w, world.ModifyServerSettings)
		return
	}
	r.State.DeleteUser(u)
	aspnet.WriteEmpty(w, http.StatusOK)
}
