package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
)

// patience bounds every wait of a test; it is far more than any takes.
const patience = 2 * time.Minute

// exits runs a program that has to end with this exit code:
//
//	exits 8 btcpayctl pair status
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	checkExit(ts, args[0], err)
}

func checkExit(ts *testscript.TestScript, wanted string, err error) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != wanted {
		ts.Fatalf("the exit code is %d, not %s (%v)", code, wanted, err)
	}
	if strings.Contains(ts.ReadFile("stderr"), "goroutine ") {
		ts.Fatalf("there is a stack trace")
	}
}

// placeholders stand for what differs from run to run.
var placeholders = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`127\.0\.0\.1:[0-9]+`), "HOST"},
	{regexp.MustCompile(`localhost:[0-9]+`), "LISTENER"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "KEY"},
	{regexp.MustCompile(`\b[0-9a-f]{16}\b`), "KEYID"},
	{regexp.MustCompile(`\bbcrt1[02-9ac-hj-np-z]{38,58}\b`), "ADDRESS"},
	{regexp.MustCompile(`\b[0-9a-f]{64}-[0-9]+\b`), "OUTPOINT"},
	{regexp.MustCompile(`\b30[0-9a-f]{130,142}\b`), "SIGNATURE"},
	{regexp.MustCompile(`\b0[23][0-9a-f]{64}\b`), "PUBLICKEY"},
	{regexp.MustCompile(`\bT[1-9A-HJ-NP-Za-km-z]{34}\b`), "SIN"},
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "OPERATION"},
	{regexp.MustCompile(`\b[1-9A-HJ-NP-Za-km-z]{43,44}\b`), "STORE"},
	{regexp.MustCompile(`\b[1-9A-HJ-NP-Za-km-z]{21,22}\b`), "INVOICE"},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z`), "TIME"},
	{regexp.MustCompile(`(pairingCode=|code )[1-9A-HJ-NP-Za-km-z]{7}\b`), "${1}CODE"},
	{regexp.MustCompile(`[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9:]{8}`), "LOGTIME"},
	{regexp.MustCompile(`(\S) {2,}`), "$1  "}, // the width of a column follows its widest cell
	{regexp.MustCompile(`\btook [0-9.]+m?s\b`), "took TIME"},
	{regexp.MustCompile(`\bgo1\.[0-9.]+\b`), "GOVERSION"},
	{regexp.MustCompile(`\b[0-9]{1,2}:[0-9]{2}\b`), "CLOCK"},
}

// normal puts placeholders into standard output and standard error, so that
// they can be compared.
func normal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: normal")
	}
	work := ts.Getenv("WORK")
	for name, w := range map[string]io.Writer{"stdout": ts.Stdout(), "stderr": ts.Stderr()} {
		text := strings.ReplaceAll(ts.ReadFile(name), work, "$WORK")
		for _, p := range placeholders {
			text = p.pattern.ReplaceAllString(text, p.text)
		}
		io.WriteString(w, text)
	}
}

// capture puts standard output into a variable, or what the brackets of a
// regular expression match in a stream:
//
//	capture ID
//	capture CODE stderr 'pairingCode=(\w+)'
func capture(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case !neg && len(args) == 1:
		ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
	case !neg && len(args) == 3:
		match := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
		if len(match) != 2 {
			ts.Fatalf("%s does not match in %s", args[2], args[1])
		}
		ts.Setenv(args[0], match[1])
	default:
		ts.Fatalf("usage: capture VARIABLE [STREAM REGEXP]")
	}
}

// mode checks the permissions of the files that a pattern matches:
//
//	mode 600 key.pem
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL PATTERN")
	}
	paths, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(paths) == 0 {
		ts.Fatalf("there is no file %s", args[1])
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		ts.Check(err)
		if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
			ts.Fatalf("%s has mode %s, not %s", path, got, args[0])
		}
	}
}

// A job is a program in the background.
type job struct {
	cmd            *exec.Cmd
	stdout, stderr lockedBuffer
	done           chan struct{} // closed at its end
	err            error         // of its end
}

// lockedBuffer can be read while it grows.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// startJob runs a program in the background under a name:
//
//	start pairing btcpayctl pair client --profile shop
func startJob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME PROGRAM [ARGUMENT...]")
	}
	s := stageOf(ts)
	j := &job{cmd: exec.Command(args[1], args[2:]...), done: make(chan struct{})}
	j.cmd.Dir, j.cmd.Env = ts.MkAbs("."), s.environ(ts)
	j.cmd.Stdout, j.cmd.Stderr = &j.stdout, &j.stderr
	// Children of a killed command may keep its streams open.
	j.cmd.WaitDelay = patience
	ts.Check(j.cmd.Start())
	go func() {
		j.err = j.cmd.Wait()
		close(j.done)
	}()
	s.jobs[args[0]] = j
}

func (s *stage) job(ts *testscript.TestScript, name string) *job {
	j := s.jobs[name]
	if j == nil {
		ts.Fatalf("there is no job %s", name)
	}
	return j
}

// awaitJob waits until a stream of a job matches, and keeps what the brackets
// match:
//
//	await pairing stderr 'pairingCode=(\w+)' CODE
func awaitJob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 && len(args) != 4 {
		ts.Fatalf("usage: await NAME STREAM REGEXP [VARIABLE]")
	}
	j, pattern := stageOf(ts).job(ts, args[0]), regexp.MustCompile(args[2])
	stream := map[string]*lockedBuffer{"stdout": &j.stdout, "stderr": &j.stderr}[args[1]]
	deadline := time.After(patience)
	for ended := false; ; {
		match := pattern.FindStringSubmatch(stream.String())
		if match != nil {
			if len(args) == 4 {
				ts.Setenv(args[3], match[1])
			}
			return
		}
		if ended {
			ts.Fatalf("%s does not match in %s of %s:\n%s", args[2], args[1], args[0], stream.String())
		}
		select {
		case <-j.done:
			ended = true
		case <-deadline:
			ended = true
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// signalJob sends INT, TERM or KILL to a job.
func signalJob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: signal NAME SIGNAL")
	}
	s, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[1]]
	if !ok {
		ts.Fatalf("there is no signal %s", args[1])
	}
	ts.Check(stageOf(ts).job(ts, args[0]).cmd.Process.Signal(s))
}

// killWatchers kills the processes that watch over keys.
func killWatchers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: endwatchers")
	}
	programtest.EndWatchers(ts.MkAbs("data"))
}

// finishJob waits for a job, which has to end with this exit code.
func finishJob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: finish NAME CODE")
	}
	s := stageOf(ts)
	j := s.job(ts, args[0])
	delete(s.jobs, args[0])
	select {
	case <-j.done:
	case <-time.After(patience):
		j.cmd.Process.Kill()
		<-j.done
		ts.Fatalf("%s does not end. It wrote:\n%s%s", args[0], j.stdout.String(), j.stderr.String())
	}
	io.WriteString(ts.Stdout(), j.stdout.String())
	io.WriteString(ts.Stderr(), j.stderr.String())
	if strings.Contains(j.stderr.String(), "goroutine ") {
		ts.Fatalf("there is a stack trace:\n%s", j.stderr.String())
	}
	if code := j.cmd.ProcessState.ExitCode(); strconv.Itoa(code) != args[1] {
		ts.Fatalf("%s ended with exit code %d, not %s (%v):\n%s", args[0], code, args[1], j.err, j.stderr.String())
	}
}
