// Package pair has the commands that pair a BitId key with a store.
//
// A pairing goes by steps, each of which hands on what it made: [options] of the command
// line ▸ a plan (which key, on which server) ▸ what is begun (the plan's record in the
// journal) ▸ the code ▸ the signed list of tokens (only that means paired) ▸ the store that
// an invoice of the key shows.
package pair

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
)

// New returns the command pair.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("pair", "Pair a BitId key with a store", "start",
		`Pair a BitId key with a store. With "client", btcpayctl requests a code and the store's
owner approves it. With "server", the owner pastes the public key on the store's Access
Tokens page, or creates a code there that btcpayctl claims.`)
	cmd.AddCommand(newPairClient(a), newPairServer(a), newPairStatus(a))
	return cmd
}

// The options are what the command lines of "pair client" and "pair server" have in common.
type options struct {
	reach    app.Flags
	label    string
	wait     time.Duration
	interval time.Duration
	yes      bool
}

func (o *options) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.label, "label", "", "`name` of the key on the Access Tokens page (default btcpayctl and the host name)")
	cli.AddWaitFlag(cmd, &o.wait, "maximum wait for the approval; 0 checks once (default until the code expires)")
	f.DurationVar(&o.interval, "interval", 2*time.Second, "pause between two checks")
	f.BoolVar(&o.yes, "yes", false, "create a profile called default if there is none, without asking")
	cli.AddRetryFlag(cmd, &o.reach)
	cli.AddServerFlags(cmd, &o.reach)
}

type pairRecord struct {
	Profile string `json:"profile"`
	Server  string `json:"server"`
	SIN     string `json:"sin"`
	Paired  bool   `json:"paired"`
	// Store is the one that the key was seen to serve, null if that is not known.
	Store *profile.ProvenStore `json:"provenStore"`
}

var pairView = output.View[pairRecord]{
	Columns: []output.Column[pairRecord]{
		{Title: "PROFILE", Fit: output.FitWords, Value: func(r pairRecord) string { return cli.Dash(r.Profile) }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r pairRecord) string { return r.Server }},
		{Title: "SIN", Fit: output.FitMiddle, Value: func(r pairRecord) string { return r.SIN }},
		{Title: "PAIRED", Value: func(r pairRecord) string { return cli.YesNo(r.Paired) }},
		{Title: "SERVES", Fit: output.FitNames, Value: func(r pairRecord) string { return cli.ShopText(r.Store) }},
	},
	Name: func(r pairRecord) string { return r.SIN },
}

// print prints the result. serves is nil if the store is not known.
func (p *plan) print(serves *profile.ProvenStore) error {
	c := p.key.Connection
	return output.One(p.printer, pairView, pairRecord{p.key.ProfileName(), c.URL, c.Identity.SIN(), true, serves})
}
