package sandbox

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

type replayCommand struct {
	app    *app.App
	server string
	caFile string
	yes    bool
	play   replayTarget
}

func newSandboxReplay(a *app.App) *cobra.Command {
	c := &replayCommand{app: a}
	cmd := &cobra.Command{
		Use:   "replay PATH...",
		Short: "Play recordings against a server, and compare its responses",
		Long: `Play recordings of a real BTCPay Server against a server, and compare its responses with
the recorded ones. A PATH is a file, or a folder whose *.json files are played. The
project's recordings are in sandbox/testdata/recordings of its source.

Without --server, a sandbox is started for each recording, as the release that was
recorded. Only --server selects a server: the environment and profiles do not.

A recording begins with a server without users. A sandbox must be started with --empty.
It is taken back to its start before each recording, and to its present state at the
end. Any other server has to be freshly installed for each recording, so it takes one
file at a time. The recording creates users, stores and keys on it, with passwords that
are public. btcpayctl asks first if the server is not on this machine; --yes is the
answer of a script. Recordings with payments need a sandbox.

The exit code is 10 if a response differs. The differences are printed below the table,
and are complete with -o json.`,
		Example: `  btcpayctl sandbox replay sandbox/testdata/recordings/2.4.1
  btcpayctl sandbox replay 60-bitid-auth.json --server http://127.0.0.1:23000 -o json`,
		Args: cli.Arguments(1, 10_000),
		RunE: c.run,
	}
	cmd.Flags().StringVar(&c.server, "server", "", "`URL` of the server (default a new sandbox for each recording)")
	cli.AddCAFileFlag(cmd, &c.caFile, "PEM `file` of certificates to trust instead of the system's")
	cli.AddYesFlag(cmd, &c.yes)
	cli.Shows(cmd, replayView)
	cmd.ValidArgsFunction = cobra.FixedCompletions([]cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt)
	return cmd
}

func (c *replayCommand) run(cmd *cobra.Command, args []string) error {
	p, err := cli.CheckedPrinter(c.app, cmd, replayView, replayRecord{})
	if err != nil {
		return err
	}
	files, err := recordingFiles(args)
	if err != nil {
		return err
	}
	recordings := make([]*replay.Recording, len(files))
	for i, file := range files {
		if recordings[i], err = replay.Load(file); err != nil {
			return &output.Error{Code: output.BadInput, What: fmt.Sprintf("%.200q cannot be played", file), Why: err.Error() + ". Nothing was sent.", Next: "btcpayctl sandbox replay --help", Err: err}
		}
	}
	if err := c.choose(cmd.Context(), len(recordings)); err != nil {
		return err
	}
	if reason := c.refusalOfAll(recordings); reason != "" {
		return &output.Error{Code: output.Usage, What: "no recording can be played", Why: reason + ".", Next: "btcpayctl sandbox replay --help"}
	}
	if err := c.play.begin(cmd.Context()); err != nil {
		return err
	}
	var done atomic.Int64
	stopProgress := sync.OnceFunc(c.startProgress(p, &done, len(recordings)).Stop)
	var all []replayRecord
	err = output.List(p, replayView, c.results(cmd.Context(), files, recordings, func(r replayRecord) {
		all = append(all, r)
		if done.Add(1) == int64(len(recordings)) {
			stopProgress() // before the table is printed
		}
	}))
	stopProgress()
	// The sandbox is taken back also after Ctrl-C.
	if ended := c.play.end(context.WithoutCancel(cmd.Context())); err == nil {
		err = ended
	}
	if err != nil {
		return err
	}
	return c.judge(cmd, all)
}

// refusalOfAll is why the server cannot play the first recording, if it can play none.
func (c *replayCommand) refusalOfAll(recordings []*replay.Recording) string {
	for _, r := range recordings {
		if c.play.refusal(r) == "" {
			return ""
		}
	}
	return c.play.refusal(recordings[0])
}

// results plays one recording after another.
func (c *replayCommand) results(ctx context.Context, files []string, recordings []*replay.Recording, played func(replayRecord)) iter.Seq2[replayRecord, error] {
	return func(yield func(replayRecord, error) bool) {
		for i, r := range recordings {
			report, reason, err := c.play.one(ctx, r)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(replayRecord{}, err)
				return
			}
			record := recordOfReplay(r, files[i], report, reason)
			played(record)
			if !yield(record, nil) {
				return
			}
		}
	}
}

// startProgress shows how many recordings are played, unless their results appear one by one on the same terminal.
func (c *replayCommand) startProgress(p *output.Printer, done *atomic.Int64, total int) *output.Status {
	if !c.app.IsTerminal(c.app.Err) || p.Streams() && c.app.IsTerminal(c.app.Out) {
		return nil
	}
	return output.StartStatus(c.app.Err, c.app.ErrWidth, func() string {
		return fmt.Sprintf("%d of %d recordings played", done.Load(), total)
	})
}

// recordingFiles are the files, and those in the folders, that were given.
func recordingFiles(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, &output.Error{Code: output.BadInput, What: fmt.Sprintf("%.200q cannot be read", path), Why: err.Error() + ". Nothing was sent.", Next: "btcpayctl sandbox replay --help", Err: err}
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, &output.Error{Code: output.BadInput, What: fmt.Sprintf("%.200q cannot be read", path), Why: err.Error(), Next: "btcpayctl sandbox replay --help", Err: err}
		}
		n := len(files)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".json") && !e.IsDir() {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		if len(files) == n {
			return nil, &output.Error{Code: output.BadInput, What: fmt.Sprintf("the folder %.200q has no *.json files", path), Why: "Nothing was sent.", Next: "btcpayctl sandbox replay --help"}
		}
	}
	return files, nil
}

// choose finds out what the recordings are played against, and asks before a server is touched that is neither a sandbox nor
// on this machine.
func (c *replayCommand) choose(ctx context.Context, recordings int) error {
	if c.server == "" {
		c.play = freshSandboxes{}
		return nil
	}
	server, err := cli.NormalServer(c.server, true)
	if err != nil {
		return err
	}
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	options, err := c.options()
	if err != nil {
		return err
	}
	one := &oneServer{app: c.app, url: server, root: strings.TrimSuffix(u.Path, "/"), options: options}
	if loopback(u.Hostname()) || options.ControlToken != "" {
		if err := one.connect(c.caFile); err != nil {
			return err
		}
		if one.sandbox, err = one.isSandbox(ctx); err != nil {
			return err
		}
	}
	c.play = one
	if one.sandbox {
		return nil
	}
	if recordings > 1 {
		return &output.Error{Code: output.Usage, What: fmt.Sprintf("%s is not a sandbox, so it takes one recording at a time", server),
			Why: fmt.Sprintf("Each of the %d recordings needs a freshly installed server. Nothing was sent.", recordings), Next: "give one file\nor leave --server out"}
	}
	if loopback(u.Hostname()) {
		return nil
	}
	return cli.Confirm(ctx, c.app, c.yes, fmt.Sprintf("%s is not on this machine. The recording creates users, stores and keys on it, with passwords that are public. Play it there?", server))
}

func (c *replayCommand) options() (replay.Options, error) {
	token, err := c.app.Variable(app.SandboxTokenVariable)
	if err != nil {
		return replay.Options{}, err
	}
	o := replay.Options{ControlToken: token.Text}
	if c.caFile == "" {
		return o, nil
	}
	pool, err := authorities(c.caFile)
	if err != nil {
		return o, err
	}
	o.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return o, nil
}

// A replayTarget is what recordings are played against.
type replayTarget interface {
	begin(ctx context.Context) error
	// refusal says why a recording cannot be played; empty if it can.
	refusal(r *replay.Recording) string
	// one plays a recording. The reason says why it was not played, without a report, or not to its end. An error ends all.
	one(ctx context.Context, r *replay.Recording) (report *replay.Report, reason string, err error)
	end(ctx context.Context) error
}

// freshSandboxes are a new sandbox for each recording.
type freshSandboxes struct{}

func (freshSandboxes) begin(context.Context) error { return nil }
func (freshSandboxes) end(context.Context) error   { return nil }

func (freshSandboxes) refusal(*replay.Recording) string { return "" }

func (freshSandboxes) one(ctx context.Context, r *replay.Recording) (*replay.Report, string, error) {
	server, err := sandbox.Start(ctx, "127.0.0.1:0", sandbox.Options{
		Empty: true, RootPath: r.Server.RootPath(), DisableRegistration: r.Server.DisableRegistration(), Emulate: r.Server.Version,
	})
	if err != nil {
		return nil, "", &output.Error{Code: output.Failed, What: fmt.Sprintf("no sandbox can be started for %s, which was recorded with version %q", r.Group, r.Server.Version), Why: err.Error(), Next: "btcpayctl sandbox replay --help", Err: err}
	}
	defer server.Close()
	return playToEnd(ctx, r, server.URL, replay.Options{})
}

func playToEnd(ctx context.Context, r *replay.Recording, url string, o replay.Options) (*replay.Report, string, error) {
	report, err := r.Play(ctx, url, o)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return report, cmp.Or(strings.TrimPrefix(err.Error(), "replay: "+r.Group+": "), "unknown"), nil
	}
	return report, "", nil
}
