package world

import (
	"maps"
	"time"
)

// remembered is for how long the server knows the store of something that was removed after the last request for it.
const remembered = 10 * time.Minute

// removedThing is something that was removed, as long as the server remembers its store.
type removedThing struct {
	storeID string
	until   time.Time
}

// forgetting notes something that was removed, and drops what is forgotten by now.
func (st *State) forgetting(id, storeID string) {
	now := st.now()
	maps.DeleteFunc(st.removed, func(_ string, r *removedThing) bool { return !now.Before(r.until) })
	st.removed[id] = &removedThing{storeID, now.Add(remembered)}
}

// storeOfRemoved returns the store of something that was removed. The server keeps which id belongs to which store, also
// of what was removed, until ten minutes pass without a request for it (recordings 22-webhooks and 25-apps, and by the
// source).
func (st *State) storeOfRemoved(id string) (storeID string, known bool) {
	r := st.removed[id]
	if r == nil || !st.now().Before(r.until) {
		return "", false
	}
	r.until = st.now().Add(remembered)
	return r.storeID, true
}

// StoreOfWebhook returns the store of a webhook.
func (st *State) StoreOfWebhook(id string) (storeID string, known bool) {
	if h := st.Webhooks[id]; h != nil {
		return h.StoreID, true
	}
	return st.storeOfRemoved(id)
}

// StoreOfApp returns the store of an app.
func (st *State) StoreOfApp(id string) (storeID string, known bool) {
	if a := st.Apps[id]; a != nil {
		return a.StoreID, true
	}
	return st.storeOfRemoved(id)
}
