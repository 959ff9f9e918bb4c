package app

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// storeForms tell ids of stores from names. A server makes an id of 32 random bytes, in
// base58. Older and foreign ids are at least one word.
var storeForms = sync.OnceValue(func() (forms struct{ id, word *regexp.Regexp }) {
	forms.id = regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{40,44}$`)
	forms.word = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
	return forms
})

// ResolveStore replaces the name of a store, which --store or the environment gave, by the
// store's id. It asks the server once, and only if the text does not have the form of an id.
// A name is compared exactly, and is never guessed: an API key that sees no store or several
// stores of this name gets an error that says so.
func (c *GreenfieldConnection) ResolveStore(ctx context.Context, f Flags) error {
	given := c.Store
	if !given.Explicit() || storeForms().id.MatchString(given.Text) {
		return nil
	}
	isWord := storeForms().word.MatchString(given.Text)
	if f.DryRun {
		if isWord {
			return nil
		}
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s names a store, %q, and --dry-run does not ask the server for its id", given.Source, given.Text), Why: "Nothing was sent.", Next: "--store ID"}
	}
	stores, err := c.Stores.List(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return noSuchName(given, isWord, err)
	}
	var named []string
	for _, store := range stores {
		if string(store.ID) == given.Text {
			return nil
		}
		if store.Name == given.Text {
			named = append(named, string(store.ID))
		}
	}
	switch len(named) {
	case 0:
		return noSuchName(given, isWord, nil)
	case 1:
		c.Store.Text = named[0]
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s names %d stores, which are all called %q", given.Source, len(named), given.Text),
		Why: "Their ids are " + strings.Join(named, ", ") + ".", Next: "--store " + named[0]}
}

// noSuchName is the failure of a lookup. One word may be an id all the same, and then the
// server says what is wrong with it.
func noSuchName(given Value, isWord bool, err error) error {
	_, refused := errors.AsType[*greenfield.PermissionError](err)
	switch {
	case isWord:
		return nil
	case refused:
		return &output.Error{Code: output.MissingPermission, What: fmt.Sprintf("the key may not look up the store called %q", given.Text),
			Why: "That needs the permission btcpay.store.canviewstoresettings.", Next: "--store ID", Err: err}
	case err != nil:
		return err
	}
	return &output.Error{Code: output.NotFound, What: fmt.Sprintf("the key sees no store called %q", given.Text),
		Why: "Names are compared exactly. It is named by " + given.Source + ".", Next: "btcpayctl store list\nor --store ID"}
}

// RefuseStoreName refuses the name of a store where there is no API key that could look it
// up: a BitId key serves one store, and is not asked for others.
func (s Settings) RefuseStoreName() error {
	if !s.Store.Explicit() || storeForms().word.MatchString(s.Store.Text) {
		return nil
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s is %q, which is not the id of a store", s.Store.Source, s.Store.Text),
		Why: "Only an API key can look up a store by its name. Nothing was sent.", Next: "--store ID: the owner finds it in the store's settings, under General"}
}

// CheckStoreID refuses a text that cannot be the id of a store, for a profile that stores
// it. The empty text removes the store.
func CheckStoreID(source, text string) error {
	if text == "" {
		return nil
	}
	e, refused := errors.AsType[*output.Error](Settings{Store: Value{text, source}}.RefuseStoreName())
	if !refused {
		return nil
	}
	e.Why = "A profile stores the id, because a name can change. Nothing was changed."
	e.Next = "--store ID, as btcpayctl store list prints it"
	return e
}
