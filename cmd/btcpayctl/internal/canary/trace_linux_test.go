package canary

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// An utterance is something that the program, or a program that it started,
// gave to somebody else, and to whom: what was written, an argument, a variable of
// the environment or the name of a file.
type utterance struct {
	place string
	data  []byte
}

// tracedCalls are those that hand bytes on. Nothing of the program writes by a
// mapped file or io_uring; had it, the files that are left would show it.
const tracedCalls = "clone,clone3,fork,vfork,execve,execveat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice,vmsplice,connect," +
	"openat,open,creat,mkdir,mkdirat,link,linkat,rename,renameat,renameat2,symlink,symlinkat,unlink,unlinkat,setxattr,memfd_create,prctl,ptrace"

// straceArgs begin a command line whose system calls go to a file.
func straceArgs(file string) []string {
	return []string{"-f", "-qq", "--seccomp-bpf", "-I", "never", "-xx", "-yy", "-v", "-s", "16777216", "-o", file, "-e", "trace=" + tracedCalls, "-e", "signal=none"}
}

// lookForStrace gives its path, empty where it cannot be used. Only root may read
// the strings of a process that keeps its memory from others.
func lookForStrace(t *testing.T) string {
	t.Helper()
	strace := programs.Strace.Want(t)
	var err error
	switch {
	case strace == "":
		return ""
	case os.Geteuid() != 0:
		err = errors.New("only root can trace a process that keeps its memory from others")
	default:
		err = programtest.CanTrace(strace)
	}
	if err != nil {
		t.Logf("%v: what is written and deleted again is not searched", err)
		return ""
	}
	return strace
}

var (
	// The parent of a new process stands where its call ends, perhaps after what
	// the child did.
	tracedClone  = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(?:clone3?|v?fork)(?: resumed>|\().* = (\d+)`)
	tracedCall   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	tracedString = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
	tracedPlace  = regexp.MustCompile(`^-?\w+<((?:->|[^<>]|<[^<>]*>)*)>`)
)

// A traceReader reads what strace wrote.
type traceReader struct {
	place func(leadsTo string, process *tracedProcess) string
	// environ is what the user put into the environment, which is no news.
	environ map[string]bool

	parents   map[string]string
	processes map[string]*tracedProcess
	said      []utterance
	programs  []string // that were started
}

// A tracedProcess is a process or a thread of one.
type tracedProcess struct {
	program string
	helper  bool // it is a credential helper, or was started by one
}

// read fails where strace could not see the strings.
func (r *traceReader) read(trace []byte) error {
	r.processes, r.parents = map[string]*tracedProcess{}, map[string]string{}
	for line := range strings.Lines(string(trace)) {
		if match := tracedClone.FindStringSubmatch(line); match != nil {
			r.parents[match[2]] = match[1]
		}
	}
	for line := range strings.Lines(string(trace)) {
		match := tracedCall.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			continue // a resumed call, an exit or a signal
		}
		pid, call, rest := match[1], match[2], match[3]
		switch call {
		case "clone", "clone3", "fork", "vfork":
		case "execve", "execveat":
			if err := r.execution(r.process(pid), rest); err != nil {
				return err
			}
		case "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg", "sendfile", "splice", "vmsplice":
			place := "?"
			if to := tracedPlace.FindStringSubmatch(rest); to != nil {
				place = r.place(unhex(to[1]), r.process(pid))
				rest = rest[len(to[0]):]
			}
			var data []byte
			for _, text := range tracedString.FindAllStringSubmatch(rest, -1) {
				data = append(data, unhex(text[1])...)
			}
			r.said = append(r.said, utterance{place, data})
		case "ptrace":
			return fmt.Errorf("a process was traced: %s", line)
		default:
			for _, text := range tracedString.FindAllStringSubmatch(rest, -1) {
				r.said = append(r.said, utterance{"name of a file", []byte(unhex(text[1]))})
			}
		}
	}
	if len(r.programs) == 0 {
		return fmt.Errorf("strace saw no program:\n%.500s", trace)
	}
	return nil
}

// process is what a process is when it is first seen: what its parent is.
func (r *traceReader) process(pid string) *tracedProcess {
	p := r.processes[pid]
	if p == nil {
		p = &tracedProcess{}
		if parent, ok := r.parents[pid]; ok {
			*p = *r.process(parent)
		}
		r.processes[pid] = p
	}
	return p
}

// execution takes apart: "path", ["argument", …], ["NAME=value", …].
func (r *traceReader) execution(p *tracedProcess, rest string) error {
	path, rest, _ := strings.Cut(rest, ", [")
	arguments, environment, ok := strings.Cut(rest, "], [")
	if !ok {
		return fmt.Errorf("strace could not read arguments and environment: %.200s", rest)
	}
	if name := tracedString.FindStringSubmatch(path); name != nil {
		p.program = unhex(name[1])
		r.programs = append(r.programs, p.program)
		p.helper = p.helper || strings.HasPrefix(filepath.Base(p.program), "docker-credential-")
	}
	for _, text := range tracedString.FindAllStringSubmatch(arguments, -1) {
		r.said = append(r.said, utterance{"argv", []byte(unhex(text[1]))})
	}
	for _, text := range tracedString.FindAllStringSubmatch(environment, -1) {
		if entry := unhex(text[1]); !r.environ[entry] {
			name, _, _ := strings.Cut(entry, "=")
			r.said = append(r.said, utterance{"environ " + name, []byte(entry)})
		}
	}
	return nil
}

// unhex turns back what -xx writes, and leaves the rest as it is.
func unhex(text string) string {
	if !strings.Contains(text, `\x`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if strings.HasPrefix(text[i:], `\x`) && i+4 <= len(text) {
			if raw, err := hex.DecodeString(text[i+2 : i+4]); err == nil {
				b.Write(raw)
				i += 4
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}
