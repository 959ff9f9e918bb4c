//go:build unix

package keystore

import (
	"context"
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
	t.Parallel()
	helper := script(t, honest)
	conform(t, backend{name: "helper", max: helperMax, open: func() Store {
		return open(t, "helper:"+helper, Options{Timeout: time.Minute})
	}})
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
		"never ends":            {`sleep 1000`, ErrTimeout, ErrTimeout},
		"never reads":           {`exec sleep 1000`, ErrTimeout, ErrTimeout},
		"ignores signals":       {`trap '' TERM INT HUP; while :; do sleep 1; done`, ErrTimeout, ErrTimeout},
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
			t.Parallel()
			store := open(t, "helper:"+script(t, c.lines), Options{Timeout: time.Second})
			if what == "a gigabyte" || what == "a gigabyte, no end" {
				store.(*helperStore).wait = 20 * time.Second
			}
			start := time.Now()
			err := store.Put(t.Context(), name, []byte(canary))
			wantError(t, err, "helper", "put", c.put)
			wantHint(t, err, " ")
			if c.put == ErrVersion {
				wantHint(t, err, "newer version")
			}
			noCanary(t, err)
			secret, err := store.Get(t.Context(), name)
			if c.get == nil {
				if err != nil || string(secret) != "x" {
					t.Errorf("%q, %v", secret, err)
				}
			} else {
				wantError(t, err, "helper", "get", c.get)
				noCanary(t, err)
			}
			t.Logf("%v after %v", err, time.Since(start).Round(time.Millisecond))
		})
	}
}

// The default deadline, at full length, and what the helper started is ended.
func TestHelperHangs(t *testing.T) {
	t.Parallel()
	path := script(t, `sleep 1000 & echo $! >"$(dirname "$0")/pid"; wait`)
	start := time.Now()
	err := open(t, "helper:"+path, Options{}).Put(t.Context(), name, []byte(canary))
	wantError(t, err, "helper", "put", ErrTimeout)
	if took := time.Since(start); took > 3500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	pid := atoi([]byte(strings.TrimSpace(string(must2(os.ReadFile(filepath.Dir(path) + "/pid"))))))
	for end := time.Now().Add(5 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(5 * time.Millisecond) {
		if state, _ := os.ReadFile("/proc/" + itoa(pid) + "/stat"); strings.Contains(string(state), ") Z ") {
			break // ended, and nobody collects it
		}
		if time.Now().After(end) {
			t.Fatal("the helper's child lives")
		}
	}
}

func TestHelperCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err := open(t, "helper:"+script(t, "sleep 1000"), Options{}).Get(ctx, name)
	wantError(t, err, "helper", "get", context.Canceled)
}

// A helper sees its desktop and nothing of this program.
func TestHelperEnvironment(t *testing.T) {
	t.Setenv("BTCPAYCTL_API_KEY", canary)
	t.Setenv("BTCPAYCTL_PASSPHRASE_FILE", "/x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", canary)
	t.Setenv("DISPLAY", ":7")
	path := script(t, `env >"$(dirname "$0")/env"; tr '\0' ' ' </proc/$$/cmdline >"$(dirname "$0")/argv"; cat >/dev/null; exit 1`)
	err := open(t, "helper:"+path, Options{Timeout: time.Minute}).Put(t.Context(), name, []byte(canary))
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
		store := open(t, "helper:"+path, Options{Timeout: time.Minute})
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
	store := open(t, "helper:"+script(t, honest), Options{Timeout: time.Minute})
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
