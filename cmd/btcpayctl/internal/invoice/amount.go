package invoice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// anyAmountText is shown for an invoice that accepts any amount. JSON asks for such an
// invoice with "any".
const (
	anyAmountText = "any amount"
	anyAmountWord = "any"
)

// checkAmount checks the amount of every order before it is sent. An invoice without an
// amount is settled by any payment, and one of 0 is settled at once, so both have to be
// requested explicitly.
func (o order) checkAmount(allowZero bool) error {
	amount, _ := o.amount()
	wrong := func(code output.Code, what, next string) error {
		return &output.Error{Code: code, What: what, Why: "Nothing was sent.", Next: next}
	}
	switch {
	case amount == nil && !o.anyAmount:
		return wrong(output.Usage, "no amount is given", "--amount 12.50 --currency USD\nor --any-amount, for an invoice that takes any amount")
	case amount == nil:
		return nil
	case o.anyAmount:
		return wrong(output.Usage, "--amount and --any-amount exclude each other", "give one of them")
	case amount.Sign() < 0:
		return wrong(output.BadInput, "the amount "+amount.String()+" is negative", "--amount 12.50")
	case amount.Sign() == 0 && !allowZero:
		return wrong(output.BadInput, "the amount is 0, and such an invoice is settled at once", "--allow-zero, if nothing is to be paid")
	}
	return nil
}

// moneyFields are the fields about money, and the order id. A blank string in them is a
// mistake; null is a mistake in every field.
var moneyFields = []string{"price", "amount", "currency", "orderId", "taxIncluded"}

// checkFields refuses fields that are present but have no value. Like the decoder, it
// ignores the case of names.
func checkFields(members map[string]json.RawMessage) error {
	if err := checkGiven("", members, slices.Sorted(maps.Keys(members))); err != nil {
		return err
	}
	for _, parent := range []string{"metadata", "checkout"} {
		raw, _ := fieldOf(members, parent)
		var inner map[string]json.RawMessage
		if json.Unmarshal(raw, &inner) != nil {
			continue // the strict decoder reports it
		}
		names := slices.Sorted(maps.Keys(inner))
		if parent == "metadata" {
			names = []string{"orderId", "taxIncluded"} // all other fields are the caller's own
		}
		if err := checkGiven(parent+".", inner, names); err != nil {
			return err
		}
	}
	return nil
}

func checkGiven(parent string, members map[string]json.RawMessage, names []string) error {
	for _, name := range names {
		raw, found := members[name]
		if !found {
			continue
		}
		isMoney := slices.ContainsFunc(moneyFields, func(known string) bool { return strings.EqualFold(known, name) })
		var text string
		switch {
		case string(bytes.TrimSpace(raw)) == "null" && isAmount(name):
			return fmt.Errorf("%q is null; %q: %q creates an invoice that accepts any amount", parent+name, name, anyAmountWord)
		case string(bytes.TrimSpace(raw)) == "null":
			return fmt.Errorf("%q is null: give it a value, or leave it out", parent+name)
		case (isMoney || parent == "checkout.") && json.Unmarshal(raw, &text) == nil && strings.TrimSpace(text) == "":
			return fmt.Errorf("%q is empty", parent+name)
		}
	}
	return nil
}

func isAmount(name string) bool {
	return strings.EqualFold(name, "price") || strings.EqualFold(name, "amount")
}

// fieldOf finds a field like the decoder, ignoring case.
func fieldOf(members map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	_, raw, found := fieldNamed(members, name)
	return raw, found
}

// fieldNamed is like fieldOf, and returns the name as it was written.
func fieldNamed(members map[string]json.RawMessage, name string) (written string, raw json.RawMessage, found bool) {
	for written, raw := range members {
		if strings.EqualFold(written, name) {
			return written, raw, true
		}
	}
	return "", nil, false
}

func missingAmount(name string) error {
	return fmt.Errorf("%q is missing; %q: %q creates an invoice that accepts any amount", name, name, anyAmountWord)
}

func requestsAny(value json.RawMessage) bool {
	var word string
	return json.Unmarshal(value, &word) == nil && word == anyAmountWord
}

// removeAny removes "any" from an order, if that is its amount.
func removeAny(raw []byte, members map[string]json.RawMessage, amount string) ([]byte, bool, error) {
	value, _ := fieldOf(members, amount)
	if !requestsAny(value) {
		return raw, false, nil
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return strings.EqualFold(name, amount) })
	rest, err := json.Marshal(members)
	if err != nil {
		return nil, false, errors.New("the JSON cannot be read again")
	}
	return rest, true, nil
}
