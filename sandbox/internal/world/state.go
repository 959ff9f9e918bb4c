package world

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// State is all data of a sandbox, guarded by the lock of its [World]. It is what the state file holds.
type State struct {
	Version  int
	Started  string          // the id by which a log refers to its state file
	Logged   int             // the number of the last line of the log that is included
	Ahead    time.Duration   // how far the clock was advanced
	Start    json.RawMessage `json:",omitempty"` // the state that a reset goes back to; not part of it
	Seed     Seed
	Users    map[string]*User // by id
	APIKeys  map[string]*APIKey
	Stores   map[string]*Store
	Pairings map[string]*Pairing // by code
	Tokens   map[string]*Token   // by id
	Sessions map[string]*Session // by cookie value
	Invoices map[string]*Invoice

	PullPayments map[string]*PullPayment
	Payouts      map[string]*Payout
	// PayoutProcessors are in the order in which the server's database has them.
	PayoutProcessors []*PayoutProcessor `json:",omitempty"`

	PaymentRequests map[string]*PaymentRequest
	Pictures        map[string]*Picture
	Apps            map[string]*App `json:",omitempty"`

	Schemes            map[string]*TrackedScheme    // by the text of a derivation scheme
	WalletObjects      map[string]*WalletObjects    // by store
	LightningAddresses map[string]*LightningAddress // by name

	ServerEmail          EmailSettings
	StoresSendThemselves bool // stores may not send e-mails as the server does

	Offerings      map[string]*Offering      `json:",omitempty"`
	Customers      map[string]*Customer      `json:",omitempty"`
	Subscribers    map[int]*Subscriber       `json:",omitempty"`
	PlanCheckouts  map[string]*PlanCheckout  `json:",omitempty"`
	PortalSessions map[string]*PortalSession `json:",omitempty"`

	Webhooks          map[string]*Webhook
	WebhookDeliveries map[string]*WebhookDelivery `json:",omitempty"`
	Notifications     map[string]*Notification

	FormKey  []byte // signs the anti-forgery fields, also of pages that are open during a restart
	Numbered int    // number of things whose order counts
	Height   int    // blocks found since the start
	Node     Node   // the server's node; empty if it is synchronised

	Drawn random.Position `json:",omitempty"` // of the random streams, if they have a seed

	Deliveries []*deliver.Delivery // pending notifications, in order

	// indexes; rebuilt when a state is loaded
	userByEmail          map[string]*User
	tokensBySIN          map[string][]*Token
	storeByKey           map[string]*Store
	invoicesOf           map[string][]*Invoice // by store, oldest first
	promptAddress        map[string]*Invoice
	liveOf               map[string][]*Invoice   // as invoicesOf, without archived ones
	byOrder              map[orderKey][]*Invoice // oldest first
	searchOf             map[string]*searchText  // by store
	paidTo               map[string][]*Invoice   // those with payments, by derivation scheme, in the order of their numbers
	paidIn               map[string][]*Invoice   // as before, by store
	givenOut             map[string]string       // scheme by address that was given out without an invoice
	unconfirmed          []*Deposit
	agenda               agenda
	alarms               alarms
	requestInvoices      map[string][]*Invoice // by payment request, oldest first
	appInvoices          map[string][]*Invoice // by app, oldest first
	customerByEmail      map[storeEmail]*Customer
	subscription         map[offeringCustomer]*Subscriber
	confirming           map[string]*Invoice        // have payments that blocks will change
	webhooksOf           map[string][]*Webhook      // by store, oldest first
	notificationsOf      map[string][]*Notification // by user, oldest first
	lanes                map[string]*webhookLane
	removed              map[string]*removedThing // as long as the server remembers their stores
	pruneNext            time.Time                // when deliveries are pruned again
	now                  func() time.Time
	touched              map[string]*Invoice // changed since the last line of the log
	touchedPayouts       map[string]*Payout
	payouts              payoutIndex
	touchedDeliveries    map[string]*WebhookDelivery // as before; nil for one that was removed
	touchedNotifications map[string]*Notification    // as before
	changed              bool                        // possibly, since the last line of the log
	replaced             bool                        // as a whole, since the last line of the log
}

const stateVersion = 1

// NewState returns an empty state.
func NewState() *State {
	st := &State{
		Version:  stateVersion,
		Users:    map[string]*User{},
		APIKeys:  map[string]*APIKey{},
		Stores:   map[string]*Store{},
		Pairings: map[string]*Pairing{},
		Tokens:   map[string]*Token{},
		Sessions: map[string]*Session{},
		Invoices: map[string]*Invoice{},

		PullPayments:    map[string]*PullPayment{},
		Payouts:         map[string]*Payout{},
		PaymentRequests: map[string]*PaymentRequest{},
		Pictures:        map[string]*Picture{},
		Apps:            map[string]*App{},

		Schemes:            map[string]*TrackedScheme{},
		WalletObjects:      map[string]*WalletObjects{},
		LightningAddresses: map[string]*LightningAddress{},

		Offerings:      map[string]*Offering{},
		Customers:      map[string]*Customer{},
		Subscribers:    map[int]*Subscriber{},
		PlanCheckouts:  map[string]*PlanCheckout{},
		PortalSessions: map[string]*PortalSession{},

		Webhooks:          map[string]*Webhook{},
		WebhookDeliveries: map[string]*WebhookDelivery{},
		Notifications:     map[string]*Notification{},

		touched:              map[string]*Invoice{},
		touchedDeliveries:    map[string]*WebhookDelivery{},
		touchedNotifications: map[string]*Notification{},
		now:                  time.Now,
		touchedPayouts:       map[string]*Payout{},
	}
	st.index()
	return st
}

// Number returns the next number, for a thing whose order counts.
func (st *State) Number() int {
	st.Numbered++
	return st.Numbered
}

// index rebuilds the indexes.
func (st *State) index() {
	st.userByEmail = map[string]*User{}
	st.tokensBySIN = map[string][]*Token{}
	st.storeByKey = map[string]*Store{}
	st.invoicesOf = map[string][]*Invoice{}
	st.promptAddress = map[string]*Invoice{}
	st.paidTo = map[string][]*Invoice{}
	st.paidIn = map[string][]*Invoice{}
	st.liveOf = map[string][]*Invoice{}
	st.byOrder = map[orderKey][]*Invoice{}
	st.searchOf = map[string]*searchText{}
	st.agenda = nil
	st.alarms = alarms{}
	st.requestInvoices = map[string][]*Invoice{}
	st.appInvoices = map[string][]*Invoice{}
	st.customerByEmail = map[storeEmail]*Customer{}
	st.subscription = map[offeringCustomer]*Subscriber{}
	st.confirming = map[string]*Invoice{}
	for _, u := range st.Users {
		st.userByEmail[strings.ToUpper(u.Email)] = u
	}
	for _, t := range st.Tokens {
		st.tokensBySIN[t.SIN] = append(st.tokensBySIN[t.SIN], t)
	}
	for _, tokens := range st.tokensBySIN {
		slices.SortFunc(tokens, func(a, b *Token) int { return a.Created.Compare(b.Created) })
	}
	for _, s := range st.Stores {
		if s.LegacyKey != "" {
			st.storeByKey[s.LegacyKey] = s
		}
	}
	st.indexSchemes()
	invoices := slices.Collect(maps.Values(st.Invoices))
	slices.SortFunc(invoices, Older)
	for _, inv := range invoices {
		st.indexInvoice(inv)
	}
	st.indexWebhooks()
	for _, p := range st.PaymentRequests {
		st.indexPaymentRequest(p)
	}
	st.indexNotifications()
	for _, c := range st.Customers {
		st.customerByEmail[storeEmail{c.StoreID, c.Email}] = c
	}
	for _, s := range st.Subscribers {
		st.subscription[offeringCustomer{s.OfferingID, s.CustomerID}] = s
		st.indexSubscriber(s, time.Time{}) // also what was due while nothing ran
	}
	st.indexPayouts()
}
