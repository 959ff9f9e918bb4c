package cli

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"

	"github.com/pkg/browser"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// Browse opens a web page in the browser: $BROWSER if it is set, else the desktop's.
func Browse(a *app.App, page string) error {
	if !IsWebPage(page) {
		return fmt.Errorf("%q is not the address of a web page", page)
	}
	return OpenInBrowser(a, page)
}

// IsWebPage reports whether an address is one of a web page.
func IsWebPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// OpenInBrowser hands any address to the browser, such as that of a file.
func OpenInBrowser(a *app.App, page string) error {
	if command := a.Getenv("BROWSER"); command != "" {
		// A list of commands by its history; the first one counts.
		first, _, _ := strings.Cut(command, string(os.PathListSeparator))
		words := strings.Fields(first)
		if len(words) == 0 {
			return fmt.Errorf("BROWSER is %q, which does not name a program", command)
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
