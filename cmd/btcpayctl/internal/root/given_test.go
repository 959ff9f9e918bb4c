package root

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
)

// serverLines is for each command that talks to a server a line that is complete
// but for the server, which comes from the environment.
var serverLines = map[string][]string{
	"apikey create":      {"--permission", "btcpay.store.canviewinvoices"},
	"apikey current":     nil,
	"apikey exec":        {"--permission", "btcpay.store.canviewinvoices", "--", "true"},
	"apikey permissions": nil,
	"apikey revoke":      {"current", "--yes"},
	"apikey rotate":      nil,
	"authorize":          {"--permission", "btcpay.store.canviewinvoices", "--print-url"},
	"doctor":             nil,
	"invoice create":     {"--amount", "5", "--currency", "USD"},
	"invoice get":        {"QvKaGcfACNbRiBjPAMkQ7Q"},
	"invoice list":       nil,
	"invoice open":       {"QvKaGcfACNbRiBjPAMkQ7Q"},
	"invoice resume":     nil,
	"invoice wait":       {"QvKaGcfACNbRiBjPAMkQ7Q", "--wait", "0"},
	"pair client":        {"--wait", "0", "--yes"},
	"pair server":        {"--wait", "0", "--yes"},
	"pair status":        nil,
	"profile show":       nil,
	"rate get":           {"BTC_USD"},
	"store list":         nil,
	"store show":         nil,
	"whoami":             nil,

	"webhook create":        {"--url", "https://shop.example.com/hook", "--reveal", "--yes"},
	"webhook delete":        {"QvKaGcfACNbRiBjPAMkQ7Q", "--yes"},
	"webhook deliveries":    {"QvKaGcfACNbRiBjPAMkQ7Q"},
	"webhook forward":       {"--to", "http://127.0.0.1:1/hook", "--wait", "1ms"},
	"webhook list":          nil,
	"webhook listen":        {"--wait", "1ms"},
	"webhook replay":        {"QvKaGcfACNbRiBjPAMkQ7Q", "QvKaGcfACNbRiBjPAMkQ7Q"},
	"webhook rotate-secret": {"QvKaGcfACNbRiBjPAMkQ7Q", "--reveal", "--yes"},
	"webhook show":          {"QvKaGcfACNbRiBjPAMkQ7Q"},
	"webhook trigger":       {"InvoiceCreated"},
	"webhook update":        {"QvKaGcfACNbRiBjPAMkQ7Q", "--disable"},
}

func serverCommands(t *testing.T) []string {
	a, _, _ := apptest.New(t, nil)
	var names []string
	for cmd := range cli.Commands(NewRoot(a)) {
		name := strings.TrimPrefix(cmd.CommandPath(), "btcpayctl ")
		if isTarget(cmd.Flags().Lookup("server")) && !strings.HasPrefix(name, "sandbox ") {
			names = append(names, name)
		}
	}
	if known := slices.Sorted(maps.Keys(serverLines)); !slices.Equal(known, slices.Sorted(slices.Values(names))) {
		t.Errorf("the table has %q, and these talk to a server: %q", known, names)
	}
	return names
}

// placeholders are as many arguments as a command wants.
func placeholders(cmd *cobra.Command) []string {
	for n := range 4 {
		args := slices.Repeat([]string{"x"}, n)
		if cmd.Args == nil || cmd.Args(cmd, args) == nil {
			return args
		}
	}
	return nil
}

// TestEmptyFlags gives every flag of every command an empty text and blanks. All
// fail before anything is sent, and name the flag.
func TestEmptyFlags(t *testing.T) {
	server := newRecordingServer(t)
	env := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_API_KEY": server.Seed.APIKey, "BTCPAYCTL_STORE": server.Seed.StoreID, "BTCPAYCTL_NO_INPUT": "1"}
	tree, _, _ := apptest.New(t, nil)
	root, n, home := NewRoot(tree), 0, newHome(t)
	for cmd := range cli.Commands(root) {
		if !cmd.Runnable() || cmd.HasSubCommands() || cmd.DisableFlagParsing || cmd.Name() == "help" {
			continue
		}
		visit := func(f *pflag.Flag) {
			if f.Name == "help" || f.NoOptDefVal != "" {
				return // a switch
			}
			for _, empty := range []string{"", "  ", "\t", "\u00a0"} {
				if empty == "" && len(f.Annotations[cli.EmptySays]) > 0 {
					continue
				}
				words := strings.Fields(cmd.CommandPath())[1:]
				for _, form := range [][]string{{"--" + f.Name, empty}, {"--" + f.Name + "=" + empty}} {
					line := slices.Concat(words, form, placeholders(cmd))
					g := (&given{home: home, env: env}).run(t, line...)
					n++
					if g.code != 2 || !strings.Contains(g.stderr, "--"+f.Name) || g.stdout != "" {
						t.Errorf("%q: exit %d, %q %q", line, g.code, g.stdout, g.stderr)
					}
				}
			}
		}
		cmd.LocalFlags().VisitAll(visit)
		cmd.InheritedFlags().VisitAll(visit)
	}
	server.tookNothing(t, n)
}

// TestEmptyAnnotations keeps the list of flags short that may be empty.
func TestEmptyAnnotations(t *testing.T) {
	a, _, _ := apptest.New(t, nil)
	for cmd := range cli.Commands(NewRoot(a)) {
		for f := range flags(cmd) {
			if len(f.Annotations[cli.EmptySays]) > 0 && cmd.CommandPath() != "btcpayctl profile set" {
				t.Errorf("%s --%s may be empty", cmd.CommandPath(), f.Name)
			}
		}
	}
}

// TestEmptyArguments gives every command empty arguments.
func TestEmptyArguments(t *testing.T) {
	server := newRecordingServer(t)
	env := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_API_KEY": server.Seed.APIKey, "BTCPAYCTL_STORE": server.Seed.StoreID, "BTCPAYCTL_NO_INPUT": "1"}
	tree, _, _ := apptest.New(t, nil)
	home, n := newHome(t), 0
	for cmd := range cli.Commands(NewRoot(tree)) {
		if !cmd.Runnable() || cmd.HasSubCommands() || cmd.DisableFlagParsing || cmd.Args == nil || cmd.Args(cmd, []string{""}) != nil {
			continue
		}
		for _, empty := range []string{"", " \n"} {
			line := append(strings.Fields(cmd.CommandPath())[1:], empty)
			g := (&given{home: home, env: env}).run(t, line...)
			n++
			if g.code != 2 || !strings.Contains(g.stderr, "argument 1 is empty") {
				t.Errorf("%q: exit %d, %q", line, g.code, g.stderr)
			}
		}
	}
	if sent := server.took(); len(sent) > 0 || n < 20 {
		t.Errorf("%d requests were sent, of %d lines", len(sent), n)
	}
	// What a command that is run is given is its own business.
	g := (&given{home: home, env: env}).run(t, "apikey", "exec", "--dry-run", "--permission", "btcpay.store.canviewinvoices", "--", "true", "")
	if g.code != 0 {
		t.Errorf("exit %d, %q", g.code, g.stderr)
	}
	// A shell that completes a word asks with an empty one.
	if g := (&given{home: home}).run(t, "__complete", "invoice", ""); g.code != 0 || !strings.Contains(g.stdout, "create") {
		t.Errorf("exit %d, %q", g.code, g.stderr)
	}
}

// everywhereRead are the variables that every command with a server reads.
var everywhereRead = []string{"BTCPAYCTL_PROFILE", "BTCPAYCTL_SERVER", "BTCPAY_SERVER", "BTCPAYCTL_STORE", "BTCPAY_STORE", "BTCPAYCTL_CA_FILE", "BTCPAYCTL_CONFIG_DIR"}

// TestEmptyVariables sets each variable to nothing and to blanks, for each command
// that talks to a server. Those that every command reads are refused by every one;
// of the others a command that goes on does so as without the variable.
func TestEmptyVariables(t *testing.T) {
	commands := serverCommands(t)
	if testing.Short() {
		t.Skip("left out of the inner loop: it runs every command with every variable, and TestEmptyFlags does so with flags")
	}
	server := newRecordingServer(t)
	refused := map[string]int{}
	for _, command := range commands {
		for _, variable := range app.Variables {
			for _, empty := range []string{"", "  "} {
				env := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_STORE": server.Seed.StoreID, "BTCPAYCTL_API_KEY": server.Seed.APIKey, "BTCPAYCTL_NO_INPUT": "1"}
				for name, alias := range map[string]string{"BTCPAYCTL_SERVER": "BTCPAY_SERVER", "BTCPAYCTL_STORE": "BTCPAY_STORE"} {
					if variable == alias {
						delete(env, name) // the name itself comes before its alias
					}
				}
				if variable == "BTCPAY_API_KEY" || variable == "BTCPAYCTL_API_KEY_FILE" {
					delete(env, "BTCPAYCTL_API_KEY")
				}
				env[variable] = empty
				g := (&given{home: newHome(t), env: env}).run(t, append(strings.Fields(command), serverLines[command]...)...)
				isNamed := strings.Contains(g.stderr+g.stdout, variable+" is set and empty")
				switch sent := server.took(); {
				case isNamed && g.code == 2:
					refused[variable]++
					// "doctor" tells what else it finds.
					if len(sent) > 0 && command != "doctor" {
						t.Errorf("%s with %s=%q: %s %s was sent", command, variable, empty, sent[0].method, sent[0].path)
					}
				case isNamed:
					t.Errorf("%s with %s=%q: exit %d, %q", command, variable, empty, g.code, g.stderr)
				case slices.Contains(everywhereRead, variable):
					t.Errorf("%s with %s=%q is not refused: exit %d, %q", command, variable, empty, g.code, g.stderr)
				}
			}
		}
	}
	for _, variable := range app.Variables {
		if refused[variable] == 0 && !slices.Contains([]string{"BTCPAYCTL_PASSWORD_FILE", "BTCPAYCTL_PASSPHRASE_FILE", "BTCPAYCTL_SANDBOX_TOKEN"}, variable) { // below
			t.Errorf("no command refused %s", variable)
		}
	}
	t.Log(fmt.Sprint(refused))
}

// TestEmptyFileVariables has those that only some lines read.
func TestEmptyFileVariables(t *testing.T) {
	server := newRecordingServer(t)
	env := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_PASSWORD_FILE": ""}
	g := (&given{home: newHome(t), env: env, stdin: server.Seed.Password + "\n"}).run(t, "apikey", "create", "--basic", server.Seed.Email, "--permission", "unrestricted")
	if g.code != 2 || !strings.Contains(g.stderr, "BTCPAYCTL_PASSWORD_FILE is set and empty") {
		t.Errorf("exit %d, %q", g.code, g.stderr)
	}
	home := newHome(t)
	env = map[string]string{"BTCPAYCTL_PASSPHRASE_FILE": ""}
	g = (&given{home: home, env: env, without: []string{"BTCPAYCTL_IDENTITY_FILE"}}).run(t, "key", "generate")
	if g.code != 2 || !strings.Contains(g.stderr, "BTCPAYCTL_PASSPHRASE_FILE is set and empty") {
		t.Errorf("exit %d, %q", g.code, g.stderr)
	}
	env = map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_SANDBOX_TOKEN": ""}
	g = (&given{home: home, env: env}).run(t, "sandbox", "mine")
	if g.code != 2 || !strings.Contains(g.stderr, "BTCPAYCTL_SANDBOX_TOKEN is set and empty") {
		t.Errorf("exit %d, %q", g.code, g.stderr)
	}
	if sent := server.took(); len(sent) > 0 {
		t.Errorf("%d requests were sent", len(sent))
	}
}
