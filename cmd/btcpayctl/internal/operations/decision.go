package operations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A Decision is what the command line says about keys that were not accepted yet, by the
// ids of their operations.
type Decision struct {
	Keep, Drop []string
	Fix        bool
}

// Check refuses ids that are not those of such keys, before anything is done.
func (d Decision) Check(open []ledger.Key) error {
	for _, id := range slices.Concat(d.Keep, d.Drop) {
		named := func(r ledger.Key) bool { return r.ID == id && r.Kind == ledger.KindAuthorize && r.KeyID != "" }
		if !slices.ContainsFunc(open, named) {
			return &output.Error{Code: output.NotFound, What: fmt.Sprintf("no key under %.60q is waiting for a decision", id), Why: "Nothing was done.", Next: "btcpayctl doctor"}
		}
		if slices.Contains(d.Keep, id) && slices.Contains(d.Drop, id) {
			return &output.Error{Code: output.Usage, What: "--keep and --drop both name " + id, Why: "Nothing was done.", Next: "give one of them"}
		}
	}
	return nil
}

// finishConsent finishes a login whose key arrived. The key is put to use if the user
// agreed to exactly that, and dropped if the user refused or could not agree. Everything
// else is the user's decision.
func (f *keyEnding) finishConsent(ctx context.Context, key greenfield.APIKey, proof authorize.Proof, now Rights) cli.Check {
	r := f.operation.Record
	d := CompareGrant(asked(r), proof.Grant)
	same, broader := d.What == "", proof.Grant.Match == authorize.MatchBroader
	if unusable := now.RefusedOf(asked(r).Permissions); len(unusable) > 0 && !d.Never {
		// A consent in advance does not cover a key that cannot be used for its purpose.
		same, broader = false, false
		d.What = strings.TrimPrefix(d.What+"; "+strings.Join(unusable.Refusals(), "; "), "; ")
	}
	switch {
	case UnexpectedUser(r.Authorize.ExpectUser, proof) != nil:
		return f.drop(ctx, key, UnexpectedUser(r.Authorize.ExpectUser, proof).What)
	case r.Authorize.Consent == ledger.ConsentRefused:
		return f.drop(ctx, key, "the key "+r.KeyID+" was refused")
	case d.Never:
		return f.drop(ctx, key, d.What)
	case slices.Contains(f.decision.Drop, r.ID), f.decision.Fix && !same:
		return f.drop(ctx, key, strings.TrimSuffix("the key "+r.KeyID+" is not wanted: "+d.What, ": "))
	case slices.Contains(f.decision.Keep, r.ID):
		return f.accept(ctx, proof)
	case r.Authorize.Consent.Covers(same, broader):
		return f.pin(ctx, proof)
	}
	return f.askUser(ctx, key, proof, d)
}

// askUser asks on a terminal, and otherwise prints the two commands.
func (f *keyEnding) askUser(ctx context.Context, key greenfield.APIKey, proof authorize.Proof, d difference) cli.Check {
	r := f.operation.Record
	told := []string{fmt.Sprintf("the key %s arrived for profile %s, and was not accepted yet. It may: %s", r.KeyID, r.Target, cli.PermissionList(proof.Grant.Granted))}
	if d.What != "" {
		told = append(told, output.Sentence(d.What))
	}
	for _, note := range PermissionNotes(proof.Grant.Granted) {
		told = append(told, output.Sentence(note))
	}
	detail := strings.Join(told, ". ")
	next := "btcpayctl doctor --keep " + r.ID + "\nor btcpayctl doctor --drop " + r.ID
	waiting := cli.Check{Check: f.name, Status: "failed", Detail: detail, Next: next, Code: output.Pending}
	if !f.App.CanAsk() {
		return waiting
	}
	sure, err := f.App.Confirm(ctx, output.VisibleLine(output.Sentence(detail))+". Keep it?", false)
	if err == nil && sure {
		return f.accept(ctx, proof)
	}
	if err == nil {
		sure, err = f.App.Confirm(ctx, "Drop it, and revoke it if it is new?", false)
	}
	switch {
	case err != nil || ctx.Err() != nil:
		return waiting
	case sure:
		return f.drop(ctx, key, "the key "+r.KeyID+" is not wanted")
	}
	return waiting
}

// accept records the consent first. The user who agrees here knows which keys the profile
// has.
func (f *keyEnding) accept(ctx context.Context, proof authorize.Proof) cli.Check {
	err := f.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent, r.BesidePairing = ledger.ConsentGiven, true })
	if err != nil {
		return cli.FailedCheck(ctx, f.name, err)
	}
	return f.pin(ctx, proof)
}

// pin makes the profile use the key, which ends the operation.
func (f *keyEnding) pin(ctx context.Context, proof authorize.Proof) cli.Check {
	r := f.operation.Record
	if r.Target == "" {
		return f.result(ctx, fmt.Sprintf("the key %s works and is stored in keystore %s", r.KeyID, r.Keystore), f.CloseOperation(ctx, f.operation))
	}
	pin := Pin{Keystore: r.Keystore, Server: r.Server, Store: app.SingleStore(proof.Key.Permissions), ID: r.KeyID, BesidePairing: r.BesidePairing, CAFile: r.CAFile}
	if _, err := PinAPIKey(ctx, f.App, r.Target, pin); err != nil {
		record := cli.FailedCheck(ctx, f.name, err)
		if r.Kind == ledger.KindAuthorize {
			record.Next = "btcpayctl doctor --keep " + r.ID + "\nor btcpayctl doctor --drop " + r.ID
		}
		return record
	}
	how := "works as requested"
	if r.Authorize.Consent == ledger.ConsentGiven || r.Authorize.Consent == ledger.ConsentBroader {
		how = "works, and was accepted"
	}
	return f.result(ctx, fmt.Sprintf("the key %s %s; profile %s uses it now", r.KeyID, how, r.Target), f.CloseOperation(ctx, f.operation))
}

// drop drops a key and reports the result.
func (f *keyEnding) drop(ctx context.Context, key greenfield.APIKey, why string) cli.Check {
	if err := f.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent = ledger.ConsentRefused }); err != nil {
		return cli.FailedCheck(ctx, f.name, err)
	}
	told, err := f.dropKey(ctx, f.operation, key)
	if err != nil {
		e := cli.Explain(ctx, err)
		return f.mayBeActive(e.Code, why+". "+told, AfterRefusal(err, f.operation.Record))
	}
	return f.result(ctx, why+". "+told, nil)
}

// otherThanAsked drops a key that another credential made with other permissions than
// requested. unusable are the requested permissions that do not work now. A key that a
// profile uses had the right permissions when it was put to use.
func (f *keyEnding) otherThanAsked(ctx context.Context, key greenfield.APIKey, proof authorize.Proof, unusable Rights) *cli.Check {
	r := f.operation.Record
	d := CompareGrant(asked(r), proof.Grant)
	switch {
	case d.What != "":
		d.What = "the server made another key than requested: " + d.What
	case len(unusable) > 0:
		d.What = "the key does not work for what it was made for: " + strings.Join(unusable.Refusals(), "; ")
	default:
		return nil
	}
	users, err := ProfilesOfAPIKey(f.App, r.KeyID)
	switch {
	case err != nil:
		return new(cli.FailedCheck(ctx, f.name, err))
	case len(users) > 0:
		return nil
	}
	return new(f.drop(ctx, key, d.What))
}
