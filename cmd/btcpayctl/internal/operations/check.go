package operations

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// Operations goes through the ledger, and finishes the operations that need no decision.
func (d *Checker) Operations(ctx context.Context) []cli.Check {
	open, unread := Unfinished(ctx, d.App)
	var records []cli.Check
	for _, e := range open {
		records = append(records, checkOperation(ctx, d, e))
	}
	if unread != nil {
		records = append(records, cli.FailedCheck(ctx, "operations", unread))
	}
	records = append(records, d.batches(ctx)...)
	if len(records) == 0 {
		records = append(records, cli.Check{Check: "operations", Status: "ok", Detail: "none is open"})
	}
	return slices.Concat(records, d.scheduled(), d.handedOut(ctx))
}

// nameOf is how doctor names an operation.
func nameOf(h ledger.Header) string { return string(h.Kind) + " " + h.ID }

func warning(h ledger.Header, detail, next string) cli.Check {
	return cli.Check{Check: nameOf(h), Status: "warning", Detail: detail, Next: next}
}

func atWork(h ledger.Header) cli.Check {
	return cli.Check{Check: nameOf(h), Status: "ok", Detail: "another process is working on it"}
}

func profileFlag(h ledger.Header) string {
	if h.Profile == "" {
		return ""
	}
	return " --profile " + h.Profile
}

func (d *Checker) invoiceOperation(_ context.Context, r ledger.Invoice) cli.Check {
	next := "btcpayctl invoice resume" + profileFlag(r.Header)
	if r.Batch != "" {
		next += " " + r.Batch
	}
	return warning(r.Header, "the invoice of order "+r.OrderID+" may have been created", next)
}

func (d *Checker) keyOperation(ctx context.Context, r ledger.Key) cli.Check {
	name := nameOf(r.Header)
	if d.Flags.DryRun {
		if !IsAbandoned(ctx, d.App, r.ID) {
			return atWork(r.Header)
		}
		return cli.Check{Check: name, Status: "failed", Detail: "open since " + r.Created.Local().Format("2006-01-02 15:04"), Next: "btcpayctl doctor", Code: output.Pending}
	}
	journal, err := d.App.Ledger()
	if err != nil {
		return cli.FailedCheck(ctx, name, err)
	}
	operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return d.heldBy(ctx, name, r, err)
	case errors.Is(err, ledger.ErrNotFound):
		return cli.Check{Check: name, Status: "ok", Detail: "finished since"}
	case err != nil:
		return cli.FailedCheck(ctx, name, err)
	}
	defer operation.Release()
	end := &keyEnding{KeyHolder: *d.Reaching(operation.Record.Header), operation: operation, name: name, decision: d.Decision}
	return end.finish(ctx)
}

// A keyEnding ends one operation about a key.
type keyEnding struct {
	KeyHolder
	operation *ledger.Operation[ledger.Key]
	name      string
	decision  Decision
}

// result reports what was finished, or why it was not.
func (f *keyEnding) result(ctx context.Context, detail string, err error) cli.Check {
	if err != nil {
		return cli.FailedCheck(ctx, f.name, err)
	}
	return cli.Check{Check: f.name, Status: "ok", Detail: detail}
}

// mayBeActive reports a key that may be active, which is a failure.
func (f *keyEnding) mayBeActive(code output.Code, detail, next string) cli.Check {
	return cli.Check{Check: f.name, Status: "failed", Detail: detail, Next: next, Code: code}
}

// NotRevoked reports a key that the server did not revoke.
func (f *keyEnding) notRevoked(ctx context.Context, what string, err error) cli.Check {
	if errors.Is(err, ErrNeverStored) {
		return f.neverArrived()
	}
	e := cli.Explain(ctx, err)
	return f.mayBeActive(e.Code, what+" is not revoked yet: "+e.What, AfterRefusal(err, f.operation.Record))
}

// keyEndings end the operations of each kind about keys that may be active.
var keyEndings = map[ledger.Kind]func(*keyEnding, context.Context) cli.Check{
	ledger.KindAuthorize: (*keyEnding).finishLogin,
	ledger.KindMint:      (*keyEnding).finishMint,
	ledger.KindRotate:    (*keyEnding).finishRotate,
	ledger.KindRevoke:    (*keyEnding).finishRevoke,
}

func (f *keyEnding) finish(ctx context.Context) cli.Check {
	r := f.operation.Record
	switch {
	case r.Ended:
		return f.result(ctx, "the key "+r.KeyID+" is revoked", f.Forget(ctx, f.operation))
	case r.KeyID == "":
		return f.neverArrived()
	}
	return keyEndings[r.Kind](f, ctx)
}

func (f *keyEnding) finishLogin(ctx context.Context) cli.Check {
	key, proof, now, ended := f.askServer(ctx)
	if ended != nil {
		return *ended
	}
	if err := Came(f.operation, proof.Key.Label, false); err != nil {
		return cli.FailedCheck(ctx, f.name, err)
	}
	return f.finishConsent(ctx, key, proof, now)
}

func (f *keyEnding) finishMint(ctx context.Context) cli.Check {
	if f.operation.Record.Mint.Temporary {
		return f.temporary(ctx)
	}
	key, proof, now, ended := f.askServer(ctx)
	if ended != nil {
		return *ended
	}
	unusable := now.RefusedOf(asked(f.operation.Record).Permissions)
	if dropped := f.otherThanAsked(ctx, key, proof, unusable); dropped != nil {
		return *dropped
	}
	return f.pin(ctx, proof)
}

func (f *keyEnding) finishRotate(ctx context.Context) cli.Check {
	key, proof, _, ended := f.askServer(ctx)
	if ended != nil {
		return *ended
	}
	if dropped := f.otherThanAsked(ctx, key, proof, nil); dropped != nil {
		return *dropped
	}
	told, err := f.FinishRotation(ctx, f.operation)
	record := f.result(ctx, told, err)
	if err != nil {
		record.Next = AfterRefusal(err, f.operation.Record)
	}
	return record
}

// loadKey reads the key of an operation, which is stored but may be in no index yet.
func (f *keyEnding) loadKey(ctx context.Context) (key greenfield.APIKey, ended *cli.Check) {
	r := f.operation.Record
	key, err := f.App.LoadAPIKey(ctx, r.Keystore, r.KeyID)
	if errors.Is(err, keystore.ErrNotFound) {
		if err := neverStored(f.operation); err != nil {
			return key, new(cli.FailedCheck(ctx, f.name, err))
		}
		return key, new(f.neverArrived())
	}
	if err == nil {
		// A kill may have come before the key was added to the index.
		err = StoreAPIKey(ctx, f.App, r.Keystore, r.Server, key)
	}
	if err != nil {
		return key, new(cli.FailedCheck(ctx, f.name, err))
	}
	return key, nil
}

// neverArrived reports a key that never arrived here.
func (f *keyEnding) neverArrived() cli.Check {
	r := f.operation.Record
	switch {
	case r.Kind != ledger.KindAuthorize:
		return f.mayBeActive(output.UnknownOutcome, "the response with a new key was lost. "+WhereItStands(r), "delete it on that page, then: btcpayctl doctor --forget "+r.ID)
	case r.Authorize.Printed:
		return f.mayBeActive(output.Pending, "a consent page was printed, but no key from it has arrived. "+WhereItStands(r),
			"paste the key with btcpayctl authorize --paste, or if there is none: btcpayctl doctor --forget "+r.ID)
	}
	return f.mayBeActive(output.Pending, strings.TrimSpace("a consent page was opened, but no key has arrived. "+WhereItStands(r)+" "+OpenPage(r.Authorize.Port)),
		"run the same btcpayctl authorize again, with the same page; if Authorize was not pressed: btcpayctl doctor --forget "+r.ID)
}

// askServer asks the server about a pending key. If nothing is left to do, or nothing can be
// done, ended says so.
func (f *keyEnding) askServer(ctx context.Context) (key greenfield.APIKey, proof authorize.Proof, now Rights, ended *cli.Check) {
	if key, ended = f.loadKey(ctx); ended != nil {
		return key, proof, nil, ended
	}
	r := f.operation.Record
	connection, err := f.Connect(r.Server, key)
	if err != nil {
		return key, proof, nil, new(cli.FailedCheck(ctx, f.name, err))
	}
	defer connection.CloseIdleConnections()
	proof, err = authorize.Prove(ctx, connection.Client, key, asked(r))
	if err = f.WhyRefused(ctx, connection, err); err != nil {
		return key, proof, nil, new(f.refused(ctx, err))
	}
	if now, err = f.TryNow(ctx, r, key, proof.Grant.Granted); err != nil {
		return key, proof, nil, new(cli.FailedCheck(ctx, f.name, err))
	}
	return key, proof, now, nil
}

// refused handles a pending key that the server does not accept.
func (f *keyEnding) refused(ctx context.Context, err error) cli.Check {
	r := f.operation.Record
	switch {
	case errors.Is(err, greenfield.ErrUnknownKey) && r.Kind == ledger.KindAuthorize && r.Authorize.Came == "":
		told := "the key that arrived does not work on " + r.Server + ", and was deleted here"
		if err := f.ForgetForeign(ctx, f.operation); err != nil {
			return cli.FailedCheck(ctx, f.name, err)
		}
		open := f.neverArrived()
		open.Detail = told + ". " + output.Sentence(open.Detail)
		return open
	case errors.Is(err, greenfield.ErrUnknownKey):
		return f.result(ctx, "the key does not work on "+r.Server+", and was deleted here", f.Forget(ctx, f.operation))
	case errors.Is(err, greenfield.ErrRevokedOrLocked):
		e := cli.Explain(ctx, greenfield.ErrRevokedOrLocked)
		return f.mayBeActive(e.Code, "a key is pending: "+e.What, AfterRefusal(err, r))
	}
	e := cli.Explain(ctx, err)
	return cli.Check{Check: f.name, Status: "failed", Detail: "a key is pending, but the server cannot be asked about it: " + e.What, Next: AfterRefusal(err, r), Code: e.Code}
}

func (f *keyEnding) finishRevoke(ctx context.Context) cli.Check {
	r := f.operation.Record
	again := "btcpayctl apikey revoke --value-file FILE again, or btcpayctl doctor --forget " + r.ID
	if r.Keystore == "" {
		return f.mayBeActive(output.UnknownOutcome, "the key "+r.KeyID+" may not be revoked yet, and it is not stored here", again)
	}
	err := f.EndKey(ctx, f.operation)
	switch {
	case errors.Is(err, ErrNotHere):
		return f.mayBeActive(output.UnknownOutcome, "the key "+r.KeyID+" may not be revoked yet, and keystore "+r.Keystore+" no longer has it", again)
	case err != nil:
		return f.notRevoked(ctx, "the key "+r.KeyID, err)
	}
	return f.result(ctx, "the key "+r.KeyID+" is revoked", nil)
}
