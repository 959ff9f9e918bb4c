package human

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Choice is what a person does on the consent page of a program that asks for an API key.
type Choice struct {
	// StoreID is the store that is picked where one is to be picked; empty is the one that the page offers first.
	StoreID string
	// Refuse presses Cancel, or closes a page that has no such button. The program hears nothing of it.
	Refuse bool
	// Add are further permissions that the person ticks, for all stores. Only the page of a program that lets the person
	// decide (strict=false) has them. What was asked for cannot be taken away there.
	Add []string
}

// Decision is what came of a consent.
type Decision string

// The decisions.
const (
	Authorized Decision = "authorized"
	Confirmed  Decision = "confirmed" // a key that the program was given before
	Cancelled  Decision = "cancelled"
)

// Consented is the outcome of a consent.
type Consented struct {
	Decision Decision
	// StoreID is the store that was picked, if one was.
	StoreID string
	// Redirect is the address that the key was posted to, if the program gave one.
	Redirect string
	// APIKey is the key where the page showed it in place of posting it.
	APIKey string
}

// Consent is a log-in's next step: it opens the consent page at the address, decides, and lets the page post the key to the
// program, as a browser does. An error of the program's own server comes with the outcome.
func (h *Human) Consent(ctx context.Context, address string, choice Choice) (Consented, error) {
	page, err := h.Open(ctx, address)
	if err != nil {
		return Consented{}, err
	}
	if choice.Refuse {
		if page.Form("Cancel") == nil && page.Form("Confirm") != nil { // an older key is offered: one closes the page
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

// handOver does what the browser does with the answer: it sends the form that posts itself, or shows the key.
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

// value is what a browser sends of a field; empty without the field.
func (f *Form) value(name string) string {
	for _, pair := range f.Pairs() {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}

// tick gives the changes to a consent form by which permissions are added.
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
			return nil, fmt.Errorf("the page does not let a person add the permission %q", permission)
		}
		changes = append(changes, name, "true")
	}
	return changes, nil
}
