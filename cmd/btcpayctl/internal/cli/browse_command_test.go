package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
)

const somePage = "https://btcpay.example.com/a?b=%41&c='d'"

func TestNamedBrowsers(t *testing.T) {
	withBlanks := filepath.Join(t.TempDir(), "Google Chrome")
	if err := os.WriteFile(withBlanks, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list string
		want [][]string
	}{
		{"firefox", [][]string{{"firefox", somePage}}},
		{"firefox --new-window", [][]string{{"firefox", "--new-window", somePage}}},
		{"firefox %s", [][]string{{"firefox", somePage}}},
		{"firefox -remote openURL(%s,new-tab)", [][]string{{"firefox", "-remote", "openURL(" + somePage + ",new-tab)"}}},
		{"firefox --zoom=50%%", [][]string{{"firefox", "--zoom=50%", somePage}}},
		{"firefox &", [][]string{{"firefox", somePage}}},
		{"a:b %s:c d", [][]string{{"a", somePage}, {"b", somePage}, {"c", "d", somePage}}},
		{":a::", [][]string{{"a", somePage}}},
		{`sh -c 'echo "$1": x' me`, [][]string{{"sh", "-c", `echo "$1": x`, "me", somePage}}},
		{`"/opt/my browser/run" -P "a:b"`, [][]string{{"/opt/my browser/run", "-P", "a:b", somePage}}},
		{`/opt/my\ browser/run`, [][]string{{"/opt/my browser/run", somePage}}},
		{withBlanks, [][]string{{withBlanks, somePage}}},
		{" " + withBlanks + ":b", [][]string{{withBlanks, somePage}, {"b", somePage}}},
		{" ", nil}, {":", nil}, {"&", nil}, {"%s", nil}, {"'a", nil}, {"a:'b", nil}, {`a\`, nil},
	} {
		choices, err := namedBrowsers(c.list, somePage)
		var got [][]string
		for _, choice := range choices {
			got = append(got, choice.words)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || (err != nil) != (c.want == nil) {
			t.Errorf("%q: %v\n%s", c.list, err, diff)
		}
	}
}

// program makes a program that a shell runs.
func program(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBrowse tries one browser after the other, and starts none on the terminal.
func TestBrowse(t *testing.T) {
	said := filepath.Join(t.TempDir(), "said")
	good := program(t, "good", `echo "$1" >>`+said)
	bad := program(t, "bad", "echo noise; exit 3")
	w3m := program(t, "w3m", "echo read >>"+said)
	linked := filepath.Join(t.TempDir(), "www-browser")
	if err := os.Symlink(w3m, linked); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env  map[string]string
		want string // of the error, empty for none
	}{
		{env: map[string]string{"BROWSER": good}},
		{env: map[string]string{"BROWSER": good, "SSH_CONNECTION": "a b c d"}},
		{env: map[string]string{"BROWSER": bad + ":/nonexistent/x:" + good}},
		{env: map[string]string{"BROWSER": w3m + ":" + good}},
		{map[string]string{"BROWSER": bad}, "exit status 3"},
		{map[string]string{"BROWSER": "/nonexistent/x"}, "no such file"},
		{map[string]string{"BROWSER": w3m}, "is a text browser"},
		{map[string]string{"BROWSER": linked + " %s"}, "is a text browser"},
		{map[string]string{"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}, "over SSH"},
		{nil, "there is no desktop session"},
		{map[string]string{"BROWSER": ""}, "there is no desktop session"},
	} {
		os.Remove(said)
		a, stdout, _ := apptest.New(t, c.env)
		err := Browse(a, somePage)
		opened, _ := os.ReadFile(said)
		switch {
		case c.want == "" && (err != nil || strings.TrimSpace(string(opened)) != somePage):
			t.Errorf("%v: %v, opened %q", c.env, err, opened)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || len(opened) > 0):
			t.Errorf("%v: %v, opened %q, want %q", c.env, err, opened, c.want)
		}
		if stdout.Len() > 0 {
			t.Errorf("%v: standard output has %q", c.env, stdout)
		}
	}
}

// TestDesktopBrowser: what the desktop's opener prints does not reach the user, whose page
// is printed anyway.
func TestDesktopBrowser(t *testing.T) {
	said := filepath.Join(t.TempDir(), "said")
	opener := program(t, "xdg-open", `echo "xdg-open: no method available" >&2; exit 3`)
	second := program(t, "x-www-browser", `echo noise; echo "$1" >`+said)
	t.Setenv("PATH", filepath.Dir(opener)+":"+filepath.Dir(second))
	a, stdout, stderr := apptest.New(t, map[string]string{"DISPLAY": ":0"})
	if err := Browse(a, somePage); err != nil {
		t.Error(err)
	}
	if opened, _ := os.ReadFile(said); strings.TrimSpace(string(opened)) != somePage || stdout.Len()+stderr.Len() > 0 {
		t.Errorf("opened %q, printed %q%q", opened, stdout, stderr)
	}
	t.Setenv("PATH", filepath.Dir(opener))
	if err := Browse(a, somePage); err == nil || stdout.Len()+stderr.Len() > 0 {
		t.Errorf("%v, printed %q%q", err, stdout, stderr)
	}
	// Windows is given a path of its own for a file.
	wslpath := program(t, "wslpath", `printf '\\\\wsl.localhost\\Debian%s\r\n' "$2"`)
	explorer := program(t, "explorer.exe", `printf "%s\n" "$1" >`+said+"; exit 1")
	t.Setenv("PATH", filepath.Dir(wslpath)+":"+filepath.Dir(explorer))
	wsl, _, _ := apptest.New(t, map[string]string{"WSL_DISTRO_NAME": "Debian"})
	ended, err := StartBrowser(wsl, "file:///home/me/login.html")
	if err == nil {
		err = <-ended
	}
	if opened, _ := os.ReadFile(said); err != nil || strings.TrimSpace(string(opened)) != `\\wsl.localhost\Debian/home/me/login.html` {
		t.Errorf("%v, opened %q", err, opened)
	}
}
