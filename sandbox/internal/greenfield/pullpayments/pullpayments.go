package pullpayments

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
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

func show(r *serve.Request, p *world.PullPayment) pullPaymentData {
	data := pullPaymentData{
		StartsAt: p.Starts.Unix(), ID: p.ID, Name: p.Name, Description: p.Description, Currency: p.Currency,
		Amount: p.Amount.Text(), BOLT11Expiration: p.BOLT11Days, Archived: p.Archived,
		ViewLink: r.Site.Base() + "/pull-payments/" + p.ID, AutoApproveClaims: p.AutoApprove,
	}
	if p.Ends != nil {
		data.ExpiresAt = new(p.Ends.Unix())
	}
	return data
}

// list answers a store's pull payments, those that start last first.
func list(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	archived := q.Flag("includeArchived")
	if q.Refuse(w) {
		return
	}
	var found []*world.PullPayment
	for _, p := range r.State.PullPayments {
		if p.StoreID == r.PathValue("storeId") && (archived || !p.Archived) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *world.PullPayment) int { return cmp.Or(b.Starts.Compare(a.Starts), a.Number-b.Number) })
	list := []pullPaymentData{}
	for _, p := range found {
		list = append(list, show(r, p))
	}
	r.Release.WritePullPayments(w, http.StatusOK, list)
}

// find returns the pull payment that the path names. If there is none it answered 404.
func find(w http.ResponseWriter, r *serve.Request) *world.PullPayment {
	p := r.State.PullPayments[r.PathValue("pullPaymentId")]
	if p == nil {
		writeNoPullPayment(w)
	}
	return p
}

func writeNoPullPayment(w http.ResponseWriter) {
	serve.WriteAPIError(w, http.StatusNotFound, "pullpayment-not-found", "The pull payment was not found")
}

func read(w http.ResponseWriter, r *serve.Request) {
	if p := find(w, r); p != nil {
		r.Release.WritePullPayments(w, http.StatusOK, show(r, p))
	}
}

func archive(w http.ResponseWriter, r *serve.Request) {
	if p := find(w, r); p != nil {
		r.World.Archive(p)
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}
