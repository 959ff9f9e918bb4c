package webhook

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
)

// chosenEvents are the flags that choose events.
type chosenEvents struct {
	names        []string
	allowUnknown bool
}

func (c *chosenEvents) addFlags(cmd *cobra.Command, what string) {
	cmd.Flags().StringArrayVar(&c.names, "event", nil, what)
	cmd.Flags().BoolVar(&c.allowUnknown, "allow-unknown", false, "allow events that this version of btcpayctl does not know")
}

// check refuses names that the server accepts and never sends: it compares them exactly.
func (c *chosenEvents) check() error {
	var names []string
	for _, name := range c.names {
		if err := checkEvent("--event", name, c.allowUnknown); err != nil {
			return err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	c.names = names
	return nil
}

// checkEvent refuses the name of an event that a flag or an argument gives.
func checkEvent(where, name string, allowUnknown bool) error {
	if webhook.Type(name).IsKnown() {
		return nil
	}
	right := nearestEvent(name)
	e := &output.Error{Code: output.Usage, What: fmt.Sprintf("%s: there is no event %.60q", where, name),
		Why: "The server accepts every name and compares exactly, so it would never send this one. Nothing was sent.", Next: strings.TrimSpace(where + " " + right)}
	switch {
	case strings.EqualFold(name, right):
		e.What = fmt.Sprintf("%s: the event %.60q is called %s", where, name, right)
		return e
	case allowUnknown:
		return nil
	case right == "":
		e.Next = "one of: " + eventNames()
	}
	if where == "--event" {
		e.Next += "\nor --allow-unknown, for an event of a plugin or a later server"
	}
	return e
}

func eventNames() string {
	var names []string
	for _, known := range webhook.Types() {
		names = append(names, string(known))
	}
	return strings.Join(names, ", ")
}

// nearestEvent returns the known event that a name probably means, or "".
func nearestEvent(name string) string {
	bare := func(text string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(text))
	}
	best, least := "", 4 // typing errors
	for _, known := range webhook.Types() {
		if d := distance(bare(name), bare(string(known))); d < least {
			best, least = string(known), d
		}
	}
	return best
}

// distance counts the letters to insert, delete and replace.
func distance(a, b string) int {
	if len(a) > 100 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// checkURL refuses an address that the server accepts and cannot use.
func checkURL(flag, address string) error {
	err := greenfield.WebhookRequest{URL: address}.Validate()
	refused, ok := errors.AsType[*client.RequestError](err)
	if !ok {
		return err
	}
	return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s %.200q cannot be used: %s", flag, address, refused.Reason),
		Why: "The server would accept it without a warning. Nothing was sent.", Next: flag + " https://shop.example.com/btcpay/webhook", Err: err}
}

// unreachableHost returns a note if an address means the server's own machine, and the
// server is on another one than this.
func unreachableHost(server, address string) string {
	if isLocal(address) && !isLocal(server) {
		return "to the server, this address is its own machine, and not this one"
	}
	return ""
}

// isLocal reports whether an address is one of the machine that uses it.
func isLocal(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") || err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// noteUnreachable prints the note of [unreachableHost] with what to do.
func noteUnreachable(a *app.App, server, address string) {
	if note := unreachableHost(server, address); note != "" {
		fmt.Fprintf(a.Err, "Note: %s. Next: %s\n", note, a.Hint("btcpayctl webhook forward --to "+app.ShellWord(address)))
	}
}
