package authorize

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// browsePrivately opens a web page whose address is confidential. Every user of the
// machine sees the arguments of a program, so the browser is given a file that only this
// user can read and that leads to the page. The returned function removes the file.
func browsePrivately(a *app.App, page string) (remove func() error, err error) {
	if !cli.IsWebPage(page) {
		return nil, errors.New("the consent page has no web address")
	}
	data, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(data, operations.LoginPages)
	dir, err := durable.Create(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	operations.RemoveOldPages(dir, a.Now())
	name := "login-" + rand.Text() + ".html"
	if err := dir.Write(name, fmt.Appendf(nil, redirectPage, html.EscapeString(page))); err != nil {
		return nil, err
	}
	file := filepath.Join(path, name)
	remove = func() error {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := cli.OpenInBrowser(a, fileAddress(file)); err != nil {
		return nil, errors.Join(err, remove())
	}
	return remove, nil
}

// fileAddress is the address of a file: on Windows a slash comes before the
// drive's letter.
func fileAddress(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// redirectPage sends no referrer.
const redirectPage = `<!DOCTYPE html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=%[1]s">
<title>BTCPay Server</title>
<p><a href="%[1]s">Go to the consent page</a></p>
`
