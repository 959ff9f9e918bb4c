package world

// UserMay reports whether the user currently has a permission: for a store's permission by the role in that store,
// and for administrators also the right to view its settings, with what that includes; the server's permissions are
// those of administrators. All users have the other permissions.
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
