package app

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/pkg/browser"
)

// Browse opens a web page in the browser: $BROWSER where it is set, else the
// desktop's.
func (a *App) Browse(page string) error {
	address, err := url.Parse(page)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" {
		return fmt.Errorf("%q is no web page", page)
	}
	return a.open(page)
}

// open hands an address to the browser.
func (a *App) open(page string) error {
	if command := a.Getenv("BROWSER"); command != "" {
		// A list of commands by its history; the first one counts.
		first, _, _ := strings.Cut(command, string(os.PathListSeparator))
		words := strings.Fields(first)
		if len(words) == 0 {
			return fmt.Errorf("BROWSER is %q, which names no program", command)
		}
		//nolint:noctx // the browser outlives the command
		run := exec.Command(words[0], append(words[1:], page)...)
		run.Stdout, run.Stderr = a.Err, a.Err // standard output is for data
		if err := run.Start(); err != nil {
			return err
		}
		return run.Process.Release()
	}
	browser.Stdout, browser.Stderr = a.Err, a.Err
	return browser.OpenURL(page)
}
