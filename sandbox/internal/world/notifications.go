package world

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// Notification is a message to a user about something that happened in a store.
type Notification struct {
	ID      string
	Number  int // order of creation
	UserID  string
	StoreID string
	Created time.Time
	Seen    bool
	Notice
}

// Notice is what a notification says.
type Notice struct {
	Identifier string // what happened
	Type       string // what it happened to
	Body       string
	Link       string // below the root path
}

// AllNotifications means all identifiers that a user may switch off.
const AllNotifications = "all"

// mostNotifications bounds those of a user. The server has no bound.
const mostNotifications = 1000

// wants reports whether a user gets notifications of an identifier: neither it nor what it begins with is switched off. The
// server looks for the names in one text, so that only whole names with the same capitals count (NotificationSender.cs).
func (u *User) wants(identifier string) bool {
	if slices.Contains(u.NoNotifications, AllNotifications) {
		return false
	}
	off := strings.Join(append(slices.Clone(u.NoNotifications), ""), ";")
	for i := range len(identifier) {
		if identifier[i] == '_' && strings.Contains(off, identifier[:i]+";") {
			return false
		}
	}
	return !strings.Contains(off, identifier+";")
}

// NotifyStore sends a notice to the members of a store who want it.
func (w *World) NotifyStore(storeID string, notice Notice) {
	st := w.State
	store := st.Stores[storeID]
	if store == nil {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(store.Members)) {
		u := st.Users[id]
		if u == nil || !u.wants(notice.Identifier) {
			continue
		}
		n := &Notification{ID: random.UUID(), Number: st.Number(), UserID: u.ID, StoreID: storeID, Created: w.Now(), Notice: notice}
		st.Notifications[n.ID] = n
		of := append(st.notificationsOf[u.ID], n)
		if len(of) > mostNotifications {
			st.dropNotification(of[0])
			of = of[1:]
		}
		st.notificationsOf[u.ID] = of
		st.TouchNotification(n.ID)
	}
}

// NotificationsOf returns those of a user, newest first.
func (st *State) NotificationsOf(userID string) []*Notification {
	list := slices.Clone(st.notificationsOf[userID])
	slices.Reverse(list)
	return list
}

// FindNotification returns a notification of a user; nil if the user has none with that id.
func (st *State) FindNotification(userID, id string) *Notification {
	if n := st.Notifications[id]; n != nil && n.UserID == userID {
		return n
	}
	return nil
}

// RemoveNotification removes a notification.
func (st *State) RemoveNotification(n *Notification) {
	st.notificationsOf[n.UserID] = slices.DeleteFunc(st.notificationsOf[n.UserID], func(other *Notification) bool { return other == n })
	st.dropNotification(n)
}

func (st *State) dropNotification(n *Notification) {
	delete(st.Notifications, n.ID)
	st.TouchNotification(n.ID)
}

// TouchNotification marks a notification as changed or removed.
func (st *State) TouchNotification(id string) {
	st.touchedNotifications[id] = st.Notifications[id]
	st.Change()
}

func (st *State) indexNotifications() {
	st.notificationsOf = map[string][]*Notification{}
	for _, n := range st.Notifications {
		st.notificationsOf[n.UserID] = append(st.notificationsOf[n.UserID], n)
	}
	for _, of := range st.notificationsOf {
		slices.SortFunc(of, func(a, b *Notification) int { return cmp.Compare(a.Number, b.Number) })
	}
}
