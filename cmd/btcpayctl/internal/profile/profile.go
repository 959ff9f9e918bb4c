// Package profile keeps the configuration file: named profiles, each with one server, one
// store, and one key for each of the server's two APIs.
//
// # The file
//
// config.toml in the configuration directory:
//
//	current = "shop"
//
//	[profile.shop]
//	server = "https://btcpay.example.com"
//	keystore = "keyring"
//	sin = "Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"
//
// It holds only names; the secrets are in a keystore. A file with an unknown setting is
// refused: it is never read in part and never overwritten.
package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

const (
	fileName  = "config.toml"
	lockName  = "config.lock"
	lockWait  = 30 * time.Second
	sizeLimit = 1 << 20
	header    = "# Profiles of btcpayctl. Edit by hand or with \"btcpayctl profile set\", which keeps no comments.\n\n"
)

// A Profile is one server, one store, and the names of the keys for it.
type Profile struct {
	Server   string `toml:"server,omitempty" json:"server"`     // URL
	Store    string `toml:"store,omitempty" json:"store"`       // id of the selected store; see Proven
	Keystore string `toml:"keystore,omitempty" json:"keystore"` // the keystore with the secrets; pinned by the first write
	SIN      string `toml:"sin,omitempty" json:"sin"`           // of the BitId key
	CAFile   string `toml:"ca_file,omitempty" json:"caFile"`    // PEM file of certificates to trust; absolute
	// APIKeyID is the first 16 hex digits of the SHA-256 of the Greenfield key.
	APIKeyID string `toml:"api_key_id,omitempty" json:"apiKeyId"`
	// AppIdentifier lets a server offer the same Greenfield key again.
	AppIdentifier string `toml:"app_identifier,omitempty" json:"appIdentifier"`
	// Proven is the store that the BitId key was seen to serve, whatever store is selected.
	Proven *ProvenStore `toml:"proven_store,omitempty" json:"-"`
}

// A Config is the content of the file.
type Config struct {
	Current  string             `toml:"current,omitempty"` // the profile in use if none is named
	Profiles map[string]Profile `toml:"profile,omitempty"`
}

// An Error says why the file cannot be used, and what to do next.
type Error struct {
	Path string
	Err  error
	Hint string
	Disk bool // the disk or another process prevents it; the content is valid
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// A File is the configuration file. Its methods may be used by several
// processes at once.
type File struct{ dir, locks string }

// Open returns the file in the configuration directory; locks is the directory for its
// lock, without which the file can only be read. It does not access either.
func Open(dir, locks string) *File { return &File{dir: dir, locks: locks} }

// Path returns the full name of the file.
func (f *File) Path() string { return filepath.Join(f.dir, fileName) }

// Read returns the configuration, which is empty if there is no file.
func (f *File) Read() (Config, error) {
	var c Config
	data, err := durable.ReadSettings(f.dir, fileName, sizeLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, f.refuse(err)
	}
	meta, err := toml.Decode(string(data), &c)
	if err == nil {
		err = unknown(meta)
	}
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return Config{}, f.refuse(err)
	}
	return c, nil
}

// Update changes the configuration under the lock. When it returns nil, the change is on
// disk; when change returns an error, nothing is written.
func (f *File) Update(ctx context.Context, change func(*Config) error) error {
	if f.locks == "" {
		return f.noLock()
	}
	locks, err := durable.Create(f.locks)
	if err != nil {
		return f.refuse(err)
	}
	defer locks.Close()
	lock, err := locks.Lock(ctx, lockName, lockWait)
	if err != nil {
		return f.refuse(err)
	}
	defer lock.Unlock()
	c, err := f.Read()
	if err != nil {
		return err
	}
	dir, name, err := f.target()
	if err != nil {
		return f.refuseWrite(err)
	}
	defer dir.Close()
	if c.Profiles == nil {
		c.Profiles = map[string]Profile{}
	}
	if err := change(&c); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return f.refuse(err)
	}
	text := bytes.NewBufferString(header)
	encoder := toml.NewEncoder(text)
	encoder.Indent = ""
	if err := encoder.Encode(c); err != nil {
		return f.refuse(err)
	}
	if err := dir.Write(name, text.Bytes()); err != nil {
		return f.refuseWrite(err)
	}
	return nil
}

// CheckWrite checks whether [File.Update] can write the file, as far as owners and modes
// show, and changes nothing. Call it before an effect after which a profile is changed.
func (f *File) CheckWrite() error {
	if f.locks == "" {
		return f.noLock()
	}
	dir := f.dir
	if path, err := filepath.EvalSymlinks(f.Path()); err == nil {
		dir = filepath.Dir(path)
	}
	if err := durable.CheckCreate(dir); err != nil {
		return f.refuseWrite(err)
	}
	if err := durable.CheckCreate(f.locks); err != nil {
		return f.refuse(err)
	}
	return nil
}

func (f *File) noLock() error {
	return &Error{Path: f.Path(), Err: errors.New("cannot be changed: there is no directory for its lock"), Hint: "export XDG_STATE_HOME=/path/to/a/directory"}
}

// target is where the file is written: behind the links that lead to it, which stay.
func (f *File) target() (dir *durable.Dir, name string, err error) {
	path, err := filepath.EvalSymlinks(f.Path())
	if errors.Is(err, fs.ErrNotExist) {
		dir, err := durable.Create(f.dir)
		return dir, fileName, err
	}
	if err != nil {
		return nil, "", err
	}
	dir, err = durable.Open(filepath.Dir(path))
	return dir, filepath.Base(path), err
}

// unknown refuses settings that this program does not know: a typing error would silently
// change the server or store of a key, and writing the file would drop them.
func unknown(meta toml.MetaData) error {
	if keys := meta.Undecoded(); len(keys) > 0 {
		return fmt.Errorf("unknown setting %q (the settings are current, and server, store, keystore, sin, api_key_id, app_identifier and ca_file in [profile.NAME])", keys[0])
	}
	return nil
}

var (
	namePattern     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$`) })
	idPattern       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`) })
	apiKeyIDPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{16}$`) })
)

// CheckName refuses invalid names of profiles.
func CheckName(name string) error {
	if !namePattern().MatchString(name) {
		return fmt.Errorf("%.40q cannot be the name of a profile: a name has 1 to 32 letters, digits, dots, - or _, and begins with a letter or digit", name)
	}
	return nil
}

func (c Config) check() error {
	if _, ok := c.Profiles[c.Current]; c.Current != "" && !ok {
		return fmt.Errorf("current is %.40q, but there is no such profile", c.Current)
	}
	for name, p := range c.Profiles {
		if err := CheckName(name); err != nil {
			return err
		}
		if err := p.check(); err != nil {
			return fmt.Errorf("profile %s: %w", name, err)
		}
	}
	return nil
}

func (p Profile) check() error {
	switch {
	case p.Store != "" && !idPattern().MatchString(p.Store):
		return fmt.Errorf("store is %.80q, but an id has 1 to 64 letters, digits, - or _", p.Store)
	case p.APIKeyID != "" && !apiKeyIDPattern().MatchString(p.APIKeyID):
		return errors.New("api_key_id does not have 16 hex digits")
	case p.CAFile != "" && !filepath.IsAbs(p.CAFile):
		return fmt.Errorf("ca_file is %.200q, but must be an absolute path", p.CAFile)
	case p.Keystore == "memory":
		return errors.New("keystore is memory, which is cleared when the program ends")
	}
	// Vault's takes an address, which is checked when it is opened.
	if p.Keystore != "" && !strings.HasPrefix(p.Keystore, "vault:") {
		if _, err := keystore.Open(p.Keystore, keystore.Options{Dir: "."}); err != nil {
			return fmt.Errorf("keystore is %.80q, which does not exist", p.Keystore)
		}
	}
	if p.SIN != "" {
		if err := bitpay.ValidateSIN(p.SIN); err != nil {
			return fmt.Errorf("sin: %w", err)
		}
	}
	if p.Proven != nil {
		return p.Proven.check()
	}
	return nil
}

// refuseWrite is [File.refuse] for a file that can be read and not be changed.
func (f *File) refuseWrite(err error) error {
	refused := f.refuse(err)
	if e, ok := errors.AsType[*Error](refused); ok && (errors.Is(err, durable.ErrForeignOwner) || errors.Is(err, syscall.EROFS)) {
		e.Hint = "change " + f.Path() + " where it is made\nor, for profiles of your own: export BTCPAYCTL_CONFIG_DIR=/path/to/a/directory"
	}
	return refused
}

func (f *File) refuse(err error) error {
	e := &Error{Path: f.Path(), Err: err, Hint: "correct the file, or move it away and set the profiles again"}
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		e.Err = fmt.Errorf("line %d: %s", parse.Position.Line, strings.TrimPrefix(parse.Message, "toml: "))
		if parse.Message == "" {
			e.Err = fmt.Errorf("line %d is not valid TOML", parse.Position.Line)
		}
		return e
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		e.Path, e.Err = file.Path, file.Err
	}
	if lock, ok := errors.AsType[*durable.LockError](err); ok {
		e.Path, e.Disk, e.Hint = lock.Path, true, "wait until the other process has finished"
	}
	switch {
	case errors.Is(err, durable.ErrWorldWritable):
		e.Hint = "check that its content is yours, then: chmod o-w " + e.Path
	case errors.Is(err, durable.ErrDangling):
		e.Hint = "make that file, or remove the link, or set BTCPAYCTL_CONFIG_DIR to the directory of another file"
	case errors.Is(err, durable.ErrNotRegular), errors.Is(err, durable.ErrForeignOwner):
		e.Hint = "move it away, or choose another directory with BTCPAYCTL_CONFIG_DIR"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Disk, e.Hint = true, "free space on this disk; the file is unchanged"
	case errors.Is(err, syscall.EFBIG):
		e.Disk, e.Hint = true, "raise the limit on the size of files (ulimit -f); the file is unchanged"
	case errors.Is(err, syscall.EROFS):
		e.Disk, e.Hint = true, "set BTCPAYCTL_CONFIG_DIR to a directory where you can create files"
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "check who owns the file and its directory, or choose another directory with BTCPAYCTL_CONFIG_DIR"
	}
	return e
}
