package greenfield

import (
	"context"
	"slices"
)

// A storeTrial is the result of trying one store.
type storeTrial struct {
	id    string
	held  []Permission // the permissions that apply to it
	found findings
	// stranger is set if the server showed the members of the store and the account is
	// not one of them. role is the account's role; it is empty if the server did not show
	// it. allows are the permissions of the role; it is nil if the server did not show
	// them.
	stranger bool
	role     string
	allows   []Permission
}

// maxRole is longer than the name of any role.
const maxRole = 100

// store tries a store, only once. It returns nil if too many stores were tried before.
func (t *trial) store(ctx context.Context, id StoreID) *storeTrial {
	if s, ok := t.stores[string(id)]; ok {
		return s
	}
	if len(t.stores) >= maxTriedStores {
		return nil
	}
	s := &storeTrial{id: string(id), found: findings{}}
	for _, p := range t.held {
		if p.Kind() != StorePermission || p.Scope() == "" || p.Scope() == string(id) {
			s.held = append(s.held, p)
		}
	}
	t.stores[string(id)] = s
	apps := findings{}
	for _, read := range provingReads {
		if !read.inStore() || !Covered(s.held, read.permission.ForStore(id)) || s.found.judge(read.permission).live != LiveUnknown {
			continue
		}
		if read.permission == CanModifyStoreSettings {
			t.read(ctx, read, id, s.held, apps)
			continue
		}
		t.read(ctx, read, id, s.held, s.found)
		if read.permission == CanViewWallet {
			s.join(apps)
		}
	}
	t.askRole(ctx, s)
	return s
}

// join adds the results of the list of apps. They prove that the settings may be changed
// only together with the read of a wallet.
func (s *storeTrial) join(apps findings) {
	wallet := s.found[CanViewWallet]
	for policy, found := range apps {
		if policy == CanModifyStoreSettings && found.live == LiveYes {
			found = wallet // a permission that includes a refused one is refused
		}
		s.found.note(policy, found)
	}
}

// askRole reads the account's role if not every permission works and the key may see the
// role.
func (t *trial) askRole(ctx context.Context, s *storeTrial) {
	settled := func(p Permission) bool {
		return p.Kind() != StorePermission || s.found.judge(p.Policy()).live == LiveYes
	}
	if t.failed != nil || s.found.judge(CanViewStoreSettings).live != LiveYes || !Covered(t.held, CanViewProfile) ||
		!slices.ContainsFunc(s.held, func(p Permission) bool { return !settled(p) }) {
		return
	}
	if t.me == nil {
		me, err := t.c.Users.Me(ctx, t.opts...)
		if err != nil || me.ID == "" {
			return
		}
		t.me = &me
	}
	members, err := t.c.Stores.Members(ctx, StoreID(s.id), t.opts...)
	if err != nil {
		return
	}
	i := slices.IndexFunc(members, func(m StoreMember) bool { return m.UserID == t.me.ID })
	if s.stranger = i < 0; s.stranger {
		return
	}
	id := members[i].Role
	s.role = id[:min(len(id), maxRole)]
	roles, err := t.c.Stores.Roles(ctx, StoreID(s.id), t.opts...)
	if err != nil {
		return
	}
	for _, role := range roles {
		if role.ID == id {
			s.allows = append([]Permission{}, role.Permissions...)
		}
	}
}

// judge derives the result for a policy in the store.
func (s *storeTrial) judge(p Permission) finding {
	found := s.found.judge(p)
	own := s.found[p].live
	switch {
	case own == LiveYes:
	case s.allows != nil && own != LiveNo:
		found = finding{live: LiveNo, reason: RightByRole}
		if slices.ContainsFunc(s.allows, func(held Permission) bool { return includes(held, p) }) {
			found.live = LiveYes
		}
	case s.stranger:
		found = finding{live: LiveNo, reason: RightNoMember}
	case found.live == LiveNo && s.role != "":
		found.reason = RightByRole
	case found.live == LiveNo && len(s.found.with(LiveYes)) == 0:
		found.reason = RightNoAccess
	}
	return found
}

// right returns the Right of a permission in the store.
func (s *storeTrial) right(p Permission, found finding) Right {
	r := s.found.right(p, s.id, found)
	r.Role = s.role
	if r.Live == LiveNo && r.Reason == RightRefused && len(s.found.with(LiveYes)) == 0 {
		r.Reason = RightNoAccess
	}
	return r
}
