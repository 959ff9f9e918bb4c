// Package demo has the command that shows the whole workflow against an embedded sandbox.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A demo shows a workflow as shell commands. Each is printed as a user would type it, and
// run by the code that would run it then. The people in it post the sandbox's real pages.
type demo struct {
	app  *app.App
	exec func(context.Context, *app.App, []string) (exit int)
	keep bool

	dir    string
	server *sandbox.Server
	env    []variable
	path   string            // where programs are looked up, this one first
	shell  map[string]string // variables of the workflow, such as $id
	jobs   []*job
}

type variable struct{ name, value string }

// New returns the command demo. run runs a command line.
func New(a *app.App, exec func(context.Context, *app.App, []string) (exit int)) *cobra.Command {
	d := &demo{app: a, exec: exec}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole workflow on this machine, in seconds",
		Long: `Start a sandbox, pair a key with its store in both ways, create an invoice, pay it
and wait until it is settled. Then get an API key through the consent page, make a
limited key for one command, see it refused elsewhere, and revoke it. Every command
is shown as you would type it. No other machine is contacted, and nothing is left
behind.

With --keep the sandbox runs until Ctrl-C, so that you can try the commands in another
terminal.`,
		Example: "  btcpayctl demo\n  btcpayctl demo --keep",
		GroupID: "start",
		Args:    cli.Arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&d.keep, "keep", false, "keep the sandbox running until Ctrl-C, and print commands to try")
	return cmd
}

func (d *demo) run(ctx context.Context) (err error) {
	if err := d.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.end()) }()
	if err := d.story(ctx); err != nil {
		return err
	}
	if !d.keep {
		return nil
	}
	if err := d.forget(); err != nil {
		return err
	}
	fmt.Fprintf(d.app.Out, `
The sandbox keeps running at %s until Ctrl-C. The keys of the
demo are deleted, so you can paste its commands and get the same output. In another
terminal, first run:

%s
Then try also:

  btcpayctl profile show
  btcpayctl rate get BTC_USD BTC_EUR --store %s
  btcpayctl invoice list --status settled -o jsonl
  btcpayctl sandbox --help

The server's pages are at the same address. Log in as %s with the password %s
`, d.server.URL, d.exports(), d.server.Seed.StoreID, d.server.Seed.Email, d.server.Seed.Password)
	<-ctx.Done()
	return nil
}

func (d *demo) start(ctx context.Context) error {
	d.app.Signals.Begin() // so that the folder is removed
	var err error
	if d.dir, err = os.MkdirTemp("", "btcpayctl-demo-"); err != nil {
		return err
	}
	if d.server, err = sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{}); err != nil {
		return errors.Join(err, os.RemoveAll(d.dir))
	}
	d.env = []variable{
		{"BTCPAYCTL_SERVER", d.server.URL},
		{"BTCPAYCTL_KEYSTORE", "file"},
		{"BTCPAYCTL_IDENTITY_FILE", filepath.Join(d.dir, "identity.txt")},
		{"XDG_CONFIG_HOME", filepath.Join(d.dir, "config")},
		{"XDG_DATA_HOME", filepath.Join(d.dir, "data")},
		{"XDG_STATE_HOME", filepath.Join(d.dir, "state")},
	}
	d.shell = map[string]string{}
	bin, err := d.installed()
	if err != nil {
		return errors.Join(err, d.end())
	}
	d.path = bin + string(os.PathListSeparator) + d.app.Getenv(cli.PathVariable)
	return nil
}

// forget removes what the commands stored, but not the sandbox's state.
func (d *demo) forget() error {
	entries, err := os.ReadDir(d.dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(d.dir, entry.Name())))
	}
	return err
}

func (d *demo) end() error {
	return errors.Join(d.server.Close(), os.RemoveAll(d.dir))
}

// exports are the lines that give another shell the same environment.
func (d *demo) exports() string {
	var text strings.Builder
	for _, v := range d.env {
		fmt.Fprintf(&text, "  export %s=%s\n", v.name, v.value)
	}
	return text.String()
}

// lookupEnv is the environment of the commands. It contains nothing of the user's, except
// the path to other programs.
func (d *demo) lookupEnv(name string) (string, bool) {
	if name == cli.PathVariable {
		return d.path, true
	}
	for _, v := range d.env {
		if v.name == name {
			return v.value, true
		}
	}
	return "", false
}

// say prints the sentence above a step.
func (d *demo) say(sentence string) { fmt.Fprintf(d.app.Out, "\n%s\n\n", sentence) }

// show prints a line as it appears at a shell prompt.
func (d *demo) show(line string) {
	if d.app.IsTerminal(d.app.Out) && d.app.Getenv("NO_COLOR") == "" {
		fmt.Fprintf(d.app.Out, "\x1b[1m$ %s\x1b[0m\n", line)
		return
	}
	fmt.Fprintf(d.app.Out, "$ %s\n", line)
}

// A job is a background command, whose output is held back until [demo.wait].
type job struct {
	line   string
	output strings.Builder
	done   chan error
}

// command shows and runs one line.
func (d *demo) command(ctx context.Context, line string) error {
	d.show(line)
	return d.execute(ctx, line, d.app.Out)
}

// background shows a line with an ampersand, and returns while it runs.
func (d *demo) background(ctx context.Context, line string) {
	d.show(line + " &")
	j := &job{line: line, done: make(chan error, 1)}
	d.jobs = append(d.jobs, j)
	go func() { j.done <- d.execute(ctx, line, &j.output) }()
}

// wait is the shell's wait: it returns when all jobs have ended.
func (d *demo) wait() error {
	d.show("wait")
	var failed error
	for _, j := range d.jobs {
		failed = errors.Join(failed, <-j.done)
		io.WriteString(d.app.Out, j.output.String())
	}
	d.jobs = nil
	return failed
}

// assign shows and runs a line whose output is assigned to a shell variable.
func (d *demo) assign(ctx context.Context, name, line string) error {
	d.show(name + "=$(" + line + ")")
	var out strings.Builder
	if err := d.executeSplit(ctx, line, &out, d.app.Out); err != nil {
		return err
	}
	d.shell[name] = strings.TrimSpace(out.String())
	return nil
}

func (d *demo) execute(ctx context.Context, line string, out io.Writer) error {
	return d.executeSplit(ctx, line, out, out)
}

func (d *demo) executeSplit(ctx context.Context, line string, out, errs io.Writer) error {
	words, err := shellWords(line, d.shell)
	if err != nil {
		return err
	}
	if exit := d.exec(ctx, d.inner(out, errs), words[1:]); exit != 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return &output.Error{Code: output.Failed, What: fmt.Sprintf("the demo's command %q ended with exit code %d", line, exit),
			Why: "It ran against the sandbox on this machine.", Next: "report this, with the output above"}
	}
	return nil
}

// inner is the App of one command.
func (d *demo) inner(out, errs io.Writer) *app.App {
	return &app.App{In: strings.NewReader(""), Out: out, Err: errs, LookupEnv: d.lookupEnv, Environ: d.environ, Now: d.app.Now,
		Version: d.app.Version, Commit: d.app.Commit}
}

// shellWords splits a line as a shell does: blanks, double quotes, $name.
func shellWords(line string, variables map[string]string) ([]string, error) {
	var words []string
	var word strings.Builder
	quoted, started := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted, started = !quoted, true
		case c == ' ' && !quoted:
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		case c == '$':
			end := i + 1
			for end < len(line) && 'a' <= line[end] && line[end] <= 'z' {
				end++
			}
			word.WriteString(variables[line[i+1:end]])
			i, started = end-1, true
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("the line %q has an unclosed quote", line)
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}

// tookText is how long the demo took.
func tookText(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
