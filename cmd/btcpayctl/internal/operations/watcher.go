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

// A Watch is what the process that watches over a key is told on its standard input. It
// is all that this process knows: the key that it revokes, and how to reach the server.
type Watch struct {
	Server    string `json:"server"`
	Key       string `json:"key"`
	Operation string `json:"operation"`
	Label     string `json:"label"`
	// Until is when the time of the key is over, by the clock, and Left how long that
	// is. The zero time is none.
	Until time.Time     `json:"until"`
	Left  time.Duration `json:"left"` // nanoseconds
	// Due is when the key is to be revoked, by the clock, where no command has it. The
	// zero time is none.
	Due       time.Time     `json:"due"`
	AllowHTTP bool          `json:"allowHttp"`
	CAFile    string        `json:"caFile"`
	Timeout   time.Duration `json:"timeout"` // nanoseconds; 0 for the default
}

// Lines that follow on its standard input. Its end means that whoever was to revoke the
// key is gone, which is as good as WatchOver.
const (
	WatchDone = "done"           // the key is gone
	WatchOver = "over"           // the command has ended, and the key is not known to be gone
	WatchLost = WatchOver + " 1" // likewise, and a request to revoke it may have been carried out
)

// Lines that it writes on its standard output for as long as anybody reads them.
const (
	ReportGone = "gone"
	ReportAway = "away " // and why the server has not revoked the key yet
)

// A Watcher is the process that watches over a key, seen by the command that started it.
type Watcher struct {
	Process int
	input   io.WriteCloser
	// reports ends with the process.
	Reports <-chan string
	Gone    bool // it said so
}

// StartWatcher starts a process that goes on when this one has ended, whatever became
// of the terminal. Nothing of this process's streams and credentials is left to it.
func StartWatcher(a *app.App, w Watch) (*Watcher, error) {
	fail := func(err error) error {
		return &output.Error{Code: output.Failed, What: "the process that watches over the key cannot be started", Why: err.Error(), Next: "leave --ttl out", Err: err}
	}
	if a.Program == nil {
		return nil, fail(errors.New("the path of this program is not known"))
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
	cmd.Dir = filepath.VolumeName(program) + string(filepath.Separator) // it holds no folder
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

// readReports reads lines until the process has ended.
func readReports(from io.Reader, wait func() error) <-chan string {
	reports := make(chan string, 16)
	go func() {
		defer close(reports)
		lines := bufio.NewScanner(from)
		for lines.Scan() {
			select {
			case reports <- lines.Text():
			default: // nobody listens any more
			}
		}
		wait()
	}()
	return reports
}

// passedToWatcher are the variables that a process needs to reach a server and to find
// the ledger.
var passedToWatcher = []string{
	"HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG",
	"SYSTEMROOT", "TZ", "LOCALDOMAIN", "RES_OPTIONS",
}

// WatchEnvironment is the environment of a watcher: what it needs to reach a server and to
// find the ledger.
func WatchEnvironment(a *app.App) ([]string, error) {
	config, err := a.ConfigDir()
	if err != nil {
		return nil, err
	}
	passed := slices.DeleteFunc(slices.Clone(a.Environ()), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return !slices.Contains(passedToWatcher, strings.ToUpper(name))
	})
	return append(append(passed, app.ConfigDirVariable+"="+config), fault.Environ()...), nil
}

// Tell writes a line that nobody may read any more.
func (w *Watcher) Tell(line string) { io.WriteString(w.input, line+"\n") }

// Dismiss ends the watch: the key is gone. Without one it does nothing.
func (w *Watcher) Dismiss() {
	if w == nil {
		return
	}
	w.Tell(WatchDone)
	w.input.Close()
}

// Hear takes a report down. It tells what the person should know, and whether the process
// still lives.
func (w *Watcher) Hear(report string, lives bool) (away string) {
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

// Lives reports whether the process is still there.
func (w *Watcher) Lives() bool { return w != nil && w.Reports != nil }

// WatchFor is what a process is told that watches over the key of an operation.
func WatchFor(a *app.App, flags app.Flags, r ledger.Key, key greenfield.APIKey, over Deadline) Watch {
	w := Watch{Server: r.Server, Key: key.Secret().Reveal(), Operation: r.ID, Label: r.Label, Until: over.Wall, AllowHTTP: r.AllowHTTP, CAFile: r.CAFile}
	if over.IsSet() {
		w.Left = over.Left(a.Now())
	}
	// What cannot be read was refused before.
	w.Timeout, _ = a.Timeout(flags)
	return w
}
