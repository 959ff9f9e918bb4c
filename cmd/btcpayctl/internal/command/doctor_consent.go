package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A decision is what the command line says about keys that nobody agreed to, by
// the ids of their operations.
type decision struct {
	keep, drop []string
	fix        bool
}

// check refuses ids that name no such key, before anything is done.
func (d decision) check(open []ledger.Key) error {
	for _, id := range slices.Concat(d.keep, d.drop) {
		named := func(r ledger.Key) bool { return r.ID == id && r.Kind == ledger.KindAuthorize && r.KeyID != "" }
		if !slices.ContainsFunc(open, named) {
			return &output.Error{Code: output.NotFound, What: fmt.Sprintf("no key waits for a decision under %.60q", id), Why: "Nothing was done.", Next: "btcpayctl doctor"}
		}
		if slices.Contains(d.keep, id) && slices.Contains(d.drop, id) {
			return &output.Error{Code: output.Usage, What: "--keep and --drop both name " + id, Why: "Nothing was done.", Next: "give one of them"}
		}
	}
	return nil
}

// login ends a login whose key came. It is put to use where somebody agreed to
// just that, and dropped where somebody said no or no yes would do. Everything
// else is a person's to decide.
func (f *keyEnding) login(ctx context.Context, key greenfield.APIKey, proof greenfield.Proof, now rights) checkRecord {
	r := f.operation.Record
	d := compareGrant(asked(r), proof.Grant)
	same, broader := d.what == "", proof.Grant.Match == greenfield.GrantBroader
	if unusable := now.refusedOf(asked(r).Permissions); len(unusable) > 0 && !d.never {
		// No yes in advance was about a key that may not do what it is for.
		same, broader = false, false
		d.what = strings.TrimPrefix(d.what+"; "+strings.Join(unusable.refusals(), "; "), "; ")
	}
	switch {
	case unexpectedUser(r.Authorize.ExpectUser, proof) != nil:
		return f.dropped(ctx, key, unexpectedUser(r.Authorize.ExpectUser, proof).What)
	case r.Authorize.Consent == ledger.ConsentRefused:
		return f.dropped(ctx, key, "the key "+r.KeyID+" was refused")
	case d.never:
		return f.dropped(ctx, key, d.what)
	case slices.Contains(f.decision.drop, r.ID), f.decision.fix && !same:
		return f.dropped(ctx, key, strings.TrimSuffix("the key "+r.KeyID+" is not wanted: "+d.what, ": "))
	case slices.Contains(f.decision.keep, r.ID):
		return f.agreed(ctx, proof)
	case r.Authorize.Consent.Covers(same, broader):
		return f.pin(ctx, proof)
	}
	return f.undecided(ctx, key, proof, d)
}

// undecided asks on a terminal, and otherwise names the two commands.
func (f *keyEnding) undecided(ctx context.Context, key greenfield.APIKey, proof greenfield.Proof, d difference) checkRecord {
	r := f.operation.Record
	told := []string{fmt.Sprintf("the key %s came for profile %s, and nobody has agreed to it. It may: %s", r.KeyID, r.Target, permissionList(proof.Grant.Granted))}
	if d.what != "" {
		told = append(told, output.Sentence(d.what))
	}
	for _, note := range permissionNotes(proof.Grant.Granted) {
		told = append(told, output.Sentence(note))
	}
	detail := strings.Join(told, ". ")
	next := "btcpayctl doctor --keep " + r.ID + "\nor btcpayctl doctor --drop " + r.ID
	waiting := checkRecord{f.name, "failed", detail, next, output.Pending}
	if !f.app.CanAsk() {
		return waiting
	}
	sure, err := f.app.Confirm(ctx, output.VisibleLine(output.Sentence(detail))+". Keep it?", false)
	if err == nil && sure {
		return f.agreed(ctx, proof)
	}
	if err == nil {
		sure, err = f.app.Confirm(ctx, "Give it up, and revoke it if it is new?", false)
	}
	switch {
	case err != nil || ctx.Err() != nil:
		return waiting
	case sure:
		return f.dropped(ctx, key, "the key "+r.KeyID+" is not wanted")
	}
	return waiting
}

// agreed writes the yes down first. Who says yes here knows what the profile has.
func (f *keyEnding) agreed(ctx context.Context, proof greenfield.Proof) checkRecord {
	err := f.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent, r.BesidePairing = ledger.ConsentGiven, true })
	if err != nil {
		return failure(ctx, f.name, err)
	}
	return f.pin(ctx, proof)
}

// pin makes the profile use the key, which ends the operation.
func (f *keyEnding) pin(ctx context.Context, proof greenfield.Proof) checkRecord {
	r := f.operation.Record
	if r.Target == "" {
		return f.done(ctx, fmt.Sprintf("the key %s works and is stored in keystore %s", r.KeyID, r.Keystore), f.closeOperation(ctx, f.operation))
	}
	pin := app.Pin{Keystore: r.Keystore, Server: r.Server, Store: app.SingleStore(proof.Key.Permissions), ID: r.KeyID, BesidePairing: r.BesidePairing}
	if _, err := f.app.PinAPIKey(ctx, r.Target, pin); err != nil {
		record := failure(ctx, f.name, err)
		if r.Kind == ledger.KindAuthorize {
			record.Next = "btcpayctl doctor --keep " + r.ID + "\nor btcpayctl doctor --drop " + r.ID
		}
		return record
	}
	how := "works as asked for"
	if r.Authorize.Consent == ledger.ConsentGiven || r.Authorize.Consent == ledger.ConsentBroader {
		how = "works, and was agreed to"
	}
	return f.done(ctx, fmt.Sprintf("the key %s %s; profile %s uses it now", r.KeyID, how, r.Target), f.closeOperation(ctx, f.operation))
}

// dropped gives a key up and says what became of it.
func (f *keyEnding) dropped(ctx context.Context, key greenfield.APIKey, why string) checkRecord {
	if err := f.operation.Advance(func(r *ledger.Key) { r.Authorize.Consent = ledger.ConsentRefused }); err != nil {
		return failure(ctx, f.name, err)
	}
	told, err := f.letGo(ctx, f.operation, key)
	if err != nil {
		e := explain(ctx, err)
		return f.mayLive(e.Code, why+". "+told, afterRefusal(err, f.operation.Record))
	}
	return f.done(ctx, why+". "+told, nil)
}

// minted ends a key that another credential made. Its maker agreed to what was
// asked for, and to nothing else.
func (f *keyEnding) minted(ctx context.Context, key greenfield.APIKey, proof greenfield.Proof, now rights) checkRecord {
	r := f.operation.Record
	d := compareGrant(asked(r), proof.Grant)
	if d.what != "" {
		d.what = "the server made another key than asked for: " + d.what
	} else if unusable := now.refusedOf(asked(r).Permissions); len(unusable) > 0 && r.Kind == ledger.KindMint {
		d.what = "the key may not do what it was made for: " + strings.Join(unusable.refusals(), "; ")
	}
	if d.what != "" {
		users, err := f.app.ProfilesOfAPIKey(r.KeyID)
		if err != nil {
			return failure(ctx, f.name, err)
		}
		if len(users) == 0 { // else it was as asked for when it was put to use
			return f.dropped(ctx, key, d.what)
		}
	}
	if r.Kind == ledger.KindRotate {
		told, err := f.finishRotation(ctx, f.operation)
		record := f.done(ctx, told, err)
		if err != nil {
			record.Next = afterRefusal(err, r)
		}
		return record
	}
	return f.pin(ctx, proof)
}
