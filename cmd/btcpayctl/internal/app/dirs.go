package app

import (
	"errors"
	"path/filepath"
	"runtime"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

const folder = "btcpayctl"

// ErrNoHome means that the environment names no directory for this program's files. There
// is nothing to read then, and nothing can be kept.
var ErrNoHome = errors.New("no home directory")

// ConfigDirVariable names the folder of config.toml.
const ConfigDirVariable = "BTCPAYCTL_CONFIG_DIR"

// ConfigDir is where config.toml is: $BTCPAYCTL_CONFIG_DIR, else btcpayctl in
// $XDG_CONFIG_HOME.
func (a *App) ConfigDir() (string, error) {
	dir, err := a.Variable(ConfigDirVariable)
	if err != nil {
		return "", err
	}
	if dir.Text != "" {
		return filepath.Abs(dir.Text)
	}
	return a.xdg("XDG_CONFIG_HOME", "APPDATA", ".config")
}

// DataDir is where the encrypted store, the index of names and the ledger are:
// btcpayctl in $XDG_DATA_HOME.
func (a *App) DataDir() (string, error) {
	return a.xdg("XDG_DATA_HOME", "LOCALAPPDATA", ".local", "share")
}

// StateDir is where locks are: btcpayctl in $XDG_STATE_HOME.
func (a *App) StateDir() (string, error) {
	return a.xdg("XDG_STATE_HOME", "LOCALAPPDATA", ".local", "state")
}

// xdg follows the XDG Base Directory Specification, which says to ignore a
// relative path.
func (a *App) xdg(variable, windows string, home ...string) (string, error) {
	if dir := a.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, folder), nil
	}
	if runtime.GOOS == "windows" {
		if dir := a.Getenv(windows); filepath.IsAbs(dir) {
			return filepath.Join(dir, folder), nil
		}
	}
	variableOfHome := "HOME"
	if runtime.GOOS == "windows" {
		variableOfHome = "USERPROFILE"
	}
	if dir := a.Getenv(variableOfHome); filepath.IsAbs(dir) {
		return filepath.Join(append(append([]string{dir}, home...), folder)...), nil
	}
	return "", &output.Error{Code: output.Usage, What: "there is no home directory to keep files in",
		Why: variable + " and " + variableOfHome + " are not set to an absolute path.", Next: "export " + variable + "=/path/to/a/directory", Err: ErrNoHome}
}

// orNowhere turns the lack of a home into an empty path: reading finds nothing there, and
// package durable creates nothing there.
func orNowhere(dir string, err error) (string, error) {
	if errors.Is(err, ErrNoHome) {
		return "", nil
	}
	return dir, err
}

// dataFolder is a folder in [App.DataDir], and empty without a home.
func (a *App) dataFolder(name string) (string, error) {
	dir, err := orNowhere(a.DataDir())
	if err != nil || dir == "" {
		return "", err
	}
	return filepath.Join(dir, name), nil
}
