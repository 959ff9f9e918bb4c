package operations

import (
	"context"
	"errors"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// NoStore explains the 403 for a store. Servers respond the same way for a store that does
// not exist and for one that the key may not see, so the key's permissions decide.
func NoStore(ctx context.Context, c *app.GreenfieldConnection, id string, denied *greenfield.PermissionError) *output.Error {
	if holds(ctx, c, denied.Permission) {
		return &output.Error{Code: output.NotFound, Status: 403, Err: denied, What: "there is no store " + id + " for this key's account",
			Why: "The key may see every store of its account: this store does not exist, or the account has no role in it that allows this.", Next: "btcpayctl store list"}
	}
	return &output.Error{Code: output.MissingPermission, Status: 403, Err: denied,
		What: fmt.Sprintf("the key lacks %s for store %s, or there is no such store", denied.Permission.Policy(), id),
		Why:  cli.DeniedWhy, Next: "btcpayctl store list\nor " + cli.DeniedNext(denied.Permission)}
}

// NoInvoice explains the 403 for an invoice. Servers since 2.4 send it for an unknown id
// too. If the key can list the store's invoices, the id is unknown.
func NoInvoice(ctx context.Context, c *app.GreenfieldConnection, store, id string, denied *greenfield.PermissionError) *output.Error {
	if denied.Permission.Policy() == greenfield.CanViewInvoices {
		_, err := c.Invoices.List(ctx, greenfield.StoreID(store), greenfield.InvoiceListOptions{Take: 1})
		if err == nil {
			return &output.Error{Code: output.NotFound, Status: 403, Err: denied, What: fmt.Sprintf("store %s has no invoice %s", store, id),
				Why: "The key may read the store's invoices, so the id is wrong or of another store.", Next: "btcpayctl invoice list"}
		}
	}
	return &output.Error{Code: output.MissingPermission, Status: 403, Err: denied,
		What: fmt.Sprintf("the key lacks %s for store %s, or the store has no invoice %s", denied.Permission.Policy(), store, id),
		Why:  cli.DeniedWhy, Next: "btcpayctl invoice list\nor " + cli.DeniedNext(denied.Permission)}
}

// holds reports whether the key has a permission for every store.
func holds(ctx context.Context, c *app.GreenfieldConnection, wanted greenfield.Permission) bool {
	if wanted == "" {
		return false
	}
	info, err := c.APIKeys.Current(ctx)
	if err != nil {
		return false
	}
	for _, p := range info.Permissions {
		if p.Covers(wanted.Policy()) {
			return true
		}
	}
	return false
}

// HiddenStores explains an empty list of stores. Servers up to 2.0.8 send one to a key
// that lacks the permission (recordings 74-authorize-store-picker); later ones refuse it.
func HiddenStores(ctx context.Context, c *app.GreenfieldConnection) error {
	info, err := c.APIKeys.Current(ctx)
	if err != nil {
		if errors.Is(err, greenfield.ErrNeedsAPIKey) {
			return nil
		}
		return err
	}
	for _, p := range info.Permissions {
		if p.Policy().Covers(greenfield.CanViewStoreSettings) {
			return nil
		}
	}
	return &output.Error{Code: output.MissingPermission, Status: 200, What: "the key lacks " + string(greenfield.CanViewStoreSettings) + ", so the server lists no stores",
		Why: "Servers up to 2.0.8 send an empty list where later ones refuse.", Next: cli.DeniedNext(greenfield.CanViewStoreSettings)}
}
