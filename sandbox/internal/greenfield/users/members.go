package users

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// memberData is a member of a store: the user, with the role under the old and the new name of the field.
type memberData struct {
	StoreRole string `json:"storeRole"`
	userData
	UserID string `json:"userId"`
	Role   string `json:"role"`
}

// listMembers answers the owners first; the server has no order. It omits the users' roles on the server (recording
// 18-store-users-roles).
func listMembers(w http.ResponseWriter, r *serve.Request) {
	members := []memberData{}
	for id, role := range r.Store().Members {
		m := memberData{StoreRole: role, userData: showUser(r, r.State.Users[id]), UserID: id, Role: role}
		m.Roles = []string{}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b memberData) int {
		return cmp.Or(cmp.Compare(world.Rank(a.Role), world.Rank(b.Role)), cmp.Compare(a.Email, b.Email))
	})
	r.Release.WriteUsers(w, http.StatusOK, members)
}

func listRoles(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, r.Release.Roles())
}

// readMember reads a member, whose fields had other names in older releases.
func readMember(m *aspnet.Model) (idOrEmail, role string) {
	idOrEmail = aspnet.Or(m.Text("id"), aspnet.Or(m.Text("userId"), ""))
	return idOrEmail, aspnet.Or(m.Text("storeRole"), aspnet.Or(m.Text("role"), world.OwnerRole))
}

func addMember(w http.ResponseWriter, r *serve.Request) {
	var who, role string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"StoreUserData", false, func(m *aspnet.Model) { who, role = readMember(m) }) {
		return
	}
	st, u := r.Store(), r.State.FindUserBy(who)
	if u == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "user-not-found", "The user was not found")
		return
	}
	if refuseRole(w, r, role) {
		return
	}
	if st.Members[u.ID] != "" {
		refuseDuplicate(w)
		return
	}
	setRole(w, st, u, role)
}

// changeMember sets the role of a member. A user who is not a member becomes one (recording 18-store-users-roles).
func changeMember(w http.ResponseWriter, r *serve.Request) {
	var role string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"StoreUserData", false, func(m *aspnet.Model) { _, role = readMember(m) }) {
		return
	}
	st, u := r.Store(), greenfield.User(w, r)
	switch {
	case u == nil || refuseRole(w, r, role):
	case st.Members[u.ID] == role:
		refuseDuplicate(w)
	case st.IsOnlyOwner(u):
		refuseOrphan(w)
	default:
		setRole(w, st, u, role)
	}
}

// removeMember ends a membership. The server crashes if there is none (recording 18-store-users-roles).
func removeMember(w http.ResponseWriter, r *serve.Request) {
	st, u := r.Store(), greenfield.User(w, r)
	switch {
	case u == nil:
	case st.Members[u.ID] == "":
		aspnet.WriteCrash(w)
	case st.IsOnlyOwner(u):
		refuseOrphan(w)
	default:
		delete(st.Members, u.ID)
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}

func setRole(w http.ResponseWriter, st *world.Store, u *world.User, role string) {
	st.Members[u.ID] = role
	aspnet.WriteEmpty(w, http.StatusOK)
}

func refuseRole(w http.ResponseWriter, r *serve.Request, role string) bool {
	if i := world.Rank(role); i >= 0 && i < len(r.Release.Roles()) {
		return false
	}
	aspnet.WriteValidation(w, aspnet.FieldError{Path: "StoreRole", Message: "The role id provided does not exist"})
	return true
}

func refuseDuplicate(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusConflict, "duplicate-store-user-role", "The user is already added to the store")
}

func refuseOrphan(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusConflict, "store-user-role-orphaned", "Removing this user would result in the store having no owner.")
}
