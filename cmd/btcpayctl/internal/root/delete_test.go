package root

import (
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"

	"regexp"
	"strings"
	"testing"
)

// TestDeletionsAreCalledAlike walks the tree: what deletes or revokes takes an argument
// or --profile, asks a terminal, and has --yes for scripts.
func TestDeletionsAreCalledAlike(t *testing.T) {
	tree, _, _ := apptest.New(t, nil)
	deletes := regexp.MustCompile(`^(Delete|Revoke|Erase|Remove|Destroy|Drop|Forget)\b`)
	n := 0
	for cmd := range cli.Commands(NewRoot(tree)) {
		path := cmd.CommandPath()
		if cmd.Hidden || !deletes.MatchString(cmd.Short) || path == "btcpayctl credential erase" { // docker's protocol
			continue
		}
		if strings.HasPrefix(path, "btcpayctl sandbox ") { // faults and snapshots of a test double
			continue
		}
		n++
		if yes := cmd.Flags().Lookup("yes"); yes == nil || yes.Usage != "do not ask" || yes.Value.Type() != "bool" {
			t.Errorf("%s: --yes is %+v", path, yes)
		}
		if cmd.Flags().Lookup("profile") == nil {
			t.Errorf("%s has no --profile", path)
		}
		// A profile has one key, but any number of webhooks, so theirs cannot be left out.
		mustName := path == "btcpayctl webhook delete"
		if !mustName && !strings.HasPrefix(cmd.Use, cmd.Name()+" [") {
			t.Errorf("%s: its argument can be left out for --profile, and its usage is %q", path, cmd.Use)
		}
		if text := strings.Join(strings.Fields(cmd.Long), " "); !strings.Contains(text, "On a terminal btcpayctl asks first") || !strings.Contains(text, "--yes") {
			t.Errorf("%s does not say who is asked", path)
		}
		if mustName {
			continue
		}
		words := strings.Fields(path)[1:]
		for args, want := range map[string]string{
			strings.Join(words, " "):                           "is given",
			strings.Join(words, " ") + " --profile nobody":     "there is no profile",
			strings.Join(words, " ") + " --profile x --yes -h": "",
		} {
			a, stdout, stderr := apptest.New(t, nil)
			code := Run(t.Context(), a, strings.Fields(args))
			if want == "" && code != 0 || want != "" && (code != 2 && code != 6 || stdout.Len() > 0 || !strings.Contains(stderr.String(), want)) {
				t.Errorf("%s: exit %d, %s", args, code, stderr)
			}
		}
	}
	if n != 4 {
		t.Errorf("%d commands delete something", n)
	}
}
