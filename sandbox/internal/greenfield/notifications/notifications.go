package notifications

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type notificationData struct {
	ID          string `json:"id"`
	Identifier  string `json:"identifier"`
	Type        string `json:"type"`
	Body        string `json:"body"`
	StoreID     string `json:"storeId"`
	Seen        bool   `json:"seen"`
	Link        string `json:"link"`
	CreatedTime int64  `json:"createdTime"`
}

func show(r *serve.Request, n *world.Notification) notificationData {
	return notificationData{n.ID, n.Identifier, n.Type, n.Body, n.StoreID, n.Seen, r.Site.Root + n.Link, n.Created.Unix()}
}

// What is unseen beyond mostUnseen counts as seen once there is half as much again.
const mostUnseen = 100

// list answers the newest first. The server ignores skip if the request has take, and filters by store after the page is
// cut (NotificationManager.cs).
func list(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	skip, take := q.Int("skip"), q.Int("take")
	seen, filtered := q.Bool("seen"), strings.TrimSpace(aspnet.QueryValue(r.Request, "seen")) != ""
	if q.Refuse(w) {
		return
	}
	if aspnet.Or(skip, 0) < 0 && take == nil || aspnet.Or(take, 0) < 0 { // the database refuses it
		aspnet.WriteCrash(w)
		return
	}
	found := r.State.NotificationsOf(r.User.ID)
	if filtered {
		found = slices.DeleteFunc(found, func(n *world.Notification) bool { return n.Seen != seen })
	}
	page := found
	switch all := int64(len(page)); {
	case take != nil:
		page = page[:min(*take, all)]
	case skip != nil:
		page = page[min(*skip, all):]
	}
	stores := slices.DeleteFunc(aspnet.QueryValues(r.Request, "storeId"), func(id string) bool { return id == "" })
	shown := []notificationData{}
	for _, n := range page {
		if len(stores) == 0 || slices.ContainsFunc(stores, func(id string) bool { return strings.EqualFold(id, n.StoreID) }) {
			shown = append(shown, show(r, n))
		}
	}
	if filtered && !seen && len(found) >= mostUnseen+mostUnseen/2 {
		for _, n := range found[mostUnseen:] {
			n.Seen = true
			r.State.TouchNotification(n.ID)
		}
	}
	aspnet.WriteJSON(w, http.StatusOK, shown)
}

// read crashes if the user has no such notification (recording 27-notifications).
func read(w http.ResponseWriter, r *serve.Request) {
	n := r.State.FindNotification(r.User.ID, r.PathValue("id"))
	if n == nil {
		aspnet.WriteCrash(w)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, show(r, n))
}

// update marks a notification as seen or unseen. Without a value it is the other one then.
func update(w http.ResponseWriter, r *serve.Request) {
	var seen *bool
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"UpdateNotification", true, func(m *aspnet.Model) { seen = m.Bool("seen") }) {
		return
	}
	n := r.State.FindNotification(r.User.ID, r.PathValue("id"))
	if n == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "notification-not-found", "The notification was not found")
		return
	}
	n.Seen = aspnet.Or(seen, !n.Seen)
	r.State.TouchNotification(n.ID)
	aspnet.WriteJSON(w, http.StatusOK, show(r, n))
}

// remove answers the same if there is nothing to remove.
func remove(w http.ResponseWriter, r *serve.Request) {
	if n := r.State.FindNotification(r.User.ID, r.PathValue("id")); n != nil {
		r.State.RemoveNotification(n)
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}
