package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	callbackFolder = "callbacks"
	callbackLimit  = 4 << 10
)

// A Callback is the address at which one application waits for its keys. A
// server offers an old key again for exactly the same address alone.
type Callback struct {
	Server        string `json:"server"`
	Profile       string `json:"profile"`
	AppIdentifier string `json:"appIdentifier"`
	Host          string `json:"host,omitempty"`
	Port          int    `json:"port"`
	Nonce         string `json:"nonce"`
}

// file is one name for each server, profile and identifier.
func (c Callback) file() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Server, c.Profile, c.AppIdentifier, c.Host}, "\x00")))
	return hex.EncodeToString(sum[:12]) + ".json"
}

// KeptCallback fills in port and nonce of an earlier login. Both are zero where
// there was none.
func (a *App) KeptCallback(c Callback) (Callback, error) {
	path, err := a.callbackDir()
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
	var kept Callback
	if err := json.Unmarshal(data, &kept); err != nil || kept.Port < 1 || kept.Port > 65535 || kept.Nonce == "" {
		return c, fmt.Errorf("%s is damaged: remove it, and the next login makes a new one", dir.Path(c.file()))
	}
	c.Port, c.Nonce = kept.Port, kept.Nonce
	return c, nil
}

// KeepCallback writes port and nonce down for the next login.
func (a *App) KeepCallback(c Callback) error {
	path, err := a.callbackDir()
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

func (a *App) callbackDir() (string, error) {
	dir, err := a.DataDir()
	return filepath.Join(dir, callbackFolder), err
}
