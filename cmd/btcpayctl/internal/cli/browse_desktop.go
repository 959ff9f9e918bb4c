package cli

import (
	"errors"
	"net/url"
	"os/exec"
	"runtime"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// Why the desktop's browser is not opened.
var (
	errNoDesktop = errors.New("there is no desktop session: neither DISPLAY nor WAYLAND_DISPLAY is set")
	errSSH       = errors.New("over SSH, a browser of this machine would not show on yours; BROWSER can name a program that does")
)

// desktopBrowsers are the ways in which a system opens a page. What they print, such as a
// list of browsers that are not there, is not for the user.
func desktopBrowsers(a *app.App, page string) ([]browserCommand, error) {
	switch {
	case runtime.GOOS == "darwin" && !overSSH(a):
		return []browserCommand{{words: []string{"open", page}}}, nil
	case runtime.GOOS == "windows" && !overSSH(a):
		return []browserCommand{{words: []string{"rundll32.exe", "url.dll,FileProtocolHandler", page}}}, nil
	case overSSH(a):
		return nil, errSSH
	case InWSL(a):
		return wslBrowsers(page), nil
	case a.Getenv("DISPLAY") == "" && a.Getenv("WAYLAND_DISPLAY") == "":
		// xdg-open would look for a text browser.
		return nil, errNoDesktop
	}
	return []browserCommand{{words: []string{"xdg-open", page}}, {words: []string{"x-www-browser", page}}}, nil
}

func overSSH(a *app.App) bool {
	return a.Getenv("SSH_CONNECTION") != "" || a.Getenv("SSH_TTY") != "" || a.Getenv("SSH_CLIENT") != ""
}

// InWSL reports whether Linux runs under Windows, whose browser is used.
func InWSL(a *app.App) bool {
	return a.Getenv("WSL_DISTRO_NAME") != "" || a.Getenv("WSL_INTEROP") != ""
}

// wslBrowsers hand a page to Windows, which knows a file by another path.
func wslBrowsers(page string) []browserCommand {
	theirs := page
	if u, err := url.Parse(page); err == nil && u.Scheme == "file" {
		//nolint:noctx // it translates a path
		if path, err := exec.Command("wslpath", "-w", u.Path).Output(); err == nil {
			theirs = strings.TrimRight(string(path), "\r\n")
		}
	}
	return []browserCommand{
		{words: []string{"wslview", page}},
		// It exits with 1 whatever happens.
		{words: []string{"explorer.exe", theirs}, anyExit: true},
		{words: []string{"xdg-open", page}},
	}
}
