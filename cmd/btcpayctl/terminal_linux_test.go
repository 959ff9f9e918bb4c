package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

var haveTerminals = true

// openTerminal gives both ends of a new pseudo-terminal.
func openTerminal() (ours, theirs *os.File, err error) {
	ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		theirs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		ours.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// dialogue runs a program on a terminal of its own, plays a file of lines, and
// checks the exit code. Standard output is a pipe with --stdout=pipe.
//
//	dialogue CODE FILE [--stdout=pipe] PROGRAM [ARGUMENT...]
//
// A line "> TEXT" waits until the terminal showed the text, "< TEXT" types it
// with a line end, "^C" types Ctrl-C, "hidden" has the terminal show nothing of what
// is typed from now on. All that the terminal showed is standard error afterwards.
func dialogue(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: dialogue CODE FILE [--stdout=pipe] PROGRAM [ARGUMENT...]")
	}
	code, lines, piped := args[0], strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n"), false
	args = args[2:]
	if args[0] == "--stdout=pipe" {
		piped, args = true, args[1:]
	}
	ours, theirs, err := openTerminal()
	ts.Check(err)
	var shown, stdout lockedBuffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(stageOf(ts).environ(ts), "TERM=xterm")
	if term := ts.Getenv("TERM"); term != "" {
		cmd.Env = append(cmd.Env, "TERM="+term)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	if piped {
		cmd.Stdout = &stdout
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		ts.Fatalf("%v", err)
	}
	read := make(chan struct{})
	go func() {
		io.Copy(&shown, ours) // ends with EIO when the program is gone
		close(read)
	}()
	failed := playDialogue(ours, &shown, lines)
	if failed != nil {
		cmd.Process.Kill()
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(patience):
		cmd.Process.Kill()
		failed = fmt.Errorf("the program does not end: %w", <-ended)
	}
	select {
	case <-read:
	case <-time.After(patience):
		failed = fmt.Errorf("the terminal does not end")
	}
	ours.Close()
	io.WriteString(ts.Stdout(), stdout.String())
	io.WriteString(ts.Stderr(), strings.ReplaceAll(shown.String(), "\r\n", "\n"))
	if failed != nil {
		ts.Fatalf("%v\nThe terminal showed:\n%s", failed, shown.String())
	}
	if got := cmd.ProcessState.ExitCode(); strconv.Itoa(got) != code {
		ts.Fatalf("the exit code is %d, not %s\nThe terminal showed:\n%s", got, code, shown.String())
	}
}

func playDialogue(terminal *os.File, shown *lockedBuffer, lines []string) error {
	seen := 0
	for _, line := range lines {
		kind, text, _ := strings.Cut(line, " ")
		switch kind {
		case "<":
			if _, err := io.WriteString(terminal, text+"\n"); err != nil {
				return err
			}
		case "^C":
			if _, err := io.WriteString(terminal, "\x03"); err != nil {
				return err
			}
		case "hidden":
			settings, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
			if err != nil {
				return err
			}
			if settings.Lflag&unix.ECHO != 0 {
				return errors.New("the terminal shows what is typed")
			}
		case ">":
			pattern := regexp.MustCompile(text)
			for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
				if at := pattern.FindStringIndex(shown.String()[seen:]); at != nil {
					seen += at[1]
					break
				}
				if time.Now().After(deadline) {
					return fmt.Errorf("the terminal never showed %q", text)
				}
			}
		default:
			return fmt.Errorf("a dialogue has no line %q", line)
		}
	}
	return nil
}
