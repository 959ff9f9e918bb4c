package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// helperOutput is how many bytes a helper may print: a list of 50,000 names.
const helperOutput = 8 << 20

// helperEnvironment is the whole environment of a helper: what it needs to find its user,
// the user's desktop and gpg, and none of this program's variables.
var helperEnvironment = []string{
	"HOME", "USER", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
	"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
	"XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE",
	"GNUPGHOME", "GPG_TTY", "PASSWORD_STORE_DIR", "PASSWORD_STORE_KEY", "PASSWORD_STORE_GPG_OPTS", "PASSWORD_STORE_UMASK",
	"SystemRoot", "SystemDrive", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP", "COMSPEC", "PATHEXT",
}

// run starts the helper for one action and returns its output.
func (s *helperStore) run(ctx context.Context, action string, input []byte) ([]byte, error) {
	if err := s.acceptable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.path, action)
	cmd.Env = []string{} // nil would pass on all of it
	for _, variable := range helperEnvironment {
		if value := s.getenv(variable); value != "" {
			cmd.Env = append(cmd.Env, variable+"="+value)
		}
	}
	cmd.Dir = filepath.Dir(s.path)
	cmd.Stdin = bytes.NewReader(input)
	out := &helperAnswer{full: cancel}
	cmd.Stdout = out
	ownGroup(cmd)
	// A child of the helper may keep the pipe open after the helper has ended. On a busy
	// machine, reading what the helper printed takes a while.
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	switch {
	case out.overflowed:
		clear(out.data)
		return nil, &Error{Err: fmt.Errorf("%w: the helper printed more than %d MiB at %s, and was killed", ErrUnavailable, helperOutput>>20, action),
			Hint: "is it a credential helper? " + hintOtherStore}
	case ctx.Err() != nil:
		clear(out.data)
		return nil, ctx.Err()
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return out.data, nil
	}
	defer clear(out.data)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, helperCause(action, string(out.data), exit.ExitCode())
	}
	return nil, &Error{Err: fmt.Errorf("%w: the helper cannot be started: %w", ErrUnavailable, err), Hint: hintHelperProgram}
}

const hintHelperProgram = "name a program that implements the protocol: apt-get install golang-docker-credential-helpers"

// acceptable refuses a program that another user could replace, or a link or directory on
// the way to it.
func (s *helperStore) acceptable() error {
	info, err := os.Stat(s.path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrPermission):
		return &Error{Err: fmt.Errorf("%w: %w", ErrUnavailable, err), Hint: hintHelperProgram}
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &Error{Err: fmt.Errorf("%w: %s is not a program", ErrUnavailable, s.path), Hint: hintHelperProgram}
	}
	switch what, why, err := untrusted(s.path); {
	case err != nil:
		return err
	case what == s.path:
		return &Error{Err: fmt.Errorf("%w: %s %s", ErrDenied, s.path, why), Hint: "make it yours or the administrator's: chmod go-w " + s.path}
	case what != "":
		return &Error{Err: fmt.Errorf("%w: %s %s, who could replace the program %s", ErrDenied, what, why, s.path),
			Hint: "check what is there, then: chmod o-w " + what + "; or name a program in a directory of yours or the administrator's"}
	}
	return nil
}

// helperAnswer stores what a helper prints, up to the limit.
type helperAnswer struct {
	data       []byte
	overflowed bool
	full       func()
}

func (a *helperAnswer) Write(p []byte) (int, error) {
	if len(a.data)+len(p) > helperOutput {
		a.overflowed = true
		a.full()
		return 0, errors.New("more than is taken")
	}
	if old := a.data; len(old)+len(p) > cap(old) { // append would leave a copy behind
		a.data = append(make([]byte, 0, 2*len(old)+len(p)), old...)
		clear(old)
	}
	a.data = append(a.data, p...)
	return len(p), nil
}

func helperNonsense(action string) error {
	return &Error{Err: fmt.Errorf("%w: the helper's response to %s does not follow the protocol", ErrUnavailable, action), Hint: hintHelperProgram}
}

// helperCause maps the text of a failed helper to an error, by the words of docker's own
// helpers. The text itself is dropped, because it may repeat the secret.
func helperCause(action, text string, code int) error {
	text = strings.ToLower(text)
	says := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	switch {
	case says("credentials not found", "could not be found in the keychain", "element not found"):
		return ErrNotFound
	case says("pass not initialized", "password store is empty"):
		return &Error{Err: fmt.Errorf("%w: the password store was never set up", ErrUnavailable), Hint: "gpg --full-generate-key, then: pass init KEY-ID"}
	case says("dismiss", "cancelled", "canceled"):
		return &Error{Err: ErrDismissed, Hint: hintUnlock}
	case says("is locked", "locked collection", "interaction is not allowed", "no pinentry", "no secret key"):
		return &Error{Err: fmt.Errorf("%w: the helper could not unlock its own store", ErrLocked), Hint: hintUnlock}
	case says("autolaunch", "d-bus", "dbus", "secrets was not provided", "could not connect"):
		return &Error{Err: fmt.Errorf("%w: the helper found no keyring on a session bus", ErrUnavailable), Hint: hintOtherStore}
	case says("denied", "not permitted", "not authorized"):
		return &Error{Err: fmt.Errorf("%w: the helper was denied access", ErrDenied), Hint: hintOtherStore}
	case says("token too long"):
		return &Error{Err: fmt.Errorf("%w for this helper", ErrTooLarge), Hint: hintOtherStore}
	case says("unknown credential action", "unknown action", "not implemented"):
		return &Error{Err: fmt.Errorf("%w: the helper does not know %s", ErrUnavailable, action), Hint: hintHelperProgram}
	}
	return &Error{Err: fmt.Errorf("%w: the helper failed at %s with exit status %d", ErrUnavailable, action, code),
		Hint: "run it by hand to see why, or " + hintOtherStore}
}
