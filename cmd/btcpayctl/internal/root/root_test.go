package root

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// A command alone must be found by the name that the table says.
func TestChildrenAreNamed(t *testing.T) {
	a := &app.App{LookupEnv: func(string) (string, bool) { return "", false }}
	for _, c := range children() {
		if got := c.make(a).Name(); got != c.name {
			t.Errorf("%s makes the command %s", c.name, got)
		}
		alone := newRoot(a, namedCommand([]string{c.name, "--help"}))
		if found, _, err := alone.Find([]string{c.name}); err != nil || found.Name() != c.name {
			t.Errorf("%s is not found: %v", c.name, err)
		}
	}
	for _, args := range [][]string{nil, {"help"}, {"versoin"}, {"-o", "json", "version"}, {"__complete", "key"}} {
		if got := len(newRoot(a, namedCommand(args)).Commands()); got < len(children()) {
			t.Errorf("%q sees %d commands", args, got)
		}
	}
}
