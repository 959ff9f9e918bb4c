package operations

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A Watch is what the watcher of a key reads from its standard input. It is all that this
// process knows: the key that it revokes, and how to reach the server.
type Watch struct {
	Server    string `json:"server"`
	Key       string `json:"key"`
	Operation string `json:"operation"`
	Label     string `json:"label"`
	// Until is when the key's time limit ends by the wall clock, and Left how long that is.
	// The zero time means no limit.
	Until time.Time     `json:"until"`
	Left  time.Duration `json:"left"` // nanoseconds
	// Due is when the key has to be revoked by the wall clock, if no command uses it. The
	// zero time means that a command does.
	Due       time.Time     `json:"due"`
	AllowHTTP bool          `json:"allowHttp"`
	CAFile    string        `json:"caFile"`
	Timeout   time.Duration `json:"timeout"` // nanoseconds; 0 for the default
}

// Lines that follow on its standard input. The end of the input means that the command was
// killed, and has the effect of WatchOver.
const (
	WatchDone = "done"           // the key is revoked
	WatchOver = "over"           // the command has ended, and the key is not known to be revoked
	WatchLost = WatchOver + " 1" // likewise, and the server may have processed a request to revoke it
)

// Lines that it writes to standard output while the command reads them.
const (
	ReportGone = "gone"
	ReportAway = "away " // and why the server has not revoked the key yet
)

// A Watcher is the process that revokes a key, as seen by the command that started it.
type Watcher struct {
	Process int
	input   io.WriteCloser
	// reports is closed when the process ends.
	Reports <-chan string
	Gone    bool // it reported so
}

// StartWatcher starts a process that outlives this one and the terminal. It inherits no
// streams and no credentials.
func StartWatcher(a *app.App, w Watch) (*Watcher, error) {
	fail := func(err error) error {
		return &output.Error{Code: output.Failed, What: "the process that revokes the key cannot be started", Why: err.Error(), Next: "leave --ttl out", Err: err}
	}
	if a.Program == nil {
		return nil, fail(errors.New("the path of this program is unknown"))
	}
	program, err := a.Program()
	if err != nil {
		return nil, fail(err)
	}
	cmd := exec.Command(program, "apikey", "watch") //nolint:noctx // it outlives the command
	cmd.Args[0] = "btcpayctl"
	if cmd.Env, err = WatchEnvironment(a); err != nil {
		return nil, fail(err)
	}
	cmd.SysProcAttr = detached()
	cmd.Dir = filepath.VolumeName(program) + string(filepath.Separator) // it keeps no directory busy
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fail(err)
	}
	reports, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fail(err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fail(err)
	}
	started := &Watcher{Process: cmd.Process.Pid, input: input, Reports: readReports(reports, cmd.Wait)}
	if err := json.NewEncoder(input).Encode(w); err != nil {
		return nil, fail(errors.Join(err, input.Close()))
	}
	return started, nil
}

// readReports reads lines until the process ends.
func readReports(from io.Reader, wait func() error) <-chan string {
	reports := make(chan string, 16)
	go func() {
		defer close(reports)
		lines := bufio.NewScanner(from)
		for lines.Scan() {
			select {
			case reports <- lines.Text():
			default: // the command no longer reads
			}
		}
		wait()
	}()
	return reports
}

// passedToWatcher are the variables that a process needs to reach a server and to find the
// ledger.
var passedToWatcher = []string{
	"HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG",
	"SYSTEMROOT", "TZ", "LOCALDOMAIN", "RES_OPTIONS",
}

// WatchEnvironment is the environment of a watcher: what it needs to reach a server and to
// find the ledger.
func WatchEnvironment(a *app.App) ([]string, error) {
	config, err := a.ConfigDir()
	if err != nil && !errors.Is(err, app.ErrNoHome) {
		return nil, err
	}
	passed := slices.DeleteFunc(slices.Clone(a.Environ()), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !slices.Contains(passedToWatcher, strings.ToUpper(name))
	})
	if config != "" {
		passed = append(passed, app.ConfigDirVariable+"="+config)
	}
	return append(passed, fault.Environ()...), nil
}

// Send sends a line. The watcher may have ended.
func (w *Watcher) Send(line string) { io.WriteString(w.input, line+"\n") }

// Dismiss ends the watch, because the key is revoked. It does nothing on a nil Watcher.
func (w *Watcher) Dismiss() {
	if w == nil {
		return
	}
	w.Send(WatchDone)
	w.input.Close()
}

// ReadReport stores a report. It returns why the server has not revoked the key yet, if the
// report says so. lives is false after the process has ended.
func (w *Watcher) ReadReport(report string, lives bool) (away string) {
	if !lives {
		w.Reports = nil
	}
	if report == ReportGone {
		w.Gone = true
	}
	away, _ = strings.CutPrefix(report, ReportAway)
	if away == report {
		return ""
	}
	return away
}

// IsRunning reports whether the process still runs.
func (w *Watcher) IsRunning() bool { return w != nil && w.Reports != nil }

// WatchFor is the input of a watcher for the key of an operation.
func WatchFor(a *app.App, flags app.Flags, r ledger.Key, key greenfield.APIKey, over Deadline) Watch {
	w := Watch{Server: r.Server, Key: key.Secret().Reveal(), Operation: r.ID, Label: r.Label, Until: over.Wall, AllowHTTP: r.AllowHTTP, CAFile: r.CAFile}
	if over.IsSet() {
		w.Left = over.Left(a.Now())
	}
	// Unreadable values were refused before.
	w.Timeout, _ = a.Timeout(flags)
	return w
}
