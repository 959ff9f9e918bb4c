package subscriptions

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// createPortalSession checks the body before the credential, and answers an empty list of errors if only the selector is
// missing.
func createPortalSession(w http.ResponseWriter, r *serve.Request) {
	var storeID, offeringID, selector *string
	var lasting time.Duration
	if !aspnet.BindParameter(w, r.Request, r.Content, aspnet.ModelNames+"CreatePortalSessionRequest", "model", func(m *aspnet.Model) {
		storeID, offeringID, selector = m.Text("storeId"), m.Text("offeringId"), m.Text("customerSelector")
		lasting = aspnet.Or(m.Span("durationMinutes", time.Minute), 0)
	}) {
		return
	}
	by, bad := selectorOf(selector)
	if storeID == nil {
		bad = append(bad, aspnet.FieldError{Path: "StoreId", Message: "StoreId is required"})
	}
	if offeringID == nil {
		bad = append(bad, aspnet.FieldError{Path: "OfferingId", Message: "OfferingId is required"})
	}
	if by == nil || bad != nil {
		aspnet.WriteValidation(w, append([]aspnet.FieldError{}, bad...)...)
		return
	}
	if !mayManage(w, r, storeID) || crashes(w, []*string{selector}) {
		return
	}
	o := r.State.Offerings[*offeringID]
	if o == nil || o.StoreID != *storeID || r.State.FindSubscriber(o, *by) == nil {
		writeNoSubscriber(w)
		return
	}
	p := &world.PortalSession{SubscriberID: r.State.FindSubscriber(o, *by).ID, Base: r.Site.Base()}
	r.World.AddPortalSession(p, lasting)
	writePortalSession(w, r, p)
}

func readPortalSession(w http.ResponseWriter, r *serve.Request) {
	p := r.State.PortalSessions[r.PathValue("portalSessionId")]
	if p == nil {
		serve.WriteAPIError(w, http.StatusNotFound, "portal-session-not-found", "The portal session was not found")
		return
	}
	writePortalSession(w, r, p)
}

func writePortalSession(w http.ResponseWriter, r *serve.Request, p *world.PortalSession) {
	aspnet.WriteJSON(w, http.StatusOK, r.State.ShowPortalSession(p, r.World.Now()))
}
