package operations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// A KeyHolder stores new keys, and revokes those that are not kept.
type KeyHolder struct {
	App   *app.App
	Flags app.Flags
	Alone bool // it has no other key
}

// Connect makes a client with a key other than the one in use.
func (h *KeyHolder) Connect(server string, key greenfield.APIKey) (*app.GreenfieldConnection, error) {
	return h.App.ConnectGreenfield(h.Flags, app.Settings{Server: app.Value{Text: server, Source: "ledger"}}, key, "")
}

// Reaching returns a holder that reaches the server as a record says.
func (h *KeyHolder) Reaching(r ledger.Header) *KeyHolder {
	other := *h
	other.Flags.AllowHTTP = h.Flags.AllowHTTP || r.AllowHTTP
	if other.Flags.CAFile == "" {
		other.Flags.CAFile = r.CAFile
	}
	return &other
}

// Keep stores a key as pending. The record names the key first, so that every key in the
// keystore is known.
func (h *KeyHolder) Keep(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey, shared bool) error {
	known, err := h.isKnown(ctx, app.KeyID(key))
	if err != nil {
		return err
	}
	err = operation.Advance(func(r *ledger.Key) { r.KeyID, r.Known, r.Shared = app.KeyID(key), known, shared })
	if err != nil {
		return err
	}
	fault.At("key-recorded")
	return StoreAPIKey(ctx, h.App, operation.Record.Keystore, operation.Record.Server, key)
}

// isKnown reports whether a key was stored before: a server offers the same key again to
// the same application.
func (h *KeyHolder) isKnown(ctx context.Context, id string) (bool, error) {
	index, err := h.App.Index()
	if err != nil {
		return false, err
	}
	entries, err := index.List(ctx)
	return slices.ContainsFunc(entries, func(e keystore.Entry) bool { return e.Name == app.APIKeyName(id) }), err
}

// GiveUp revokes a key that could not be stored, and returns the reason.
func (h *KeyHolder) GiveUp(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey, cause error) error {
	copied := *cli.Explain(ctx, cause)
	e := &copied
	e.What = "the new key could not be stored: " + e.What
	r := operation.Record
	if r.Known || r.Shared {
		e.Why += " It was not revoked, because it may be in use elsewhere."
		return e
	}
	if err := h.Revoke(ctx, r.Server, key); err != nil {
		e.Why += fmt.Sprintf(" It could not be revoked (%v). Its label is %q on the page Account / API Keys of %s.", err, r.Label, r.Server)
		return e
	}
	e.Why += " It was revoked."
	err := h.Forget(ctx, operation)
	h.App.Undid(app.KeyID(key))
	return errors.Join(e, err)
}

// Drop is [KeyHolder.dropKey] for callers that report a failure with the rest.
func (h *KeyHolder) Drop(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey) string {
	told, _ := h.dropKey(ctx, operation, key)
	return told
}

// dropKey drops a key that is not wanted, revokes it if nothing else can use it yet, and
// returns the result as a sentence.
func (h *KeyHolder) dropKey(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey) (string, error) {
	if operation.Record.Known {
		if err := h.CloseOperation(ctx, operation); err != nil {
			return "It was stored before, but its operation could not be closed: " + err.Error() + ".", err
		}
		return "It was stored before, and stays as it was.", nil
	}
	if operation.Record.Shared {
		if err := h.unkeep(ctx, operation); err != nil {
			return "It could not be deleted here: " + err.Error() + ".", err
		}
		h.App.Undid(app.KeyID(key))
		return "It was deleted here, but not revoked, because it may be in use elsewhere.", nil
	}
	err := h.Revoke(ctx, operation.Record.Server, key)
	if err == nil {
		err = h.Forget(ctx, operation)
	}
	if err != nil {
		return "It could not be revoked, and stays pending for btcpayctl doctor: " + err.Error() + ".", err
	}
	h.App.Undid(app.KeyID(key))
	return "It was revoked.", nil
}

// Forget deletes the revoked key of an operation, and ends the operation.
func (h *KeyHolder) Forget(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	return h.forgetBy(ctx, operation, h.DeleteGone)
}

// unkeep is [KeyHolder.Forget] for a key that may be in use elsewhere.
func (h *KeyHolder) unkeep(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	return h.forgetBy(ctx, operation, func(ctx context.Context, keystore, id string) error {
		return ForgetAPIKey(ctx, h.App, keystore, id)
	})
}

// forgetBy removes the key of an operation from keystore and index, unless it was there
// before, and ends the operation.
func (h *KeyHolder) forgetBy(ctx context.Context, operation *ledger.Operation[ledger.Key], remove func(ctx context.Context, keystore, id string) error) error {
	ctx = context.WithoutCancel(ctx)
	if r := operation.Record; r.KeyID != "" && !r.Known {
		// If this cannot be written, a kill from here on leaves a record that says the key
		// may be active, which does no harm.
		_ = operation.Advance(func(r *ledger.Key) { r.Ended = true })
		fault.At("key-ended")
		if err := remove(ctx, r.Keystore, r.KeyID); err != nil {
			return err
		}
		fault.At("key-deleted")
	}
	return h.CloseOperation(ctx, operation)
}

// DeleteGone deletes a revoked key, and the note of where it was handed out to.
func (h *KeyHolder) DeleteGone(ctx context.Context, keystore, id string) error {
	_, _ = ForgetHanded(ctx, h.App, id) // "doctor" reports records that cannot be read
	return ForgetAPIKey(ctx, h.App, keystore, id)
}

// Reasons why a key in a record cannot revoke itself.
var (
	ErrNeverStored = errors.New("the response with the key was lost")
	ErrNotHere     = errors.New("the keystore no longer has the key")
)

// EndKey revokes the key of an operation, and ends the operation.
func (h *KeyHolder) EndKey(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	return h.endKeyBy(ctx, operation, h.RevokeLoaded)
}

// A revocation asks a server to revoke a key, and fails unless the key is known to be
// revoked.
type revocation func(ctx context.Context, server string, key greenfield.APIKey) error

func (h *KeyHolder) endKeyBy(ctx context.Context, operation *ledger.Operation[ledger.Key], revoke revocation) error {
	r := operation.Record
	if r.Ended {
		return h.Forget(ctx, operation)
	}
	key, err := h.App.LoadAPIKey(ctx, r.Keystore, r.KeyID)
	switch {
	case errors.Is(err, keystore.ErrNotFound) && r.Kind == ledger.KindRevoke:
		return ErrNotHere
	case errors.Is(err, keystore.ErrNotFound):
		return errors.Join(ErrNeverStored, neverStored(operation))
	}
	if err == nil {
		err = revoke(ctx, r.Server, key)
	}
	if err != nil {
		return err
	}
	return h.Forget(ctx, operation)
}

// neverStored notes that a key was recorded but is not stored: the program was killed in
// between.
func neverStored(operation *ledger.Operation[ledger.Key]) error {
	return operation.Advance(func(r *ledger.Key) { r.KeyID = "" })
}

const (
	// revokeTime is how long the server is asked repeatedly to revoke a key, also after
	// Ctrl-C.
	revokeTime     = 30 * time.Second
	revokeAttempts = 4
)

// Revoke revokes a key, and repeats the request until the server confirms it.
func (h *KeyHolder) Revoke(ctx context.Context, server string, key greenfield.APIKey) error {
	insisting, giveUp := h.App.Signals.Insist(ctx)
	defer giveUp()
	ctx, stop := context.WithTimeout(insisting, revokeTime)
	defer stop()
	connection, err := h.withoutRetry().Connect(server, key)
	if err != nil {
		return err
	}
	defer connection.CloseIdleConnections()
	pause, lost := 150*time.Millisecond, false
	for attempt := 1; ; attempt++ {
		gone, err := h.isGone(ctx, connection, connection.APIKeys.RevokeCurrent(ctx), lost)
		switch {
		case gone:
			return nil
		case !IsTemporary(err), attempt == revokeAttempts:
			return err
		}
		lost = lost || client.FateUnknown(err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// withoutRetry returns a holder whose requests are not retried, because the caller repeats
// them.
func (h *KeyHolder) withoutRetry() *KeyHolder {
	other := *h
	other.Flags.Retry = 0
	return &other
}

// AskToRevoke asks once. If the response is lost, the server may have revoked the key.
func (h *KeyHolder) AskToRevoke(ctx context.Context, server string, key greenfield.APIKey, earlier bool) (gone, lost bool, err error) {
	connection, err := h.withoutRetry().Connect(server, key)
	if err != nil {
		return false, false, err
	}
	defer connection.CloseIdleConnections()
	answer := connection.APIKeys.RevokeCurrent(ctx)
	gone, err = h.isGone(ctx, connection, answer, earlier)
	return gone, client.FateUnknown(answer), err
}

// IsTemporary reports whether a failure may be temporary.
func IsTemporary(err error) bool {
	if _, ok := errors.AsType[*client.NetworkError](err); ok {
		return true
	}
	answer, ok := errors.AsType[*client.Error](err)
	return ok && (answer.Status >= 500 || answer.Status == 429)
}

// Orphan says where the user finds a key that is not stored here.
func Orphan(label, server string) string {
	return fmt.Sprintf("If it exists, its label is %s on the page Account / API Keys of %s.", label, server)
}

// LostAnswer explains a request with an unknown outcome. It is never sent again.
func LostAnswer(ctx context.Context, err error, label, server string) error {
	e := cli.Explain(ctx, err)
	e.Code, e.What = cli.LostCode(ctx), "the key may have been made: "+e.What
	e.Why = "The request was not sent again. " + Orphan(label, server)
	// The label ends with the operation's id.
	e.Next = "look at that page and delete it there, then: btcpayctl doctor --forget " + label[strings.LastIndexByte(label, '/')+1:]
	return e
}

// RevokeOnce asks once, and does not wait long.
func (h *KeyHolder) RevokeOnce(ctx context.Context, server string, key greenfield.APIKey) error {
	ctx, stop := context.WithTimeout(ctx, QuickTimeout)
	defer stop()
	if gone, _, err := h.AskToRevoke(ctx, server, key, false); !gone {
		return err
	}
	return nil
}

// EndTemporary revokes and deletes a key whose command has ended.
func (h *KeyHolder) EndTemporary(ctx context.Context, operationID string, wait time.Duration, revoke revocation) error {
	journal, err := h.App.Ledger()
	if err != nil {
		return err
	}
	operation, err := ledger.ResumeWithin[ledger.Key](ctx, journal, operationID, wait)
	if err != nil {
		return err
	}
	defer operation.Release()
	return h.endKeyBy(ctx, operation, revoke)
}

// QuickTimeout is the time limit of one request by a process that has something else to
// do.
const QuickTimeout = 5 * time.Second

// HoldWait is far longer than a killed process, or one that only reads, holds an
// operation.
const HoldWait = 5 * time.Second
