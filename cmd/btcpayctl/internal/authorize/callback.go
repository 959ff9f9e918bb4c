package authorize

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const callbackLimit = 4 << 10

// A callback is the address at which one application waits for its keys. A server
// offers an old key again only for exactly the same address.
type callback struct {
	Server        string `json:"server"`
	Profile       string `json:"profile"`
	AppIdentifier string `json:"appIdentifier"`
	Host          string `json:"host,omitempty"`
	Port          int    `json:"port"`
	Nonce         string `json:"nonce"`
}

// file is one name for each server, profile and identifier.
func (c callback) file() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Server, c.Profile, c.AppIdentifier, c.Host}, "\x00")))
	return hex.EncodeToString(sum[:12]) + ".json"
}

// keptCallback fills in port and nonce of an earlier login. Both are zero if there was
// none.
func keptCallback(a *app.App, c callback) (callback, error) {
	path, err := callbackDir(a)
	if err != nil {
		return c, err
	}
	dir, err := durable.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	defer dir.Close()
	data, err := dir.Read(c.file(), callbackLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	var kept callback
	if err := json.Unmarshal(data, &kept); err != nil || kept.Port < 1 || kept.Port > 65535 || kept.Nonce == "" {
		return c, fmt.Errorf("%s is damaged: remove it, and the next login makes a new one", dir.Path(c.file()))
	}
	c.Port, c.Nonce = kept.Port, kept.Nonce
	return c, nil
}

// keepCallback records port and nonce for the next login.
func keepCallback(a *app.App, c callback) error {
	path, err := callbackDir(a)
	if err != nil {
		return err
	}
	dir, err := durable.Create(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return dir.Write(c.file(), append(data, '\n'))
}

func callbackDir(a *app.App) (string, error) {
	dir, err := a.DataDir()
	return filepath.Join(dir, operations.Callbacks), err
}
