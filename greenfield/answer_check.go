package greenfield

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

// The checks in this file compare the server's response with the request. An error is the
// reason why a response cannot be used.

var (
	errNoInvoice = errors.New("it is no invoice: it lacks an id, an amount or a currency")
	errNoStore   = errors.New("it is no store: it lacks an id")
	errNoUser    = errors.New("it is no user: it lacks an id")
	errNoMember  = errors.New("it has a store user without an id or a role")
	errNoRole    = errors.New("it has a role without an id")
	errNoServer  = errors.New("it is about no server: it lacks a version")
)

// checkInvoice accepts any invoice of a store or, if id is not empty, only the invoice
// with that id.
func checkInvoice(storeID StoreID, id InvoiceID) func(Invoice) error {
	return func(i Invoice) error {
		if !client.IsID(string(i.ID)) || !i.Amount.IsSet() || i.Currency == "" {
			return errNoInvoice
		}
		var e client.DifferentError
		if id != "" {
			e.Text("id", string(id), string(i.ID))
		}
		e.Text("storeId", string(storeID), string(i.StoreID))
		return e.Result()
	}
}

// checkCreated accepts an invoice that matches the request.
func checkCreated(storeID StoreID, r InvoiceRequest) func(Invoice) error {
	return func(i Invoice) error {
		err := checkInvoice(storeID, "")(i)
		if errors.Is(err, errNoInvoice) {
			return err
		}
		e, ok := errors.AsType[*client.DifferentError](err)
		if !ok {
			e = &client.DifferentError{}
		}
		if r.Amount != nil {
			e.Amount("amount", *r.Amount, i.Amount)
		}
		if r.Currency != "" && !strings.EqualFold(strings.TrimSpace(r.Currency), i.Currency) {
			e.Text("currency", r.Currency, i.Currency)
		}
		if asked := scalar(r.Metadata[MetaOrderID]); asked != "" {
			e.Text("metadata."+MetaOrderID, asked, scalar(i.Metadata[MetaOrderID]))
		}
		return e.Result()
	}
}

// checkList accepts invoices of a store that match the options, if there are no more than
// requested.
func checkList(storeID StoreID, o InvoiceListOptions) func([]Invoice) error {
	fits := checkInvoice(storeID, "")
	return func(list []Invoice) error {
		if most := cmp.Or(o.Take, DefaultTake); len(list) > most {
			return fmt.Errorf("it has %d invoices, and %d were asked for", len(list), most)
		}
		for _, invoice := range list {
			if err := fits(invoice); err != nil {
				return err
			}
			if len(o.OrderIDs) > 0 && !anyOrder(o.OrderIDs, scalar(invoice.Metadata[MetaOrderID])) {
				var e client.DifferentError
				e.Text("metadata."+MetaOrderID, strings.Join(o.OrderIDs, " or "), scalar(invoice.Metadata[MetaOrderID]))
				return e.Result()
			}
		}
		return nil
	}
}

// anyOrder reports whether an order id is one of ids. A server writes an order id that is
// a time in another time zone.
func anyOrder(ids []string, got string) bool {
	moment, isTime := parseMoment(got)
	for _, id := range ids {
		if id == got {
			return true
		}
		if other, ok := parseMoment(id); ok && isTime && other.Equal(moment) {
			return true
		}
	}
	return false
}

func parseMoment(text string) (time.Time, bool) {
	moment, err := time.Parse(time.RFC3339Nano, text)
	return moment, err == nil
}

// scalar returns the text of a JSON string, number or boolean, in the form that the
// server compares.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	text = strings.TrimSpace(string(raw))
	if text == "null" || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return ""
	}
	return text
}

func checkStore(id StoreID) func(Store) error {
	return func(s Store) error {
		if !client.IsID(string(s.ID)) {
			return errNoStore
		}
		var e client.DifferentError
		if id != "" {
			e.Text("id", string(id), string(s.ID))
		}
		return e.Result()
	}
}

func checkStores(list []Store) error {
	for _, store := range list {
		if err := checkStore("")(store); err != nil {
			return err
		}
	}
	return nil
}

func checkAccount(u User) error {
	if u.ID == "" {
		return errNoUser
	}
	return nil
}

func checkInfo(i ServerInfo) error {
	if i.Version == "" {
		return errNoServer
	}
	return nil
}

func checkRoles(list []StoreRole) error {
	for _, role := range list {
		if role.ID == "" {
			return errNoRole
		}
	}
	return nil
}
