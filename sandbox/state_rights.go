package sandbox

// userMay tells whether the user's own rights include a permission, now: by the role in a store, with the right to see the
// settings of any, and what that includes, for administrators, whose are the server's permissions. What is neither's is
// everybody's.
func (st *state) userMay(u *user, permission, storeID string) bool {
	switch {
	case isStorePermission(permission):
		s := st.Stores[storeID]
		if s == nil {
			return false
		}
		role := s.roleOf(u)
		return role != nil && role.permits(permission) || u.Admin && includes(viewStoreSettings, permission)
	case isServerPermission(permission):
		return u.Admin
	}
	return true
}
