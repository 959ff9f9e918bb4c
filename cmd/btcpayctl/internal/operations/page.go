package operations

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// CloseOperation removes the record of an operation with a known outcome. If the key of a
// login came from the page of another login, it is the other login that has ended.
func (h *KeyHolder) CloseOperation(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	ctx = context.WithoutCancel(ctx)
	r := operation.Record
	if r.Kind != ledger.KindAuthorize || r.Authorize.Came == "" || r.Authorize.Came == r.Label {
		return operation.Finish()
	}
	other, err := h.pageOf(ctx, r)
	if err != nil {
		return err
	}
	if other == nil {
		return operation.Finish() // the user changed the label, or the key is an older one
	}
	defer other.Release()
	if r.Authorize.Port == 0 && !r.Authorize.Printed {
		// The page was printed above the prompt, and the key of another page was pasted.
		return errors.Join(operation.Finish(), other.Finish())
	}
	// Ended in this order, so that a kill in between reports too many pages rather than too
	// few.
	if err := reopen(operation); err != nil {
		return err
	}
	fmt.Fprintf(h.App.Err, "Note: the key came from the page of an earlier login, %s. The page of this login is still open. Next: %s\n",
		output.VisibleLine(r.Authorize.Came), h.App.Hint("btcpayctl apikey list --open"))
	return other.Finish()
}

// pageOf returns the login whose page made the key that arrived at another login, nil if
// there is none.
func (h *KeyHolder) pageOf(ctx context.Context, in ledger.Key) (*ledger.Operation[ledger.Key], error) {
	journal, err := h.App.Ledger()
	if err != nil {
		return nil, err
	}
	open, _ := UnfinishedOf[ledger.Key](ctx, h.App) // "doctor" reports records that cannot be read
	for _, r := range open {
		if r.Kind != ledger.KindAuthorize || r.KeyID != "" || r.Server != in.Server || r.ID == in.ID || r.Label != in.Authorize.Came {
			continue
		}
		operation, err := ledger.ResumeWithin[ledger.Key](ctx, journal, r.ID, HoldWait)
		switch {
		case errors.Is(err, ledger.ErrBusy), errors.Is(err, ledger.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return operation, nil
	}
	return nil, nil
}

// ForgetForeign deletes a key that the server does not know. The key from the page may
// still arrive.
func (h *KeyHolder) ForgetForeign(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	ctx = context.WithoutCancel(ctx)
	if r := operation.Record; r.KeyID != "" && !r.Known {
		if err := ForgetAPIKey(ctx, h.App, r.Keystore, r.KeyID); err != nil {
			return err
		}
	}
	return reopen(operation)
}

// Came records the label of the key that arrived. A key that one of our pages has just made
// is in use nowhere else.
func Came(operation *ledger.Operation[ledger.Key], label string, isNew bool) error {
	if r := operation.Record; r.Authorize.Came == label && !(r.Shared && isNew) {
		return nil
	}
	return operation.Advance(func(r *ledger.Key) { r.Authorize.Came, r.Shared = label, r.Shared && !isNew })
}

// reopen makes a login wait for the key from its page again.
func reopen(operation *ledger.Operation[ledger.Key]) error {
	err := operation.Advance(func(r *ledger.Key) {
		r.KeyID, r.Known, r.Shared, r.Ended, r.Authorize.Came, r.Authorize.Consent = "", false, false, false, "", ledger.ConsentNone
	})
	return errors.Join(err, operation.Release())
}

// OpenPage warns about a consent page that is still open after the listener has ended: a
// program that then listens on the port, also one of another user of this machine, gets the
// key that the page's form posts.
func OpenPage(port int) string {
	if port == 0 {
		return ""
	}
	return fmt.Sprintf("Do not press Authorize on a page that is still open: it would send the key to any program that listens on port %d of this machine by then.", port)
}

// UnexpectedUser refuses a key that is not proven to belong to the expected user. The page
// also posts a user id, but through a browser, where anyone could change it; only the
// server's response to the key itself counts.
func UnexpectedUser(email string, proof authorize.Proof) *output.Error {
	switch {
	case email == "" || proof.User != nil && sameEmail(email, proof.User.Email):
		return nil
	case proof.User == nil:
		return &output.Error{Code: output.MissingPermission, What: "the owner of the key is unknown, and --expect-user names " + email,
			Why: "The key cannot read its owner's profile (btcpay.user.canviewprofile).", Next: "run the same command again, and grant all permissions on the page"}
	}
	return &output.Error{Code: output.BadCredential, What: fmt.Sprintf("the key belongs to %s, but --expect-user names %s", proof.User.Email, email),
		Next: "log out on the server, and run the same command again, logged in as " + email}
}

// sameEmail reports whether two addresses are the same for servers that convert them to
// upper case. Letters outside ASCII must be the same: some look like others.
func sameEmail(a, b string) bool {
	lower := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, strings.TrimSpace(text))
	}
	return lower(a) == lower(b)
}

// PageLabel is the name that a page shows, and the label of its key.
func PageLabel(name, operation string) string { return name + "/" + operation }
