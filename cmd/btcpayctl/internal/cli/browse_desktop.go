package cli

import (
	"errors"
	"io"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"sync"

	"github.com/pkg/browser"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// Why the desktop's browser is not opened.
var (
	errNoBrowser = errors.New("neither xdg-open nor x-www-browser is installed")
	errNoDesktop = errors.New("there is no desktop session: neither DISPLAY nor WAYLAND_DISPLAY is set")
	errSSH       = errors.New("over SSH, a browser of this machine would not show on yours; BROWSER can name a program that does")
)

// startDesktopBrowser opens a page as the system does. What its programs print, such as a
// list of browsers that are not there, is not for the user.
func startDesktopBrowser(a *app.App, page string) (ended <-chan error, err error) {
	own := runtime.GOOS == "darwin" || runtime.GOOS == "windows"
	switch {
	case overSSH(a):
		return nil, errSSH
	case InWSL(a):
		return startFirst(wslBrowsers(page))
	case !own && a.Getenv("DISPLAY") == "" && a.Getenv("WAYLAND_DISPLAY") == "":
		// xdg-open would look for a text browser.
		return nil, errNoDesktop
	case !own && !installed("xdg-open") && !installed(desktopBrowser):
		// The library would start www-browser, which may be a text browser.
		return nil, errNoBrowser
	}
	silence()
	result := make(chan error, 1)
	go func() {
		err := browser.OpenURL(page)
		if err != nil && !own {
			// xdg-open fails if it does not know the desktop.
			if next, startErr := startFirst([]browserCommand{{words: []string{desktopBrowser, page}}}); startErr == nil {
				err = <-next
			}
		}
		result <- err
	}()
	return result, nil
}

// desktopBrowser is a link that Debian keeps to a browser with a window.
const desktopBrowser = "x-www-browser"

var silence = sync.OnceFunc(func() { browser.Stdout, browser.Stderr = io.Discard, io.Discard })

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
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
