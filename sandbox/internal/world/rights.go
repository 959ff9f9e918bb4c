package world

// UserMay tells whether the user's own rights include a permission, now: by the role in a store, with the right to see the
// settings of any, and what that includes, for administrators, whose are the server's permissions. What is neither's is
// everybody's.
func (st *State) UserMay(u *User, permission, storeID string) bool {
	switch {
	case IsStorePermission(permission):
		s := st.Stores[storeID]
		if s == nil {
			return false
		}
		role := s.RoleOf(u)
		return role != nil && role.permits(permission) || u.Admin && Includes(ViewStoreSettings, permission)
	case IsServerPermission(permission):
		return u.Admin
	}
	return true
}
