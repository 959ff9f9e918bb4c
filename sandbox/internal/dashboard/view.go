package dashboard

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// view is what the page shows. It has no secret.
type view struct {
	Token, Root, Version, Store string
	Last                        string // the id of the newest request
	Requests                    []requestRow
	sections
}

// sections are the parts of the page that are sent as a whole when they change.
type sections struct {
	Invoices   invoiceSection
	Webhooks   webhookSection
	Deliveries deliverySection
	Pairings   pairingSection
	Clock      clockSection
	Faults     faultSection
}

// form is what each form of the page needs.
type form struct{ Token, Root string }

type requestRow struct {
	Number                                     uint64
	Time, Method, Path, Credential, Permission string
	Status                                     string
	Refused                                    bool
	Reason                                     string
}

type invoiceSection struct {
	form
	Rows []invoiceRow
	More int
}

type invoiceRow struct {
	form
	ID, Order, Store, Created, Expires, State, Price, Due, Paid   string
	CanPay, CanGive, CanMine, CanExpire, CanSettle, CanInvalidate bool
	Archived                                                      bool
}

type webhookSection struct {
	Rows []webhookRow
	More int
}

type webhookRow struct {
	ID, Store, URL, Events, State string
}

type deliverySection struct {
	form
	Rows          []deliveryRow
	More, Waiting int
}

type deliveryRow struct {
	form
	ID, Webhook, Event, Time, State string
	Failed, CanRedeliver            bool
}

type pairingSection struct {
	form
	Rows   []pairingRow
	Stores []storeOption
}

type pairingRow struct {
	form
	ID, Code, Label, SIN, Expires string
	CanApprove                    bool
}

type storeOption struct{ ID, Name string }

type clockSection struct {
	form
	Offset int64 // milliseconds that the sandbox's clock is ahead of this machine's
	Now    string
	Height int
	Ahead  string
}

type faultSection struct {
	form
	Rows []faultRow
	More int
}

type faultRow struct {
	form
	Fault
}

func (d *Dashboard) view() view {
	entries, _ := d.requests.Since(0)
	v := view{
		Token: d.token, Root: d.options.RootPath, Version: d.options.Version,
		Last: d.eventID(0), sections: d.sections(),
	}
	if len(entries) > 0 {
		v.Last = d.eventID(entries[len(entries)-1].Number)
	}
	for _, e := range slices.Backward(entries[max(0, len(entries)-shownRequests):]) {
		v.Requests = append(v.Requests, rowOf(e))
	}
	v.Store = d.options.StoreID
	return v
}

func rowOf(e requestlog.Entry) requestRow {
	status := "no response"
	if e.Status != 0 {
		status = strings.TrimSpace(fmt.Sprint(e.Status, " ", http.StatusText(e.Status)))
	}
	row := requestRow{
		Number: e.Number, Time: e.Time.Format(shownTime), Method: strings.ToValidUTF8(e.Method, "?"), Path: e.Line(),
		Credential: e.Credential(), Permission: e.Permission, Status: status,
		Reason: strings.Join(slices.DeleteFunc([]string{e.Fault, e.Reason}, func(s string) bool { return s == "" }), ": "),
	}
	row.Refused = e.Status == 0 || e.Status >= 400 || row.Reason != ""
	return row
}

// sections copies what is shown, so that it can be rendered without the lock.
func (d *Dashboard) sections() sections {
	faults := d.options.Faults()
	d.world.Lock()
	defer d.world.Unlock()
	st, f := d.world.State, form{d.token, d.options.RootPath}
	s := sections{
		Invoices:   d.invoices(st, f),
		Webhooks:   webhooks(st),
		Deliveries: d.deliveries(st, f),
		Pairings:   d.pairings(st, f),
		Clock:      d.clock(st, f),
		Faults:     faultSection{form: f, More: max(0, len(faults)-shownFaults)},
	}
	for _, fault := range faults[:min(len(faults), shownFaults)] {
		s.Faults.Rows = append(s.Faults.Rows, faultRow{f, fault})
	}
	return s
}

func (d *Dashboard) invoices(st *world.State, f form) invoiceSection {
	s := invoiceSection{form: f, More: max(0, len(st.Invoices)-shownInvoices)}
	for _, inv := range st.NewestInvoices(shownInvoices) {
		row := invoiceRow{
			form: f, ID: inv.ID, Created: inv.Created.Format(shownTime), Expires: inv.Expires.Format(shownTime), State: inv.Status,
			Price: price(inv), Archived: inv.Archived, CanExpire: inv.Status == world.StatusNew,
			CanSettle:     slices.Contains(inv.Markable(), world.StatusSettled),
			CanInvalidate: slices.Contains(inv.Markable(), world.StatusInvalid),
		}
		if inv.Exception != world.ExceptionNone {
			row.State += " (" + inv.Exception + ")"
		}
		if inv.Metadata.OrderID != nil {
			row.Order = short(*inv.Metadata.OrderID)
		}
		if store := st.Stores[inv.StoreID]; store != nil {
			row.Store = short(store.Name)
		}
		if inv.Prompt != nil {
			a := inv.Account(money.Digits(inv.Currency))
			row.Due, row.Paid = a.Due.Text()+" BTC", a.CryptoPaid.Text()+" BTC"
			payable := inv.Status == world.StatusNew || inv.Status == world.StatusExpired
			row.CanPay = payable && a.Due.Sign() > 0
			row.CanGive = inv.TopUp && inv.Status == world.StatusNew && len(inv.Counted()) == 0
			row.CanMine = inv.Status == world.StatusProcessing || slices.ContainsFunc(inv.Counted(), func(p *world.Payment) bool { return p.Height == 0 })
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func price(inv *world.Invoice) string {
	if inv.TopUp && inv.Price.Sign() == 0 {
		return "any amount of " + short(inv.Currency)
	}
	p := inv.Price.Trim(0)
	return p.Add(money.New(0, max(p.Places(), money.Digits(inv.Currency)))).Text() + " " + short(inv.Currency)
}

func webhooks(st *world.State) webhookSection {
	s := webhookSection{More: max(0, len(st.Webhooks)-shownWebhooks)}
	all := make([]*world.Webhook, 0, len(st.Webhooks))
	for _, h := range st.Webhooks {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *world.Webhook) int { return b.Number - a.Number })
	for _, h := range all[:min(len(all), shownWebhooks)] {
		row := webhookRow{ID: h.ID, URL: short(requestlog.ShowURL(h.URL)), State: "on", Events: "all events"}
		if !h.Enabled {
			row.State = "off"
		}
		if store := st.Stores[h.StoreID]; store != nil {
			row.Store = short(store.Name)
		}
		if !h.Everything {
			row.Events = eventNames(h)
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func eventNames(h *world.Webhook) string {
	var names []string
	for _, name := range h.Events[:min(len(h.Events), 20)] {
		if name != nil {
			names = append(names, short(*name))
		}
	}
	return cmp.Or(strings.Join(names, ", "), "no events")
}

func (d *Dashboard) deliveries(st *world.State, f form) deliverySection {
	waiting, all := st.WaitingWebhookDeliveries(shownDeliveries / 2)
	sent := st.NewestWebhookDeliveries(shownDeliveries)
	s := deliverySection{form: f, Waiting: all - len(waiting), More: max(0, len(st.WebhookDeliveries)-all-len(sent))}
	for _, delivery := range slices.Concat(waiting, sent) {
		h := st.Webhooks[delivery.WebhookID]
		if h == nil {
			continue
		}
		row := deliveryRow{
			form: f, ID: delivery.ID, Webhook: short(requestlog.ShowURL(h.URL)), Event: short(delivery.Type), Time: delivery.Created.Format(shownTime),
			CanRedeliver: delivery.To == nil && delivery.Request != nil,
		}
		row.State, row.Failed = deliveryState(delivery)
		s.Rows = append(s.Rows, row)
	}
	return s
}

func deliveryState(d *world.WebhookDelivery) (state string, failed bool) {
	switch {
	case d.To != nil:
		return "waiting", false
	case d.Status != 0:
		state, failed = strings.TrimSpace(fmt.Sprint(d.Status, " ", http.StatusText(d.Status))), d.Status/100 != 2
	default:
		state, failed = "no response", true
	}
	if d.Error != "" {
		state += ": " + short(d.Error)
	}
	if d.Retry != nil {
		state += "; again at " + d.Retry.Due.Format(shownTime)
	}
	return state, failed
}

func (d *Dashboard) pairings(st *world.State, f form) pairingSection {
	s := pairingSection{form: f}
	now := d.world.Now()
	var open []*world.Pairing
	for _, p := range st.Pairings {
		if now.Before(p.Expires) {
			open = append(open, p)
		}
	}
	slices.SortFunc(open, func(a, b *world.Pairing) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Code, b.Code))
	})
	for _, p := range open[:min(len(open), shownPairings)] {
		row := pairingRow{form: f, ID: d.pairingID(p), Code: p.Code, SIN: short(p.SIN), Expires: p.Expires.Format(shownTime), CanApprove: p.StoreID == ""}
		if p.StoreID != "" { // who knows the code can claim it
			row.Code = p.Code[:2] + "…"
		}
		if p.Label != nil {
			row.Label = short(*p.Label)
		}
		s.Rows = append(s.Rows, row)
	}
	if len(s.Rows) > 0 {
		s.Stores = d.stores(st)
	}
	return s
}

// pairingID names a pairing code without showing it.
func (d *Dashboard) pairingID(p *world.Pairing) string {
	hash := sha256.Sum256([]byte(d.token + p.Code))
	return hex.EncodeToString(hash[:8])
}

func (d *Dashboard) findPairing(id string) *world.Pairing {
	for _, p := range d.world.State.Pairings {
		if d.pairingID(p) == id {
			return p
		}
	}
	return nil
}

// stores are those that a pairing can be approved for, the seed's first.
func (d *Dashboard) stores(st *world.State) []storeOption {
	const most = 100
	var all []*world.Store
	for _, store := range st.Stores {
		all = append(all, store)
	}
	first := func(s *world.Store) int {
		if s.ID == d.options.StoreID {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b *world.Store) int {
		return cmp.Or(first(a)-first(b), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	var options []storeOption
	for _, store := range all[:min(len(all), most)] {
		options = append(options, storeOption{store.ID, short(store.Name)})
	}
	return options
}

func (d *Dashboard) clock(st *world.State, f form) clockSection {
	now := d.world.Now()
	ahead := time.Until(now).Round(time.Second)
	s := clockSection{form: f, Offset: ahead.Milliseconds(), Now: now.Format("2006-01-02 15:04:05 UTC"), Height: st.Height, Ahead: "the time of this machine"}
	switch {
	case ahead > 0:
		s.Ahead = ahead.String() + " ahead of this machine"
	case ahead < 0:
		s.Ahead = (-ahead).String() + " behind this machine"
	}
	return s
}

// short bounds a text that a client sent.
func short(text string) string {
	const longest = 120
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}
