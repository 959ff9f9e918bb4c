package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// A keyHolder keeps keys that came, and takes back those that are not kept.
type keyHolder struct {
	app   *app.App
	flags app.Flags
	alone bool // it has no other key
}

// connect makes a client with a key that is not the one in use.
func (h *keyHolder) connect(server string, key greenfield.APIKey) (*app.GreenfieldConnection, error) {
	return h.app.ConnectGreenfield(h.flags, app.Settings{Server: app.Value{Text: server, Source: "ledger"}}, key, "")
}

// reaching is the holder with what a record says of how to reach the server.
func (h *keyHolder) reaching(r ledger.Header) *keyHolder {
	other := *h
	other.flags.AllowHTTP = h.flags.AllowHTTP || r.AllowHTTP
	if other.flags.CAFile == "" {
		other.flags.CAFile = r.CAFile
	}
	return &other
}

// keep stores a key as pending: the record names it first, so that whatever is
// in the keystore is known.
func (h *keyHolder) keep(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey, shared bool) error {
	known, err := h.isKnown(ctx, app.KeyID(key))
	if err != nil {
		return err
	}
	err = operation.Advance(func(r *ledger.Key) { r.KeyID, r.Known, r.Shared = app.KeyID(key), known, shared })
	if err != nil {
		return err
	}
	fault.At("key-recorded")
	return h.app.StoreAPIKey(ctx, operation.Record.Keystore, operation.Record.Server, key)
}

// isKnown tells whether a key was stored before: a server offers the same key
// again to the same application.
func (h *keyHolder) isKnown(ctx context.Context, id string) (bool, error) {
	index, err := h.app.Index()
	if err != nil {
		return false, err
	}
	entries, err := index.List(ctx)
	return slices.ContainsFunc(entries, func(e keystore.Entry) bool { return e.Name == app.APIKeyName(id) }), err
}

// giveUp revokes a key that could not be stored, and says why.
func (h *keyHolder) giveUp(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey, cause error) error {
	copied := *explain(ctx, cause)
	e := &copied
	e.What = "the new key could not be stored: " + e.What
	r := operation.Record
	if r.Known || r.Shared {
		e.Why += " It was not revoked, since it may be in use elsewhere."
		return e
	}
	if err := h.revoke(ctx, r.Server, key); err != nil {
		e.Why += fmt.Sprintf(" It could not be revoked either (%v). It stands as %q on the page Account / API Keys of %s.", err, r.Label, r.Server)
		return e
	}
	e.Why += " It was revoked."
	err := h.forget(ctx, operation)
	h.app.Undid(app.KeyID(key))
	return errors.Join(e, err)
}

// drop is [keyHolder.letGo] where a failure is told with the rest.
func (h *keyHolder) drop(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey) string {
	told, _ := h.letGo(ctx, operation, key)
	return told
}

// letGo forgets a key that is not wanted, revokes it where nobody else can use it
// yet, and says what became of it.
func (h *keyHolder) letGo(ctx context.Context, operation *ledger.Operation[ledger.Key], key greenfield.APIKey) (string, error) {
	if operation.Record.Known {
		if err := h.closeOperation(ctx, operation); err != nil {
			return "It is stored from before, and its record stays open: " + err.Error() + ".", err
		}
		return "It was stored before, and stays as it was.", nil
	}
	if operation.Record.Shared {
		if err := h.unkeep(ctx, operation); err != nil {
			return "It could not be deleted here: " + err.Error() + ".", err
		}
		h.app.Undid(app.KeyID(key))
		return "It is not kept. It was not revoked, since it may be in use elsewhere.", nil
	}
	err := h.revoke(ctx, operation.Record.Server, key)
	if err == nil {
		err = h.forget(ctx, operation)
	}
	if err != nil {
		return "It could not be revoked, and stays pending for btcpayctl doctor: " + err.Error() + ".", err
	}
	h.app.Undid(app.KeyID(key))
	return "It was revoked, and is not kept.", nil
}

// forget deletes the key of an operation, which is gone, and ends the operation.
func (h *keyHolder) forget(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	return h.forgetBy(ctx, operation, h.deleteGone)
}

// unkeep is [keyHolder.forget] of a key that may be in use elsewhere.
func (h *keyHolder) unkeep(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	return h.forgetBy(ctx, operation, h.app.ForgetAPIKey)
}

// forgetBy takes the key of an operation out of keystore and index, unless it was there
// before, and ends the operation.
func (h *keyHolder) forgetBy(ctx context.Context, operation *ledger.Operation[ledger.Key], remove func(ctx context.Context, keystore, id string) error) error {
	ctx = context.WithoutCancel(ctx)
	if r := operation.Record; r.KeyID != "" && !r.Known {
		// Where this cannot be written, a kill from here on leaves the key named as
		// one that may live, which does no harm.
		_ = operation.Advance(func(r *ledger.Key) { r.Ended = true })
		fault.At("key-ended")
		if err := remove(ctx, r.Keystore, r.KeyID); err != nil {
			return err
		}
		fault.At("key-deleted")
	}
	return h.closeOperation(ctx, operation)
}

// deleteGone deletes a key that is gone, and the note of where it was handed out to.
func (h *keyHolder) deleteGone(ctx context.Context, keystore, id string) error {
	_, _ = forgetHanded(ctx, h.app, id) // what cannot be read is told by "doctor"
	return h.app.ForgetAPIKey(ctx, keystore, id)
}

// Reasons why a key that is named cannot revoke itself.
var (
	errNeverStored = errors.New("the answer to the request for the key was lost")
	errNotHere     = errors.New("the keystore does not have the key any more")
)

// endKey revokes the key of an operation, and ends the operation.
func (h *keyHolder) endKey(ctx context.Context, operation *ledger.Operation[ledger.Key]) error {
	return h.endKeyBy(ctx, operation, h.revokeLoaded)
}

// A revocation asks a server to revoke a key, and fails where it is not known to be gone.
type revocation func(ctx context.Context, server string, key greenfield.APIKey) error

func (h *keyHolder) endKeyBy(ctx context.Context, operation *ledger.Operation[ledger.Key], revoke revocation) error {
	r := operation.Record
	if r.Ended {
		return h.forget(ctx, operation)
	}
	key, err := h.app.LoadAPIKey(ctx, r.Keystore, r.KeyID)
	switch {
	case errors.Is(err, keystore.ErrNotFound) && r.Kind == ledger.KindRevoke:
		return errNotHere
	case errors.Is(err, keystore.ErrNotFound):
		return errors.Join(errNeverStored, neverStored(operation))
	}
	if err == nil {
		err = revoke(ctx, r.Server, key)
	}
	if err != nil {
		return err
	}
	return h.forget(ctx, operation)
}

// neverStored writes down that a key was recorded, and not stored any more: the
// program was killed in between.
func neverStored(operation *ledger.Operation[ledger.Key]) error {
	return operation.Advance(func(r *ledger.Key) { r.KeyID = "" })
}

const (
	// revokeTime is how long the server is asked again and again to revoke a
	// key, also after Ctrl-C.
	revokeTime     = 30 * time.Second
	revokeAttempts = 4
)

// revoke takes a key back, and asks again until the server says that it is gone.
func (h *keyHolder) revoke(ctx context.Context, server string, key greenfield.APIKey) error {
	insisting, giveUp := h.app.Insist(ctx)
	defer giveUp()
	ctx, stop := context.WithTimeout(insisting, revokeTime)
	defer stop()
	connection, err := h.withoutRetry().connect(server, key)
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
		case !mayPass(err), attempt == revokeAttempts:
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

// withoutRetry is the holder for questions that it asks again by itself.
func (h *keyHolder) withoutRetry() *keyHolder {
	other := *h
	other.flags.Retry = 0
	return &other
}

// askToRevoke asks once. What is lost may have been carried out.
func (h *keyHolder) askToRevoke(ctx context.Context, server string, key greenfield.APIKey, earlier bool) (gone, lost bool, err error) {
	connection, err := h.withoutRetry().connect(server, key)
	if err != nil {
		return false, false, err
	}
	defer connection.CloseIdleConnections()
	answer := connection.APIKeys.RevokeCurrent(ctx)
	gone, err = h.isGone(ctx, connection, answer, earlier)
	return gone, client.FateUnknown(answer), err
}

// mayPass tells of failures that a second attempt may not meet.
func mayPass(err error) bool {
	if _, ok := errors.AsType[*client.NetworkError](err); ok {
		return true
	}
	answer, ok := errors.AsType[*client.Error](err)
	return ok && (answer.Status >= 500 || answer.Status == 429)
}

// orphan says where a person finds a key that nobody holds.
func orphan(label, server string) string {
	return fmt.Sprintf("If it exists, it stands as %s on the page Account / API Keys of %s.", label, server)
}

// lostAnswer explains a request whose fate is unknown. It is never sent again.
func lostAnswer(ctx context.Context, err error, label, server string) error {
	e := explain(ctx, err)
	e.Code, e.What = lostCode(ctx), "whether the key was made is not known: "+e.What
	e.Why = "It was not asked for again. " + orphan(label, server)
	// The label ends with the operation.
	e.Next = "look at that page and delete it there, then: btcpayctl doctor --forget " + label[strings.LastIndexByte(label, '/')+1:]
	return e
}

// revokeOnce asks once, and does not wait long.
func (h *keyHolder) revokeOnce(ctx context.Context, server string, key greenfield.APIKey) error {
	ctx, stop := context.WithTimeout(ctx, quickQuestion)
	defer stop()
	if gone, _, err := h.askToRevoke(ctx, server, key, false); !gone {
		return err
	}
	return nil
}

// endTemporary revokes and forgets a key whose command has ended.
func (h *keyHolder) endTemporary(ctx context.Context, operationID string, wait time.Duration, revoke revocation) error {
	journal, err := h.app.Ledger()
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

// quickQuestion bounds one question of a process that has something else to do.
const quickQuestion = 5 * time.Second

// lettingGo is far longer than a killed process, or one that only looks, holds an
// operation.
const lettingGo = 5 * time.Second
