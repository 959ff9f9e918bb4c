package sandbox

import (
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type pullPaymentData struct {
	StartsAt          int64  `json:"startsAt"`
	ExpiresAt         *int64 `json:"expiresAt"`
	ID                string `json:"id"`
	Name              string `json:"name"`
	Description       string `json:"description"`
	Currency          string `json:"currency"`
	Amount            string `json:"amount"`
	BOLT11Expiration  int64  `json:"BOLT11Expiration"` // days
	Archived          bool   `json:"archived"`
	ViewLink          string `json:"viewLink"`
	AutoApproveClaims bool   `json:"autoApproveClaims"`
}

func showPullPayment(p *world.PullPayment, c *caller) pullPaymentData {
	return pullPaymentData{
		StartsAt: p.Starts.Unix(), ID: p.ID, Name: p.Name, Description: p.Description, Currency: p.Currency,
		Amount: p.Amount.Text(), BOLT11Expiration: p.BOLT11Days, Archived: p.Archived,
		ViewLink: c.site.base() + "/pull-payments/" + p.ID, AutoApproveClaims: p.AutoApprove,
	}
}

// listPullPayments gives a store's, newest first.
func (s *Sandbox) listPullPayments(w http.ResponseWriter, r *http.Request, c *caller) {
	q := &aspnet.Query{Request: r}
	archived := q.Bool("includeArchived")
	if q.Refuse(w) {
		return
	}
	var found []*world.PullPayment
	for _, p := range s.state.PullPayments {
		if p.StoreID == r.PathValue("storeId") && (archived || !p.Archived) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *world.PullPayment) int { return b.Number - a.Number })
	list := []pullPaymentData{}
	for _, p := range found {
		list = append(list, showPullPayment(p, c))
	}
	aspnet.WriteJSON(w, http.StatusOK, list)
}

// readPullPayment is for whoever has its address.
func (s *Sandbox) readPullPayment(w http.ResponseWriter, r *http.Request, c *caller) {
	p := s.state.PullPayments[r.PathValue("pullPaymentId")]
	if p == nil {
		writeAPIError(w, http.StatusNotFound, "pullpayment-not-found", "The pull payment was not found")
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, showPullPayment(p, c))
}

func (s *Sandbox) archivePullPayment(w http.ResponseWriter, r *http.Request, _ *caller) {
	s.state.PullPayments[r.PathValue("pullPaymentId")].Archived = true
	aspnet.WriteEmpty(w, http.StatusOK)
}
