package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// controlPrefix is at the root of the origin, never below the root path.
const controlPrefix = "/_sandbox/"

const maxControlBody = 64 << 10

// isControl reports whether a request is to a control address.
func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, controlPrefix) }

// control does what the world does to a real server. It is only for programs on this machine, so that a page in a
// browser cannot use it.
func (s *Sandbox) control(w *serve.Response, r *http.Request) {
	if refusal := serve.ControlRefusal(r, s.controlToken); refusal != "" {
		writeControl(w, http.StatusForbidden, refusal)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeControl(w, http.StatusMethodNotAllowed, "control addresses take only POST")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxControlBody))
	if err != nil {
		writeControl(w, http.StatusRequestEntityTooLarge, "the body is too long")
		return
	}
	known := controls()
	act := known[strings.TrimPrefix(r.URL.Path, controlPrefix)]
	if act == nil {
		writeControl(w, http.StatusNotFound, "unknown control address: there are "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		return
	}
	result, err := act(s, r.Context(), body)
	if err != nil {
		writeControl(w, http.StatusBadRequest, strings.TrimPrefix(err.Error(), "sandbox: "))
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, result)
}

// A controlAction does what a control address is for, and returns what it answers.
type controlAction func(*Sandbox, context.Context, []byte) (any, error)

// underLock makes an action of one that runs with the world's lock held.
func underLock(act func(*Sandbox, []byte) (any, error)) controlAction {
	return func(s *Sandbox, _ context.Context, body []byte) (result any, err error) {
		err = s.world.Act(func() (err error) {
			result, err = act(s, body)
			return err
		})
		return result, err
	}
}

// controls returns the control addresses.
func controls() map[string]controlAction {
	return map[string]controlAction{
		"pay":              underLock((*Sandbox).controlPay),
		"mine":             underLock((*Sandbox).controlMine),
		"clock":            underLock((*Sandbox).controlClock),
		"effect":           underLock((*Sandbox).controlEffect),
		"seed":             underLock((*Sandbox).controlSeed),
		"replace":          underLock((*Sandbox).controlReplace),
		"approve":          underLock((*Sandbox).controlApprove),
		"consent":          (*Sandbox).controlConsent,
		"fault":            underLock((*Sandbox).controlFault),
		"fault/list":       underLock((*Sandbox).controlFaultList),
		"fault/remove":     underLock((*Sandbox).controlFaultRemove),
		"requests":         (*Sandbox).controlRequests,
		"reset":            (*Sandbox).controlReset,
		"snapshot/save":    (*Sandbox).controlSnapshotSave,
		"snapshot/list":    (*Sandbox).controlSnapshotList,
		"snapshot/restore": (*Sandbox).controlSnapshotRestore,
		"snapshot/remove":  (*Sandbox).controlSnapshotRemove,
	}
}

func writeControl(w http.ResponseWriter, status int, message string) {
	aspnet.WriteJSON(w, status, map[string]string{"error": message})
}

// readControl is strict: an unknown field is an error of the program that sent it.
func readControl(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("invalid body: %w", err)
	}
	return nil
}

func (s *Sandbox) controlPay(body []byte) (any, error) {
	var ask struct {
		Address       string          `json:"address"`
		Invoice       string          `json:"invoice"`
		Share         string          `json:"share"`
		Amount        json.RawMessage `json:"amount"`
		Confirmations int             `json:"confirmations"`
		RBF           bool            `json:"rbf"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	payment := Payment{Amount: strings.Trim(string(ask.Amount), `"`), Confirmations: ask.Confirmations, RBF: ask.RBF}
	if ask.Invoice != "" && ask.Address == "" {
		return s.payInvoice(ask.Invoice, ask.Share, payment)
	}
	if ask.Invoice != "" || ask.Share != "" {
		return nil, errors.New("give an address with an amount, or an invoice")
	}
	amount, err := payment.check()
	if err != nil {
		return nil, err
	}
	if p := s.state.PayoutAt(ask.Address); p != nil {
		return s.payPayout(p, amount, ask.Confirmations)
	}
	inv := s.state.InvoiceAt(ask.Address)
	if inv == nil {
		if p := s.world.Deposit(ask.Address, amount, ask.RBF, ask.Confirmations); p != nil {
			return map[string]any{"txid": p.TxID, "vout": p.Vout}, nil
		}
		return nil, fmt.Errorf("address: %q belongs to no invoice and no waiting payout, and no wallet receives at it", ask.Address)
	}
	p := s.world.Receive(inv, amount, ask.RBF, ask.Confirmations)
	return map[string]any{"txid": p.TxID, "vout": p.Vout}, nil
}

// payPayout pays a payout by a transaction of the store's wallet.
func (s *Sandbox) payPayout(p *world.Payout, amount money.Decimal, confirmations int) (any, error) {
	if !p.Pays(amount) {
		return nil, fmt.Errorf("amount: the payout %s waits for %s BTC, and the server ignores any other amount", p.ID, p.Amount.Text())
	}
	return map[string]any{"txid": s.world.PayPayout(p, confirmations), "vout": 0}, nil
}

func (s *Sandbox) controlMine(body []byte) (any, error) {
	ask := struct {
		Blocks int `json:"blocks"`
	}{Blocks: 1}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	return struct{}{}, s.findBlocks(ask.Blocks)
}

// controlClock answers the time and how many notifications are under way, so that a test can wait for them before it
// moves the clock.
func (s *Sandbox) controlClock(body []byte) (any, error) {
	var ask struct {
		Advance string `json:"advance"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(ask.Advance)
	if err != nil {
		return nil, errAdvance
	}
	if err := s.advance(d); err != nil {
		return nil, err
	}
	return map[string]any{"now": s.world.Now().Format(time.RFC3339Nano), "deliveries": s.world.UnderWay()}, nil
}

func (s *Sandbox) controlEffect(body []byte) (any, error) {
	var ask struct {
		ExpirePairingCode string `json:"expirePairingCode"`
		AllowBasic        string `json:"allowBasic"`
		AddSecondFactor   string `json:"addSecondFactor"`
		Node              Node   `json:"node"`
		ReplacePayment    string `json:"replacePayment"`
		ApprovePairing    string `json:"approvePairing"`
		StoreID           string `json:"storeId"` // of the pairing
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	did := false
	for _, of := range []struct {
		name, email string
		change      func(*world.User)
	}{
		{"allowBasic", ask.AllowBasic, func(u *world.User) { u.AllowsBasic = true }},
		{"addSecondFactor", ask.AddSecondFactor, func(u *world.User) { u.SecondFactor = true }},
	} {
		if of.email == "" {
			continue
		}
		u := s.state.FindUser(of.email)
		if u == nil {
			return nil, fmt.Errorf("%s: there is no such user", of.name)
		}
		of.change(u)
		s.state.Change()
		did = true
	}
	if ask.Node != "" {
		if err := s.setNode(ask.Node); err != nil {
			return nil, err
		}
		did = true
	}
	if ask.ReplacePayment != "" {
		if !s.world.Replace(ask.ReplacePayment) {
			return nil, errors.New("replacePayment: there is no such transaction, or it is in a block")
		}
		did = true
	}
	if ask.ApprovePairing != "" {
		if _, err := s.approve(ask.ApprovePairing, ask.StoreID); err != nil {
			return nil, fmt.Errorf("approvePairing: %w", err)
		}
		did = true
	}
	if ask.ExpirePairingCode == "" && did {
		return struct{}{}, nil
	}
	p := s.state.Pairings[ask.ExpirePairingCode]
	if p == nil {
		return nil, fmt.Errorf("expirePairingCode: there is no such code")
	}
	p.Expires = s.world.Now().Add(-time.Minute)
	s.state.Change()
	return struct{}{}, nil
}

// controlSeed answers the [Seed], so that a program can act as the account's owner.
func (s *Sandbox) controlSeed(body []byte) (any, error) {
	if err := readControl(body, &struct{}{}); err != nil {
		return nil, err
	}
	if s.seed == (Seed{}) {
		return nil, errors.New("the sandbox started empty, so it has no account, store and key to report")
	}
	return seedRecord(s.seed), nil
}

func seedRecord(seed Seed) map[string]string {
	return map[string]string{
		"email": seed.Email, "password": seed.Password,
		"storeId": seed.StoreID, "storeName": seed.StoreName, "apiKey": seed.APIKey,
	}
}
