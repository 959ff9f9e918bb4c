package authorize

import (
	"context"
	"fmt"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// activate makes the profile use the key. The operation is finished last.
func (l *login) activate(ctx context.Context, key greenfield.APIKey, proof authorize.Proof, now operations.Rights, said string) (authorizeRecord, error) {
	id, store := app.KeyID(key), app.SingleStore(proof.Key.Permissions)
	old, err := operations.PinAPIKey(ctx, l.app, l.profile, operations.Pin{Keystore: l.operation.Record.Keystore, Server: l.connection.URL, Store: store, ID: id, BesidePairing: l.besidePairing, CAFile: l.connection.GivenCAFile()})
	if err != nil {
		return authorizeRecord{}, err
	}
	if l.identifier != "" {
		err := l.app.UpdateProfile(ctx, l.profile, func(p *profile.Profile) error {
			p.AppIdentifier = l.identifier
			return nil
		})
		if err != nil {
			return authorizeRecord{}, err
		}
	}
	fault.At("authorize-pinned")
	if err := l.holder().CloseOperation(ctx, l.operation); err != nil {
		return authorizeRecord{}, err
	}
	fmt.Fprintf(l.app.Err, "%sStored in keystore %s for profile %q.\n%s", said, l.operation.Record.Keystore, l.profile, l.app.CurrentNote())
	if was := l.connection.Profile.Store; was != "" && store != "" && was != store {
		fmt.Fprintf(l.app.Err, "The profile's store was %s, and is %s now.\n", was, store)
	}
	switch {
	case old == id:
		fmt.Fprintln(l.app.Err, "It is the key that the profile had.")
	case old != "":
		fmt.Fprintf(l.app.Err, "The profile's earlier key still works.\nNext: %s\n", l.app.Hint("btcpayctl apikey revoke "+old))
	}
	record := authorizeRecord{Profile: l.profile, Server: l.connection.URL, ID: id, Label: proof.Key.Label,
		Permissions: cli.OrEmpty(proof.Key.Permissions), Match: string(proof.Grant.Match), Live: now.Live(), Rights: now.Records()}
	if store != "" {
		record.Store = new(store)
	}
	if proof.User != nil {
		record.User = new(proof.User.Email)
	}
	return record, nil
}

type authorizeRecord struct {
	Profile     string                   `json:"profile"`
	Server      string                   `json:"server"`
	Store       *string                  `json:"store"` // null if the key is not for exactly one
	ID          string                   `json:"id"`
	Label       string                   `json:"label"`
	Permissions []greenfield.Permission  `json:"permissions"`
	Match       string                   `json:"match"` // with what was asked for
	User        *string                  `json:"user"`  // null if the key may not read the profile
	Live        greenfield.Live          `json:"live"`
	Rights      []operations.RightRecord `json:"rights"`
}

var authorizeView = output.View[authorizeRecord]{
	Columns: []output.Column[authorizeRecord]{
		{Title: "PROFILE", Fit: output.FitWords, Value: func(r authorizeRecord) string { return r.Profile }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r authorizeRecord) string { return r.Server }},
		{Title: "STORE", Fit: output.FitMiddle, Value: func(r authorizeRecord) string {
			if r.Store == nil {
				return "-"
			}
			return *r.Store
		}},
		{Title: "PERMISSIONS", Fit: output.FitWords, Value: func(r authorizeRecord) string { return cli.ShortPermissions(r.Permissions) }},
	},
	Name: func(r authorizeRecord) string { return r.ID },
}
