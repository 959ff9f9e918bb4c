package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type pullPaymentContent struct {
	Description, Status, Starts, Ends string
	Currency                          string
	Left, Claimed, Limit              string
	Pending                           bool // something can be claimed, now or later
	Claims                            []shownClaim

	// As they are in the form.
	Destination, ClaimedAmount string
}

// shownClaim is a payout as the page shows it.
type shownClaim struct{ Destination, Method, Amount, State string }

// pullPaymentPage shows a pull payment to any caller who has its address, with a form to claim from it.
func pullPaymentPage(w http.ResponseWriter, r *serve.Request) { showPullPayment(w, r) }

// showPullPayment shows the page of a pull payment, with what is wrong with a claim.
func showPullPayment(w http.ResponseWriter, r *serve.Request, wrong ...string) {
	p := r.State.PullPayments[r.PathValue("pullPaymentId")]
	if p == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	now := r.World.Now()
	claimed := r.State.Claimed(p)
	left := p.Amount.Sub(claimed)
	content := pullPaymentContent{
		Description: p.Description, Status: p.Status(now), Starts: p.Starts.Format(pageTime), Currency: strings.ToUpper(p.Currency),
		Left: money.WithCode(left, p.Currency), Claimed: money.WithCode(claimed, p.Currency), Limit: money.WithCode(p.Amount, p.Currency),
		Pending:     !p.Archived && !p.Expired(now) && left.Sign() > 0,
		Destination: r.PostFormValue("Destination"), ClaimedAmount: left.Text(),
	}
	if r.Method == http.MethodPost {
		content.ClaimedAmount = r.PostFormValue("ClaimedAmount")
	}
	if p.Ends != nil {
		content.Ends = p.Ends.Format(pageTime)
	}
	claims := r.State.PayoutsOfPullPayment(p.ID)
	slices.SortStableFunc(claims, func(a, b *world.Payout) int { return b.Date.Compare(a.Date) })
	for _, c := range claims {
		content.Claims = append(content.Claims, shownClaim{c.Destination, c.Method, money.WithCode(c.OriginalAmount, c.OriginalCurrency), c.State.InWords()})
	}
	title := p.Name
	if strings.TrimSpace(title) == "" {
		title = "Pull payment"
	}
	var alerts []world.Flash
	for _, text := range wrong {
		alerts = append(alerts, world.Flash{Severity: "error", Text: text})
	}
	showPage(w, r, "pull-payment", title, content, alerts...)
}

// claimByForm makes a payout from a pull payment, by the first of its methods.
func claimByForm(w http.ResponseWriter, r *serve.Request) {
	p := r.State.PullPayments[r.PathValue("pullPaymentId")]
	if p == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	text := r.PostFormValue("Destination")
	if text == "" {
		showPullPayment(w, r, "Please provide a destination")
		return
	}
	c := world.Claim{Store: r.State.Stores[p.StoreID], PullPayment: p, Method: world.OnChain, Metadata: []byte("{}")}
	var why string
	if c.Destination, why = r.World.ParseDestination(&c, text); why != "" {
		showPullPayment(w, r, why)
		return
	}
	asked, ok := formAmount(r.PostFormValue("ClaimedAmount"))
	if !ok {
		showPullPayment(w, r, "The value '"+r.PostFormValue("ClaimedAmount")+"' is not valid for ClaimedAmount.")
		return
	}
	if c.Amount, why = c.ClaimedAmount(asked); why != "" {
		showPullPayment(w, r, why)
		return
	}
	switch _, refusal := r.World.ClaimPayout(c); refusal {
	case "":
		redirect(w, r, "/pull-payments/"+p.ID)
	case world.RefusedBroken:
		aspnet.WriteCrash(w)
	default:
		showPullPayment(w, r, refusal.Message())
	}
}

// formAmount reads an amount of a form. None, and 0, mean all that is left.
func formAmount(text string) (*money.Decimal, bool) {
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	amount, err := money.ParseText(text)
	if err != nil {
		return nil, false
	}
	if amount.Sign() == 0 {
		return nil, true
	}
	return &amount, true
}
