package sandbox

import (
	"cmp"
	"slices"
)

// apiKey is a Greenfield key.
type apiKey struct {
	Value       string
	UserID      string
	Label       string
	Permissions []string
	Number      int // keys are told in the order of their making
	// AppIdentifier and AppRedirect are those of the consent page that made the key.
	AppIdentifier string
	AppRedirect   string
}

// keysOf lists a user's keys, oldest first.
func (st *state) keysOf(u *user) []*apiKey {
	var keys []*apiKey
	for _, k := range st.APIKeys {
		if k.UserID == u.ID {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b *apiKey) int { return cmp.Or(a.Number-b.Number, cmp.Compare(a.Value, b.Value)) })
	return keys
}

func (st *state) newAPIKey(u *user, label string, permissions []string) *apiKey {
	k := &apiKey{Value: randomHex(20), UserID: u.ID, Label: label, Permissions: permissions, Number: st.number()}
	st.APIKeys[k.Value] = k
	return k
}

// findKeyOf looks a key of that user up by its value; nil if the user has none such.
func (st *state) findKeyOf(u *user, value string) *apiKey {
	if k := st.APIKeys[value]; k != nil && k.UserID == u.ID {
		return k
	}
	return nil
}
