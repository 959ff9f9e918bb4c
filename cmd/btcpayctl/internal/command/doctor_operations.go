package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// operations goes through the ledger, and finishes what needs no decision.
func (d *checker) operations(ctx context.Context) []checkRecord {
	open, unread := d.app.Unfinished(ctx)
	var records []checkRecord
	for _, e := range open {
		records = append(records, checkOperation(ctx, d, e))
	}
	if unread != nil {
		records = append(records, failure(ctx, "operations", unread))
	}
	records = append(records, d.batches(ctx)...)
	if len(records) == 0 {
		records = append(records, checkRecord{Check: "operations", Status: "ok", Detail: "none is open"})
	}
	return slices.Concat(records, d.scheduled(), d.handedOut(ctx))
}

// batches names those that are not finished.
func (d *checker) batches(ctx context.Context) (records []checkRecord) {
	batches, err := d.app.Batches()
	if err != nil {
		return []checkRecord{failure(ctx, "batches", err)}
	}
	all, unread := batches.All()
	for _, b := range all {
		if b.Finished.IsZero() {
			records = append(records, checkRecord{Check: "batch " + b.ID, Status: "warning",
				Detail: fmt.Sprintf("not all invoices of %s were created, %d rows", batchName(b), b.Total), Next: resumeBatch(b)})
		}
	}
	if unread != nil {
		records = append(records, failure(ctx, "batches", unread))
	}
	return records
}

// nameOf is how the doctor names an operation.
func nameOf(h ledger.Header) string { return string(h.Kind) + " " + h.ID }

func warning(h ledger.Header, detail, next string) checkRecord {
	return checkRecord{Check: nameOf(h), Status: "warning", Detail: detail, Next: next}
}

func atWork(h ledger.Header) checkRecord {
	return checkRecord{Check: nameOf(h), Status: "ok", Detail: "another process is at it now"}
}

func profileFlag(h ledger.Header) string {
	if h.Profile == "" {
		return ""
	}
	return " --profile " + h.Profile
}

func (d *checker) pairOperation(ctx context.Context, r ledger.Pair) checkRecord {
	if d.isPaired(ctx, r) {
		return checkRecord{Check: nameOf(r.Header), Status: "ok", Detail: "the key " + r.SIN + " is paired meanwhile"}
	}
	if e := d.takenOver(ctx, r); e != nil {
		return checkRecord{nameOf(r.Header), "failed", e.What + ". " + e.Why, e.Next, e.Code}
	}
	return warning(r.Header, "a pairing waits for its approval until "+app.PairingEnd(r).Local().Format("15:04"), "btcpayctl pair status"+profileFlag(r.Header))
}

func (d *checker) invoiceOperation(_ context.Context, r ledger.Invoice) checkRecord {
	next := "btcpayctl invoice resume" + profileFlag(r.Header)
	if r.Batch != "" {
		next += " " + r.Batch
	}
	return warning(r.Header, "whether the invoice of order "+r.OrderID+" was made is not known", next)
}

func (d *checker) moveOperation(ctx context.Context, r ledger.Move) checkRecord {
	if !isAbandoned(ctx, d.app, r.ID) {
		return atWork(r.Header)
	}
	return warning(r.Header, "a move of secrets was cut off; each is where index and profiles say it is", moveAgain(r))
}

func (d *checker) keyOperation(ctx context.Context, r ledger.Key) checkRecord {
	name := nameOf(r.Header)
	if d.flags.DryRun {
		if !isAbandoned(ctx, d.app, r.ID) {
			return atWork(r.Header)
		}
		return checkRecord{name, "failed", "open since " + r.Created.Local().Format("2006-01-02 15:04"), "btcpayctl doctor", output.Pending}
	}
	journal, err := d.app.Ledger()
	if err != nil {
		return failure(ctx, name, err)
	}
	operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return d.busy(ctx, name, r, err)
	case errors.Is(err, ledger.ErrNotFound):
		return checkRecord{Check: name, Status: "ok", Detail: "finished meanwhile"}
	case err != nil:
		return failure(ctx, name, err)
	}
	defer operation.Release()
	end := &keyEnding{keyHolder: *d.reaching(operation.Record.Header), operation: operation, name: name, decision: d.decision}
	return end.finish(ctx)
}

// isPaired looks whether a pairing was approved since, which ends it.
func (d *checker) isPaired(ctx context.Context, r ledger.Pair) bool {
	if r.Profile == "" || d.flags.DryRun {
		return false
	}
	connection, err := d.pairConnection(ctx, r)
	if err != nil {
		return false
	}
	defer connection.CloseIdleConnections()
	tokens, err := connection.Tokens(ctx)
	return err == nil && len(tokens) > 0 && finishPairings(ctx, d.app, r.Server, r.SIN) == nil
}

// pairConnection is one with the key of a pairing, if the profile still has it.
func (d *checker) pairConnection(ctx context.Context, r ledger.Pair) (*app.Connection, error) {
	flags := d.reaching(r.Header).flags
	flags.Profile, flags.Server, flags.Store = r.Profile, "", ""
	connection, err := d.app.Paired(ctx, flags)
	if err != nil {
		return nil, err
	}
	if connection.Identity.SIN() != r.SIN || connection.URL != r.Server {
		connection.CloseIdleConnections()
		return nil, errors.New("the profile has another key now, or another server")
	}
	return connection, nil
}

// A keyEnding ends one operation about a key.
type keyEnding struct {
	keyHolder
	operation *ledger.Operation[ledger.Key]
	name      string
	decision  decision
}

// done tells what was finished, or why it was not.
func (f *keyEnding) done(ctx context.Context, detail string, err error) checkRecord {
	if err != nil {
		return failure(ctx, f.name, err)
	}
	return checkRecord{Check: f.name, Status: "ok", Detail: detail}
}

// mayLive tells of a key that may live, which is a failure.
func (f *keyEnding) mayLive(code output.Code, detail, next string) checkRecord {
	return checkRecord{f.name, "failed", detail, next, code}
}

// notRevoked tells of a key that the server did not revoke.
func (f *keyEnding) notRevoked(ctx context.Context, what string, err error) checkRecord {
	if errors.Is(err, errNeverStored) {
		return f.unseen()
	}
	e := explain(ctx, err)
	return f.mayLive(e.Code, what+" is not revoked yet: "+e.What, afterRefusal(err, f.operation.Record))
}

func (f *keyEnding) finish(ctx context.Context) checkRecord {
	r := f.operation.Record
	switch {
	case r.Ended:
		return f.done(ctx, "the key "+r.KeyID+" is gone", f.forget(ctx, f.operation))
	case r.KeyID == "":
		return f.unseen()
	case r.Kind == ledger.KindRevoke:
		return f.finishRevoke(ctx)
	case r.Mint.Temporary:
		return f.temporary(ctx)
	}
	key, err := f.app.LoadAPIKey(ctx, r.Keystore, r.KeyID)
	if errors.Is(err, keystore.ErrNotFound) {
		if err := neverStored(f.operation); err != nil {
			return failure(ctx, f.name, err)
		}
		return f.unseen()
	}
	if err != nil {
		return failure(ctx, f.name, err)
	}
	// A kill may have come before the index knew the key.
	if err := f.app.StoreAPIKey(ctx, r.Keystore, r.Server, key); err != nil {
		return failure(ctx, f.name, err)
	}
	return f.judge(ctx, key)
}

// unseen tells of a key that nobody here ever saw.
func (f *keyEnding) unseen() checkRecord {
	r := f.operation.Record
	switch {
	case r.Kind != ledger.KindAuthorize:
		return f.mayLive(output.UnknownOutcome, "the answer to a request for a key was lost. "+whereItStands(r), "delete it there, then: btcpayctl doctor --forget "+r.ID)
	case r.Authorize.Printed:
		return f.mayLive(output.Pending, "a consent page was printed, and no key of it came here. "+whereItStands(r),
			"paste the key with btcpayctl authorize --paste, or where there is none: btcpayctl doctor --forget "+r.ID)
	}
	return f.mayLive(output.Pending, strings.TrimSpace("a person was asked for a key, and none came. "+whereItStands(r)+" "+openPage(r.Authorize.Port)),
		"run the same btcpayctl authorize again, where the page leads as well; where nobody pressed Authorize: btcpayctl doctor --forget "+r.ID)
}

// judge asks the server about a key that is pending.
func (f *keyEnding) judge(ctx context.Context, key greenfield.APIKey) checkRecord {
	r := f.operation.Record
	connection, err := f.connect(r.Server, key)
	if err != nil {
		return failure(ctx, f.name, err)
	}
	defer connection.CloseIdleConnections()
	proof, err := connection.Prove(ctx, key, asked(r))
	err = f.whyRefused(ctx, connection, err)
	switch {
	case errors.Is(err, greenfield.ErrUnknownKey) && r.Kind == ledger.KindAuthorize && r.Authorize.Came == "":
		told := "the key that came does not work on " + r.Server + ", and was deleted here"
		if err := f.forgetForeign(ctx, f.operation); err != nil {
			return failure(ctx, f.name, err)
		}
		open := f.unseen()
		open.Detail = told + ". " + output.Sentence(open.Detail)
		return open
	case errors.Is(err, greenfield.ErrUnknownKey):
		return f.done(ctx, "the key does not work on "+r.Server+", and was deleted here", f.forget(ctx, f.operation))
	case errors.Is(err, greenfield.ErrRevokedOrLocked):
		e := explain(ctx, greenfield.ErrRevokedOrLocked)
		return f.mayLive(e.Code, "a key is pending: "+e.What, afterRefusal(err, r))
	case err != nil:
		e := explain(ctx, err)
		return checkRecord{f.name, "failed", "a key is pending, and the server cannot be asked about it: " + e.What, afterRefusal(err, r), e.Code}
	}
	now, err := f.tryNow(ctx, r, key, proof.Grant.Granted)
	if err != nil {
		return failure(ctx, f.name, err)
	}
	if r.Kind != ledger.KindAuthorize {
		return f.minted(ctx, key, proof, now)
	}
	if err := came(f.operation, proof.Key.Label, false); err != nil {
		return failure(ctx, f.name, err)
	}
	return f.login(ctx, key, proof, now)
}

// finishRotation goes on from where the new key was known to work.
func (h *keyHolder) finishRotation(ctx context.Context, operation *ledger.Operation[ledger.Key]) (string, error) {
	r := operation.Record
	told := fmt.Sprintf("the new key %s is in use, and the old one %s was revoked", r.KeyID, r.Rotate.OldKeyID)
	old, err := h.app.LoadAPIKey(ctx, r.Rotate.OldKeystore, r.Rotate.OldKeyID)
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		// It was revoked, and the rest was cut off.
		err = h.deleteGone(ctx, r.Rotate.OldKeystore, r.Rotate.OldKeyID)
		if err == nil {
			err = operation.Finish()
		}
	case err == nil:
		var due time.Time
		if due, err = h.replace(ctx, operation, old); !due.IsZero() {
			told = fmt.Sprintf("the new key %s is in use, and the old one %s is revoked at %s", r.KeyID, r.Rotate.OldKeyID, clockTime(h.app, due, toTheSecond))
		}
	}
	return told, err
}

func (f *keyEnding) finishRevoke(ctx context.Context) checkRecord {
	r := f.operation.Record
	again := "btcpayctl apikey revoke --value-file FILE again, or btcpayctl doctor --forget " + r.ID
	if r.Keystore == "" {
		return f.mayLive(output.UnknownOutcome, "whether the key "+r.KeyID+" was revoked is not known, and it is not stored here", again)
	}
	err := f.endKey(ctx, f.operation)
	switch {
	case errors.Is(err, errNotHere):
		return f.mayLive(output.UnknownOutcome, "whether the key "+r.KeyID+" was revoked is not known, and keystore "+r.Keystore+" does not have it any more", again)
	case err != nil:
		return f.notRevoked(ctx, "the key "+r.KeyID, err)
	}
	return f.done(ctx, "the key "+r.KeyID+" is revoked", nil)
}

// selective tells whether a consent page was to let the person pick a store.
func selective(page string) bool {
	u, err := url.Parse(page)
	return err == nil && u.Query().Get("selectiveStores") == "true"
}
