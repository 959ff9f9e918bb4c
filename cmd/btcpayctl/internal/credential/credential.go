// Package credential has the commands that implement docker's credential-helper protocol.
package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/dockerhelper"
)

// HelperName is the program's name when docker runs it.
const HelperName = "docker-credential-btcpayctl"

// New returns the command credential.
func New(a *app.App) *cobra.Command {
	cmd := cli.Group("credential", "Store credentials for docker and other programs", "other",
		`Store credentials with the protocol of docker's credential helpers: the request comes
on standard input, the response goes to standard output, and so does the text of an
error, with exit code 1. Credentials of docker, podman and other programs are stored
in the same keystore as your keys; this protocol never returns those.

Docker finds the program under another name:

  ln -s "$(command -v btcpayctl)" ~/.local/bin/docker-credential-btcpayctl

and uses it after "credsStore": "btcpayctl" in ~/.docker/config.json.

In the other direction, BTCPAYCTL_KEYSTORE=helper:/path stores keys with any program
that implements the protocol.`)
	for _, c := range []struct{ action, short, long, example string }{
		{"get", "Print the credential of a server",
			"Read a server URL, and print its credential as JSON, with the secret.",
			"  echo https://index.docker.io/v1/ | btcpayctl credential get | jq -r .Username"},
		{"store", "Keep the credential of a server",
			`Read JSON with ServerURL, Username and Secret, and keep it. One that is there for
this server is replaced, in the store that it is in.`,
			`  jq -n '{ServerURL: "https://git.example.com", Username: "alice", Secret: $s}' \
    --rawfile s token.txt | btcpayctl credential store`},
		{"erase", "Delete the credential of a server",
			"Read a server URL, and delete its credential. That there is none is no error.",
			"  echo https://git.example.com | btcpayctl credential erase"},
		{"list", "Print the users of all servers",
			"Print a JSON object of server URLs and user names. No secret is printed.",
			"  btcpayctl credential list | jq -r 'keys[]'"},
	} {
		cmd.AddCommand(&cobra.Command{
			Use: c.action, Short: c.short, Long: c.long, Example: c.example, Args: cli.Arguments(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error {
				if cmd.Flags().Changed("output") || cmd.Flags().Changed("jq") {
					return &output.Error{Code: output.Usage, What: "docker's protocol defines the output, so -o and --jq are not supported",
						Next: cmd.CommandPath() + " | jq ."}
				}
				if err := serveCredential(cmd.Context(), a, c.action); err != nil {
					return &cli.Exited{Code: 1}
				}
				return nil
			},
		})
	}
	return cmd
}

// RunHelper runs the program under docker's name. args are the arguments after the name. It
// returns the exit code.
func RunHelper(ctx context.Context, a *app.App, args []string) int {
	switch {
	case len(args) == 1 && args[0] == "version":
		fmt.Fprintf(a.Out, "%s (btcpayctl) %s\n", HelperName, a.Version)
		return 0
	case len(args) != 1:
		fmt.Fprintf(a.Out, "Usage: %s <%s|version>\n", HelperName, strings.Join(dockerhelper.Actions, "|"))
		return 1
	}
	if serveCredential(ctx, a, args[0]) != nil {
		return 1
	}
	return 0
}

// serveCredential handles one request. It has already written failures to standard output
// when it returns.
func serveCredential(ctx context.Context, a *app.App, action string) error {
	server, err := credentialServer(a)
	if err != nil {
		fmt.Fprintln(a.Out, oneLine(cli.Explain(ctx, err)))
		return err
	}
	return server.Serve(ctx, action, a.In, a.Out)
}

func oneLine(e *output.Error) string {
	text := e.What
	if e.Next != "" {
		text += ". Next: " + e.Next
	}
	return output.VisibleLine(strings.Join(strings.Fields(text), " "))
}

func credentialServer(a *app.App) (dockerhelper.Server, error) {
	s, err := a.Settings(app.Flags{}, true)
	if err != nil {
		return dockerhelper.Server{}, err
	}
	index, err := a.Index()
	if err != nil {
		return dockerhelper.Server{}, err
	}
	chosen, err := a.NewKeystore(s)
	if err != nil {
		return dockerhelper.Server{}, err
	}
	spec := chosen.Text
	if !cli.Keeps(spec) {
		return dockerhelper.Server{}, &output.Error{Code: output.Usage, What: "keystore " + spec + " cannot store credentials", Next: "export BTCPAYCTL_KEYSTORE=file"}
	}
	return dockerhelper.Server{Keystore: spec, Open: func(spec string) (keystore.Store, error) {
		if err := notOurselves(spec); err != nil {
			return nil, err
		}
		return a.OpenKeystore(spec)
	}, Index: index, Now: a.Now}, nil
}

// notOurselves refuses a keystore that is this program under docker's name, which would
// start itself again and again.
func notOurselves(spec string) error {
	path, ok := strings.CutPrefix(spec, cli.HelperPrefix)
	if !ok {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ours, err := os.Stat(self)
	if err != nil {
		return err
	}
	theirs, err := os.Stat(path)
	if err == nil && (os.SameFile(ours, theirs) || filepath.Base(path) == HelperName) {
		return errors.New("the keystore of this program is the program itself: export BTCPAYCTL_KEYSTORE=file")
	}
	return nil
}
