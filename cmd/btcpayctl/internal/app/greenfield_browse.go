package app

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
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	loginPages = "logins"
	// loginPageLife is far more than a browser needs to read a page of a line.
	loginPageLife = time.Hour
)

// BrowsePrivately opens a web page whose address is nobody else's business: the
// browser is given a file that only this user can read and that leads there, since
// every user of the machine sees the arguments of a program. The file is removed
// by the function that is returned.
func (a *App) BrowsePrivately(page string) (remove func() error, err error) {
	address, err := url.Parse(page)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" {
		return nil, fmt.Errorf("the address of the consent page is no web page")
	}
	data, err := a.DataDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(data, loginPages)
	dir, err := durable.Create(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	a.removeOldLogins(dir)
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
	if err := a.open(fileAddress(file)); err != nil {
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

// redirectPage tells no other site where it leads from.
const redirectPage = `<!DOCTYPE html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=%[1]s">
<title>BTCPay Server</title>
<p><a href="%[1]s">Go to the consent page</a></p>
`

// removeOldLogins takes away what a killed program left.
func (a *App) removeOldLogins(dir *durable.Dir) {
	names, err := dir.Names()
	if err != nil {
		return
	}
	for _, name := range names {
		info, err := os.Lstat(dir.Path(name))
		if err == nil && a.Now().Sub(info.ModTime()) > loginPageLife {
			dir.Remove(name)
		}
	}
}
