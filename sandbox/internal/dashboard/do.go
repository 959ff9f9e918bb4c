package dashboard

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

const longestForm = 16 << 10

// do carries out what a form of the page asks for. A script gets JSON, a browser without scripts the page.
func (d *Dashboard) do(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, longestForm)
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		d.answer(w, r, http.StatusUnsupportedMediaType, "", errors.New("the body must be a form"))
		return
	}
	if err := r.ParseForm(); err != nil {
		d.answer(w, r, http.StatusBadRequest, "", errors.New("the form cannot be read"))
		return
	}
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("token")), []byte(d.token)) != 1 {
		d.answer(w, r, http.StatusForbidden, "", errors.New("the form is not of this page: reload it"))
		return
	}
	done, err := d.act(r.PostForm.Get("do"), r.PostForm.Get("id"), r.PostForm.Get("value"))
	if err != nil {
		d.answer(w, r, http.StatusBadRequest, "", err)
		return
	}
	d.answer(w, r, http.StatusOK, done, nil)
}

func (d *Dashboard) answer(w http.ResponseWriter, r *http.Request, status int, done string, err error) {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		result := map[string]string{"done": done}
		if err != nil {
			result = map[string]string{"error": err.Error()}
		}
		json.NewEncoder(w).Encode(result)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	http.Redirect(w, r, Path, http.StatusSeeOther)
}

// act carries out an action, and says what was done.
func (d *Dashboard) act(do, id, value string) (done string, err error) {
	switch do {
	case "approve": // it locks the world itself
		return d.approve(id, value)
	case "remove-fault":
		if !d.options.RemoveFault(id) {
			return "", errors.New("the fault is gone")
		}
		d.Nudge()
		return "the fault is removed", nil
	}
	err = d.world.Act(func() error {
		switch do {
		case "mine":
			d.world.Mine(1)
			done = "a block is found"
		case "advance":
			done, err = d.advance(value)
		case "refuse":
			done, err = d.refuse(id)
		case "redeliver":
			done, err = d.redeliver(id)
		default:
			done, err = d.actOnInvoice(do, id)
		}
		return err
	})
	return done, err
}

func (d *Dashboard) approve(id, storeID string) (string, error) {
	d.world.Lock()
	p := d.findPairing(id)
	d.world.Unlock()
	if p == nil {
		return "", errors.New("the pairing code is gone")
	}
	return "the pairing code is approved", d.options.Approve(p.Code, storeID)
}

func (d *Dashboard) refuse(id string) (string, error) {
	p := d.findPairing(id)
	if p == nil {
		return "", errors.New("the pairing code is gone")
	}
	d.world.State.RefusePairing(p.Code)
	return "the pairing code is refused", nil
}

func (d *Dashboard) redeliver(id string) (string, error) {
	delivery := d.world.State.WebhookDeliveries[id]
	if delivery == nil || delivery.To != nil || delivery.Request == nil {
		return "", errors.New("this delivery cannot be made again")
	}
	h := d.world.State.Webhooks[delivery.WebhookID]
	if h == nil {
		return "", errors.New("the webhook is gone")
	}
	d.world.Redeliver(h, delivery)
	return "the event " + delivery.Type + " is posted again", nil
}

const longestAdvance = 10 * 365 * 24 * time.Hour

func (d *Dashboard) advance(value string) (string, error) {
	by, err := time.ParseDuration(strings.ReplaceAll(value, " ", ""))
	if err != nil || by <= 0 || by > longestAdvance {
		return "", errors.New("the time must be a duration such as 30s, 16m or 24h")
	}
	d.world.Advance(by)
	return "the clock is moved ahead by " + by.String(), nil
}

func (d *Dashboard) actOnInvoice(do, id string) (string, error) {
	inv := d.world.State.Invoices[id]
	if inv == nil {
		return "", errors.New("there is no such invoice")
	}
	switch do {
	case "pay", "pay-part", "pay-over", "pay-any":
		return d.pay(inv, do)
	case "expire":
		if !d.world.Expire(inv) {
			return "", fmt.Errorf("the invoice %s is %s, so it cannot expire", id, inv.Status)
		}
		return "the invoice " + id + " is expired", nil
	case "settle", "invalidate":
		status := map[string]string{"settle": world.StatusSettled, "invalidate": world.StatusInvalid}[do]
		if !d.world.Mark(inv, status) {
			return "", fmt.Errorf("the invoice %s is %s, and cannot be marked %s", id, inv.Status, status)
		}
		return "the invoice " + id + " is marked " + status, nil
	}
	return "", errors.New("there is no such action")
}

// pay pays what is due, half of it, twice as much, or a thousandth of a bitcoin if the amount is free.
func (d *Dashboard) pay(inv *world.Invoice, do string) (string, error) {
	d.world.ActivateLazy(inv)
	if inv.Prompt == nil || inv.Prompt.Address == "" {
		return "", fmt.Errorf("the invoice %s has no address to pay to", inv.ID)
	}
	amount := money.New(1, 3)
	if share := map[string]string{"pay": "all", "pay-part": "half", "pay-over": "double"}[do]; share != "" {
		amount = world.Shares[share](inv.Account(money.Digits(inv.Currency)).Due)
	}
	if amount.Sign() <= 0 {
		return "", fmt.Errorf("nothing is due on the invoice %s", inv.ID)
	}
	d.world.Receive(inv, amount, false, 0)
	return amount.Text() + " BTC are paid to the invoice " + inv.ID, nil
}
