package main

import (
	"context"
	"errors"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// accountPassword is that of the accounts that "user" makes.
const accountPassword = "correct horse battery"

// setMember gives an account a role in the store, or removes it from there.
//
//	member bob@example.com Guest
//	member bob@example.com -
func setMember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: member EMAIL ROLE, or - for none")
	}
	w, store := stageOf(ts).world, ts.Getenv("STORE")
	ts.Check(w.setMember(context.Background(), store, args[0], args[1]))
}

func (w *world) setMember(ctx context.Context, store, email, role string) error {
	member := w.server.URL + "/api/v1/stores/" + store + "/users/" + email
	if role == "-" {
		return w.send(ctx, "DELETE", member, w.server.Seed.APIKey, struct{}{}, nil)
	}
	return w.send(ctx, "PUT", member, w.server.Seed.APIKey, map[string]any{"storeRole": role}, nil)
}

// grant plays another person than the sandbox's own on a consent page: log in, pick
// the store where one is to be picked, authorise, and let the page post the key.
//
//	grant bob@example.com $PAGE
func grant(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: grant EMAIL PAGE")
	}
	ts.Check(stageOf(ts).world.grant(context.Background(), args[0], accountPassword, args[1], ts.Getenv("STORE")))
}

// person is one who stays logged in: a server takes few log-ins a minute.
func (w *world) person(ctx context.Context, email, password string) (*human.Human, error) {
	if known := w.others[email]; known != nil {
		return known, nil
	}
	person := human.New(w.server.URL)
	if err := person.LogIn(ctx, email, password); err != nil {
		person.Close()
		return nil, err
	}
	if w.others == nil {
		w.others = map[string]*human.Human{}
	}
	w.others[email] = person
	return person, nil
}

func (w *world) grant(ctx context.Context, email, password, address, store string) error {
	person, err := w.person(ctx, email, password)
	if err != nil {
		return err
	}
	page, err := person.Open(ctx, address)
	if err == nil && page.Form("SelectStores") != nil && page.Form("Authorize") == nil {
		page, err = person.Press(ctx, "SelectStores", "StoreId", store)
	}
	if err == nil {
		page, err = person.Press(ctx, "Authorize")
	}
	if err != nil {
		return err
	}
	for _, form := range page.Forms {
		for _, field := range form.Fields {
			if field.Name == "apiKey" && len(form.Buttons) > 0 {
				_, err := person.Press(ctx, form.Buttons[0].Text)
				return err
			}
		}
	}
	return errors.New("the page after the consent posts no key: " + page.Title)
}
