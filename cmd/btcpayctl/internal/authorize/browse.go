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

// A privatePage is a file that leads the browser to the consent page. Every user of the
// machine sees the arguments of a program, so the browser is given a file that only this
// user can read.
type privatePage struct {
	file  string
	ended <-chan error // see [cli.StartBrowser]
}

// browsePrivately opens a web page whose address is confidential.
func browsePrivately(a *app.App, page string) (*privatePage, error) {
	if !cli.IsWebPage(page) {
		return nil, errors.New("the consent page has no web address")
	}
	file, err := writePage(a, fmt.Appendf(nil, redirectPage, html.EscapeString(page)))
	if err != nil {
		return nil, err
	}
	p := &privatePage{file: file}
	if p.ended, err = cli.StartBrowser(a, fileAddress(file)); err != nil {
		return nil, errors.Join(err, p.remove())
	}
	return p, nil
}

func (p *privatePage) remove() error {
	if err := os.Remove(p.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writePage writes the page where the browser can read it: in the data directory, or, since
// confined browsers cannot look into hidden directories, among the downloads.
func writePage(a *app.App, text []byte) (file string, err error) {
	if folder := visibleFolder(a); folder != "" {
		file := filepath.Join(folder, visiblePage+rand.Text()+".html")
		removeVisiblePages(folder, a.Now())
		if err := durable.WriteNamed(file, text, true); err == nil {
			return file, nil
		}
	}
	data, err := a.DataDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(data, operations.LoginPages)
	dir, err := durable.Create(path)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	operations.RemoveOldPages(dir, a.Now())
	name := "login-" + rand.Text() + ".html"
	return filepath.Join(path, name), dir.Write(name, text)
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
