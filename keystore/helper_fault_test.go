//go:build unix

package keystore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script writes a helper of a few lines of shell; $1 is the action.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "docker-credential-test")
	must(t, writeProgram(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700))
	return path
}

// honest keeps secrets in a file each and does all that is asked of it.
const honest = `
state=$(dirname "$0")/state; mkdir -p "$state"
case $1 in
store) read -r json; url=${json#*\"ServerURL\":\"}; url=${url%%\"*}; printf '%s\n' "$json" >"$state/$(printf %s "$url" | tr /: __)" ;;
get) read -r url; f="$state/$(printf %s "$url" | tr /: __)"; if [ -f "$f" ]; then cat "$f"; else echo "credentials not found in native keychain"; exit 1; fi ;;
erase) read -r url; rm -f "$state/$(printf %s "$url" | tr /: __)" ;;
list) printf '{'; sep=; for f in "$state"/*; do [ -f "$f" ] || continue; read -r json <"$f"; url=${json#*\"ServerURL\":\"}; url=${url%%\"*}
  user=${json#*\"Username\":\"}; user=${user%%\"*}; printf '%s"%s":"%s"' "$sep" "$url" "$user"; sep=,; done; echo '}' ;;
esac`

// The honest script must pass what real helpers pass, or the faults below
// prove nothing.
func TestHelperScriptConforms(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts hundreds of shells")
	}
	t.Parallel()
	helper := script(t, honest)
	conform(t, backend{name: "helper", max: helperMax, open: func() Store {
		return open(t, "helper:"+helper, Options{Timeout: patience})
	}})
}

// called is a line of a helper that leaves word that it runs, and for which action.
const called = `: >"${0%/*}/$1"; `

// ran reports whether a helper left that word for one of the actions, and takes
// it away.
func ran(helper string, actions ...string) bool {
	found := false
	for _, action := range actions {
		found = os.Remove(filepath.Join(filepath.Dir(helper), action)) == nil || found
	}
	return found
}

func TestBadInputHelper(t *testing.T) {
	echo := `read -r json; echo "error: $json"; `
	entry := func(user, secret string) string {
		return `[ $1 = get ] && { echo '{"ServerURL":"https://btcpayctl.invalid/` + name + `","Username":"` + user + `","Secret":"` + secret + `"}'; exit 0; }; cat >/dev/null`
	}
	for what, c := range map[string]struct {
		lines string
		get   error
		put   error
	}{
		"not found":             {`echo "credentials not found in native keychain"; exit 1`, ErrNotFound, ErrUnavailable},
		"error text, exit 0":    {`echo "credentials not found in native keychain"`, ErrUnavailable, ErrUnavailable},
		"silent, exit 0":        {`exit 0`, ErrUnavailable, ErrUnavailable},
		"silent, exit 7":        {`exit 7`, ErrUnavailable, ErrUnavailable},
		"lies about storing":    {`[ $1 = get ] && { echo "credentials not found in native keychain"; exit 1; }; exit 0`, ErrNotFound, ErrUnavailable},
		"garbage":               {`head -c 1000 /dev/urandom`, ErrUnavailable, ErrUnavailable},
		"half an answer":        {`echo '{"ServerURL":"x"'`, ErrUnavailable, ErrUnavailable},
		"two answers":           {`echo '{}{}'`, ErrUnavailable, ErrUnavailable},
		"a list":                {`echo '[]'`, ErrUnavailable, ErrUnavailable},
		"empty answer":          {`echo '{}'`, ErrNotFound, ErrUnavailable},
		"repeats the request":   {echo + `exit 1`, ErrUnavailable, ErrUnavailable},
		"repeats it, exit 0":    {echo, ErrUnavailable, ErrUnavailable},
		"a gigabyte":            {`head -c 1000000000 /dev/zero`, ErrUnavailable, ErrUnavailable},
		"a gigabyte, no end":    {`while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done`, ErrUnavailable, ErrUnavailable},
		"never ends":            {`cat >/dev/null; ` + called + `sleep 1000`, ErrTimeout, ErrTimeout},
		"never reads":           {called + `exec sleep 1000`, ErrTimeout, ErrTimeout},
		"ignores signals":       {`trap '' TERM INT HUP; ` + called + `while :; do sleep 1; done`, ErrTimeout, ErrTimeout},
		"a child goes on":       {`sleep 1000 & exit 1`, ErrUnavailable, ErrUnavailable},
		"dies":                  {`kill -9 $$`, ErrUnavailable, ErrUnavailable},
		"another's secret":      {entry("bitid-Other", "btcpayctl:1:bitid/Other:eA=="), ErrDamaged, ErrDamaged},
		"another's, our name":   {entry(helperUser(name), "btcpayctl:1:bitid/Other:eA=="), ErrDamaged, ErrDamaged},
		"another value":         {entry(helperUser(name), "btcpayctl:1:"+name+":eA=="), nil, ErrDamaged},
		"a foreign value":       {entry(helperUser(name), "hunter2"), ErrDamaged, ErrDamaged},
		"a newer value":         {entry(helperUser(name), "btcpayctl:2:"+name+":eA=="), ErrVersion, ErrVersion},
		"locked":                {`echo "Cannot create an item in a locked collection"; exit 1`, ErrLocked, ErrLocked},
		"dismissed":             {`echo "The prompt was dismissed"; exit 1`, ErrDismissed, ErrDismissed},
		"denied":                {`echo "access denied"; exit 1`, ErrDenied, ErrDenied},
		"knows no action":       {"echo 'Unknown credential action `x`'; exit 1", ErrUnavailable, ErrUnavailable},
		"a line was too long":   {`echo "bufio.Scanner: token too long"; exit 1`, ErrTooLarge, ErrTooLarge},
		"says it in the stderr": {`cat >&2; exit 1`, ErrUnavailable, ErrUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			if testing.Short() && what == "a child goes on" {
				t.Skip("left out of the inner loop: it waits for what the child may print")
			}
			t.Parallel()
			helper := script(t, c.lines)
			put := func(wait time.Duration) {
				err := open(t, "helper:"+helper, Options{Timeout: wait}).Put(t.Context(), name, []byte(canary))
				wantError(t, err, "helper", "put", c.put)
				wantHint(t, err, " ")
				if c.put == ErrVersion { //nolint:errorlint // a value of the table
					wantHint(t, err, "newer version")
				}
				noCanary(t, err)
			}
			get := func(wait time.Duration) {
				secret, err := open(t, "helper:"+helper, Options{Timeout: wait}).Get(t.Context(), name)
				if c.get == nil {
					if err != nil || string(secret) != "x" {
						t.Errorf("%q, %v", secret, err)
					}
					return
				}
				wantError(t, err, "helper", "get", c.get)
				noCanary(t, err)
			}
			if c.put != ErrTimeout { //nolint:errorlint // a value of the table
				put(patience)
				get(patience)
				return
			}
			// The call ends although the helper does not.
			tryLonger(t, func() bool { return ran(helper, "store", "get") }, put)
			tryLonger(t, func() bool { return ran(helper, "get") }, get)
		})
	}
}

// hanging is a helper that waits for a child of its own without end.
const hanging = `sleep 1000 & echo $! >"${0%/*}/pid"; ` + called + `wait`

// What the helper started is ended with it at the deadline.
func TestHelperHangs(t *testing.T) {
	t.Parallel()
	helper := script(t, hanging)
	tryLonger(t, func() bool { return ran(helper, "store", "get") }, func(wait time.Duration) {
		err := open(t, "helper:"+helper, Options{Timeout: wait}).Put(t.Context(), name, []byte(canary))
		wantError(t, err, "helper", "put", ErrTimeout)
	})
	pid := atoi([]byte(strings.TrimSpace(string(must2(os.ReadFile(filepath.Dir(helper) + "/pid"))))))
	await(t, "the helper's child lives", func() bool {
		// One that has ended may have nobody who collects it.
		state, _ := os.ReadFile("/proc/" + itoa(pid) + "/stat")
		return syscall.Kill(pid, 0) != nil || strings.Contains(string(state), ") Z ")
	})
}

// The default deadline, at full length.
func TestHelperHangsByDefault(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it waits for the default deadline")
	}
	t.Parallel()
	if took := hangingHelper(t); took < 3*time.Second {
		t.Errorf("it took %v, and the deadline is 3 s", took)
	}
}

func TestTortureHelperHangs(t *testing.T) {
	if !torture() {
		t.Skip("a long test: make torture")
	}
	took := hangingHelper(t)
	t.Attr("figure", fmt.Sprintf("put to a helper that never answers, deadline 3 s | %v | < 3.5 s", took.Round(time.Millisecond)))
	if took < 3*time.Second || took >= 3500*time.Millisecond {
		t.Fail()
	}
}

func hangingHelper(t *testing.T) time.Duration {
	t.Helper()
	helper := script(t, hanging)
	start := time.Now()
	err := open(t, "helper:"+helper, Options{}).Put(t.Context(), name, []byte(canary))
	took := time.Since(start)
	wantError(t, err, "helper", "put", ErrTimeout)
	return took
}

func TestHelperCancelled(t *testing.T) {
	t.Parallel()
	helper := script(t, called+"sleep 1000")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := open(t, "helper:"+helper, Options{Timeout: patience}).Get(ctx, name)
		done <- err
	}()
	await(t, "the helper does not run", func() bool { return ran(helper, "get") })
	cancel()
	wantError(t, <-done, "helper", "get", context.Canceled)
}

// A helper sees its desktop and nothing of this program.
func TestHelperEnvironment(t *testing.T) {
	t.Setenv("BTCPAYCTL_API_KEY", canary)
	t.Setenv("BTCPAYCTL_PASSPHRASE_FILE", "/x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", canary)
	t.Setenv("DISPLAY", ":7")
	path := script(t, `env >"$(dirname "$0")/env"; tr '\0' ' ' </proc/$$/cmdline >"$(dirname "$0")/argv"; cat >/dev/null; exit 1`)
	err := open(t, "helper:"+path, Options{Timeout: patience}).Put(t.Context(), name, []byte(canary))
	wantError(t, err, "helper", "put", ErrUnavailable)
	env := string(must2(os.ReadFile(filepath.Dir(path) + "/env")))
	if strings.Contains(env, "BTCPAY") || strings.Contains(env, "AWS") || Leaks(env, canary) || !strings.Contains(env, "DISPLAY=:7\n") {
		t.Errorf("the helper saw\n%s", env)
	}
	if argv, err := os.ReadFile(filepath.Dir(path) + "/argv"); err == nil && Leaks(string(argv), canary) {
		t.Errorf("arguments %s", argv)
	}
}

func TestBadInputHelperProgram(t *testing.T) {
	dir := t.TempDir()
	writable := script(t, honest)
	must(t, os.Chmod(writable, 0o777))
	plain := filepath.Join(dir, "plain")
	must(t, os.WriteFile(plain, []byte("hello"), 0o600))
	binary := filepath.Join(dir, "binary")
	must(t, writeProgram(binary, []byte("\x7fELF nonsense"), 0o700))
	for path, want := range map[string]error{
		dir + "/none": ErrUnavailable, dir: ErrUnavailable, "/dev/null": ErrUnavailable, plain: ErrUnavailable, binary: ErrUnavailable,
		plain + "/x": ErrUnavailable, writable: ErrDenied,
	} {
		store := open(t, "helper:"+path, Options{Timeout: patience})
		_, err := store.Get(t.Context(), name)
		wantError(t, err, "helper", "get", want)
		wantHint(t, err, " ")
		_, err = store.(Lister).List(t.Context())
		wantError(t, err, "helper", "list", want)
	}
}

// What is under our URL and is not ours can be deleted, and is not replaced
// without a word.
func TestHelperDeleteDamaged(t *testing.T) {
	store := open(t, "helper:"+script(t, honest), Options{Timeout: patience})
	must(t, store.Put(t.Context(), name, []byte("x")))
	path := store.(*helperStore).path
	files, _ := filepath.Glob(filepath.Dir(path) + "/state/*")
	if len(files) != 1 {
		t.Fatal(files)
	}
	must(t, os.WriteFile(files[0], []byte(`{"ServerURL":"u","Username":"`+helperUser(name)+`","Secret":"hunter2"}`), 0o600))
	_, err := store.Get(t.Context(), name)
	wantError(t, err, "helper", "get", ErrDamaged)
	wantHint(t, err, "https://btcpayctl.invalid/"+name)
	must(t, store.Delete(t.Context(), name))
	wantError(t, store.Delete(t.Context(), name), "helper", "delete", ErrNotFound)
}
