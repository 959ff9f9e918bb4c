package human

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Choice is what a person does on the consent page of a program that requests an API key.
type Choice struct {
	// StoreID is the store that the person picks if the page asks for one; empty is the first store that the page
	// offers.
	StoreID string
	// Refuse presses Cancel, or closes a page that has no such button. The program gets no response.
	Refuse bool
	// Add are more permissions that the person ticks, for all stores. Only the page of a program that lets the
	// person decide (strict=false) offers them. Requested permissions cannot be removed there.
	Add []string
}

// Decision is the result of a consent.
type Decision string

// The decisions.
const (
	Authorized Decision = "authorized"
	Confirmed  Decision = "confirmed" // a key that the program got before
	Cancelled  Decision = "cancelled"
)

// Consented is the outcome of a consent.
type Consented struct {
	Decision Decision
	// StoreID is the store that the person picked, if the page asked for one.
	StoreID string
	// Redirect is the address to which the key was posted, if the program gave one.
	Redirect string
	// APIKey is the key if the page showed it instead of posting it.
	APIKey string
}

// Consent opens the consent page at the address, decides, and lets the page post the key
// to the program, as a browser does. The person must be logged in. An error of the
// program's own server is returned together with the outcome.
func (h *Human) Consent(ctx context.Context, address string, choice Choice) (Consented, error) {
	page, err := h.Open(ctx, address)
	if err != nil {
		return Consented{}, err
	}
	if choice.Refuse {
		if page.Form("Cancel") == nil && page.Form("Confirm") != nil { // an older key is offered: the person closes the page
			return Consented{Decision: Cancelled}, nil
		}
		if _, err := h.Press(ctx, "Cancel"); err != nil {
			return Consented{}, err
		}
		return Consented{Decision: Cancelled}, nil
	}
	outcome := Consented{Decision: Authorized}
	if form := page.Form("SelectStores"); form != nil && page.Form("Authorize") == nil {
		if outcome.StoreID = choice.StoreID; outcome.StoreID == "" {
			outcome.StoreID = form.value("StoreId")
		}
		if page, err = h.Press(ctx, "SelectStores", "StoreId", outcome.StoreID); err != nil {
			return Consented{}, err
		}
	}
	button := "Authorize"
	var ticks []string
	switch form := page.Form(button); {
	case page.Form("Confirm") != nil:
		button, outcome.Decision = "Confirm", Confirmed
	case form == nil:
		return Consented{}, fmt.Errorf("nothing to authorise on the page %q: %s", page.Title, strings.Join(page.Alerts, " "))
	default:
		if ticks, err = form.tick(choice.Add); err != nil {
			return Consented{}, err
		}
	}
	if page, err = h.Press(ctx, button, ticks...); err != nil {
		return Consented{}, err
	}
	return h.handOver(ctx, page, outcome)
}

// handOver does what a browser does with the response: it submits the form that submits
// itself, or shows the key.
func (h *Human) handOver(ctx context.Context, page *Page, outcome Consented) (Consented, error) {
	for _, form := range page.Forms {
		if len(form.Buttons) == 0 || !slices.ContainsFunc(form.Fields, func(f Field) bool { return f.Name == "apiKey" }) {
			continue
		}
		outcome.Redirect = form.Action
		_, err := h.Press(ctx, form.Buttons[0].Text)
		return outcome, err
	}
	if outcome.APIKey = h.Key(); outcome.APIKey == "" {
		return Consented{}, fmt.Errorf("the page after the consent shows no key: %s", strings.Join(page.Alerts, " "))
	}
	return outcome, nil
}

// value is what a browser sends for a field; empty without the field.
func (f *Form) value(name string) string {
	for _, pair := range f.Pairs() {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}

// tick returns the changes to a consent form that add permissions.
func (f *Form) tick(permissions []string) ([]string, error) {
	var changes []string
	for _, permission := range permissions {
		i := slices.IndexFunc(f.Fields, func(field Field) bool {
			return field.Value == permission && strings.HasSuffix(field.Name, "].Permission")
		})
		if i < 0 {
			return nil, fmt.Errorf("the page does not offer the permission %q", permission)
		}
		name := strings.TrimSuffix(f.Fields[i].Name, "Permission") + "Value"
		if !slices.ContainsFunc(f.Fields, func(field Field) bool { return field.Name == name && field.Type == "checkbox" }) {
			return nil, fmt.Errorf("the page does not let the user add the permission %q", permission)
		}
		changes = append(changes, name, "true")
	}
	return changes, nil
}
