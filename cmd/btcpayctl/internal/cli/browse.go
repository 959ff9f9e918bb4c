package cli

import (
	"fmt"
	"net/url"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// browserTime is how long a browser has to fail. One that is not there, or finds no
// display, fails at once.
const browserTime = time.Second

// Browse opens a web page in the browser: $BROWSER if it is set, else the desktop's.
func Browse(a *app.App, page string) error {
	if !IsWebPage(page) {
		return fmt.Errorf("%q is not the address of a web page", page)
	}
	ended, err := StartBrowser(a, page)
	if err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(browserTime):
		return nil // it shows the page, and may stay open
	}
}

// IsWebPage reports whether an address is one of a web page.
func IsWebPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// StartBrowser hands any address to the browser, such as that of a file, and does not wait
// for it. The channel receives its failure, or nil, when it ends.
func StartBrowser(a *app.App, page string) (ended <-chan error, err error) {
	list := a.Getenv("BROWSER")
	if list == "" {
		return startDesktopBrowser(a, page)
	}
	choices, err := namedBrowsers(list, page)
	if err != nil {
		return nil, err
	}
	for i := range choices {
		choices[i].output = a.Err // standard output is for data
	}
	return startFirst(choices)
}
