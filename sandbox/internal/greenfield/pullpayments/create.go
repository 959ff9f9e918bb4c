package pullpayments

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type createRequest struct {
	name, description, currency *string
	amount                      *money.Decimal
	bolt11                      *time.Duration
	starts, ends                *int64
	methods                     []*string // nil: those of the store
	autoApprove                 bool
}

func readCreateRequest(m *aspnet.Model, rel release.Release) *createRequest {
	q := &createRequest{
		name: m.Text("name"), description: m.Text("description"), currency: m.Text("currency"), amount: m.PlainDecimal("amount"),
		bolt11: m.Span("BOLT11Expiration", day), starts: m.Timestamp("startsAt"), ends: m.Timestamp("expiresAt"),
	}
	m.SetTexts(rel.PayoutMethodsField(), &q.methods)
	m.SetBool("autoApproveClaims", &q.autoApprove)
	return q
}

const day = 24 * time.Hour

// longestName is the most characters of a name, in units of UTF-16.
const longestName = 50

// create makes a pull payment. One whose claims are approved by themselves needs a further permission.
func create(w http.ResponseWriter, r *serve.Request) {
	var q *createRequest
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"CreatePullPaymentRequest", true, func(m *aspnet.Model) { q = readCreateRequest(m, r.Release) }) {
		return
	}
	if q.autoApprove && refuseApproving(w, r) {
		return
	}
	st := r.Store()
	p, bad := pullPayment(st, q, r.Release)
	if bad != nil {
		aspnet.WriteValidation(w, bad...)
		return
	}
	if len(p.Methods) == 0 || strings.Contains(p.Name+p.Description, "\x00") { // nothing that its database takes
		aspnet.WriteCrash(w)
		return
	}
	r.State.AddPullPayment(p)
	r.Release.WritePullPayments(w, http.StatusOK, show(r, p))
}

// refuseApproving answers 403 if the caller may not approve payouts in advance, and reports whether it did.
func refuseApproving(w http.ResponseWriter, r *serve.Request) bool {
	if r.May(world.CreatePullPayments, r.Store().ID) {
		return false
	}
	aspnet.WriteJSON(w, http.StatusForbidden, serve.MissingPermission(world.CreatePullPayments))
	return true
}

// pullPayment returns the pull payment that a request is for, or what is wrong with the request.
func pullPayment(st *world.Store, q *createRequest, rel release.Release) (*world.PullPayment, []aspnet.FieldError) {
	p := &world.PullPayment{
		StoreID: st.ID, Name: aspnet.Or(q.name, ""), Description: aspnet.Or(q.description, ""), Amount: aspnet.Or(q.amount, money.Decimal{}),
		BOLT11Days: st.RefundBOLT11Expiration, AutoApprove: q.autoApprove,
	}
	var bad []aspnet.FieldError
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	if p.Amount.Sign() <= 0 {
		refuse("Amount", "The amount should more than 0.")
	}
	if len(utf16.Encode([]rune(p.Name))) > longestName {
		refuse("Name", "The name should be maximum 50 characters.")
	}
	if q.currency == nil {
		refuse("Currency", "This field is required")
	} else {
		p.Currency = strings.TrimSpace(strings.ToUpper(*q.currency))
		if _, known := money.Lookup(p.Currency); !known {
			refuse("Currency", "Invalid currency")
		}
	}
	if q.starts != nil {
		p.Starts = time.Unix(*q.starts, 0).UTC()
	}
	if q.ends != nil {
		p.Ends = new(time.Unix(*q.ends, 0).UTC())
		if q.starts != nil && *q.ends < *q.starts {
			refuse("ExpiresAt", "expiresAt should be higher than startAt")
		}
	}
	if q.bolt11 != nil {
		p.BOLT11Days = int64(*q.bolt11 / day)
		if *q.bolt11 < 0 {
			refuse("BOLT11Expiration", "The BOLT11 expiration should be positive")
		}
	}
	return p, append(bad, q.setMethods(p, st, rel)...)
}

// setMethods sets the payout methods of a request: those of the store, if it names none. It says what is wrong with them.
func (q *createRequest) setMethods(p *world.PullPayment, st *world.Store, rel release.Release) (bad []aspnet.FieldError) {
	field := aspnet.Pascal(rel.PayoutMethodsField())
	refuse := func(path, message string) { bad = append(bad, aspnet.FieldError{Path: path, Message: message}) }
	switch {
	case q.methods == nil && rel.NeedsPayoutMethods():
		refuse(field, "This field is required")
		return bad
	case q.methods == nil:
		if p.Methods = st.PayoutMethods(); len(p.Methods) > 0 || !rel.RefusesNoPayoutMethods() {
			return nil
		}
	default:
		p.Methods = []string{}
	}
	for i, name := range q.methods {
		id, ok := rel.PayoutMethodID(aspnet.Or(name, ""))
		if !ok || !slices.Contains(st.PayoutMethods(), id) {
			refuse(field+"["+strconv.Itoa(i)+"]", "Invalid or unsupported payment method")
		}
		p.Methods = append(p.Methods, id)
	}
	if len(q.methods) == 0 && !rel.NeedsPayoutMethods() {
		refuse(field, "At least one payout method is required")
	}
	return bad
}
