package authorize

import (
	"context"
	"fmt"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// fitServer puts a request for one store into the form that the server
// understands: servers since 2.3.6 take the store from the permission, on older
// ones, and where the version cannot be told, the person picks it, and it is
// compared.
func (c *authorization) fitServer(ctx context.Context) {
	picking, ok := c.request.PickStore()
	switch {
	case !ok:
		return
	case c.selective:
		c.request = picking // the person is to pick, whatever the server can do
	case c.flags.DryRun:
		fmt.Fprintln(c.app.Err, "Note: a server before 2.3.6 would be asked without the store, and the person would pick it.")
	default:
		bounded, stop := context.WithTimeout(ctx, releaseTime)
		defer stop()
		if !c.connection.NamesStores(bounded) {
			c.request = picking
		}
	}
}

// releaseTime is long enough for any server that is there.
const releaseTime = 10 * time.Second

// pickText says which store to pick, where the person picks a certain one.
func (c *authorization) pickText() string {
	id := c.request.StoreID
	if id == "" {
		return ""
	}
	return output.VisibleLine(fmt.Sprintf("On the page, pick the store %s: its name stands on %s/stores/%s. A key for another store is not kept.", id, c.connection.URL, id)) + "\n"
}

// checkPairing asks before an API key takes the place of a profile's BitId key.
func (c *authorization) checkPairing(ctx context.Context, s app.Settings) error {
	refused := cli.Outranks("--profile", c.profile, s.Profile)
	if refused == nil || c.besidePairing || c.printURL || c.flags.DryRun {
		return nil
	}
	if !c.app.CanAsk() {
		return refused
	}
	sure, err := c.app.Confirm(ctx, fmt.Sprintf("Profile %s has a BitId key. With an API key beside it, invoice commands use the API key. Go on?", c.profile), false)
	if err != nil {
		return err
	}
	if !sure {
		return refused
	}
	c.besidePairing = true
	return nil
}
