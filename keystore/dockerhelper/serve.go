// Package dockerhelper implements docker's credential-helper protocol on the side of the
// helper: docker and other programs can keep credentials in a store of package keystore.
//
// A credential is stored under the kind "docker" and the SHA-256 of its ServerURL. This
// protocol never returns the store's other secrets, such as API keys.
//
// # Promise
//
// The package follows semantic versioning with the module it is in. Later versions read
// what an earlier one stored.
package dockerhelper

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/btcpayctl/btcpayctl/keystore"
)

// Kind is the kind of the names under which credentials are stored.
const Kind = "docker"

// Actions are the actions of [Server.Serve].
var Actions = []string{"get", "store", "erase", "list"}

// The texts of docker's own helpers. Their clients compare them.
var (
	errNotFound  = errors.New("credentials not found in native keychain")
	errServerURL = errors.New("no credentials server URL")
	errUsername  = errors.New("no credentials username")
)

// A Server serves requests from stores.
type Server struct {
	// Keystore is the store for a credential that is in no store yet. A credential in
	// another store stays there: the index names it.
	Keystore string
	// Open returns the store of a name, like [keystore.Open].
	Open  func(keystore string) (keystore.Store, error)
	Index *keystore.Index
	Now   func() time.Time // nil means [time.Now]
}

// Serve performs one action: it reads the request from in, writes the response or, as the
// protocol requires, the text of an error to out, and returns the error. The program then
// exits with status 1 and prints nothing more.
func (s Server) Serve(ctx context.Context, action string, in io.Reader, out io.Writer) error {
	answer, err := s.answer(ctx, action, in)
	defer clear(answer)
	if err != nil {
		_, failed := fmt.Fprintln(out, explain(err))
		return errors.Join(err, failed)
	}
	_, err = out.Write(answer)
	return err
}

func (s Server) answer(ctx context.Context, action string, in io.Reader) ([]byte, error) {
	switch action {
	case "get":
		server, err := readURL(in)
		if err != nil {
			return nil, err
		}
		c, err := s.get(ctx, server)
		if err != nil {
			return nil, err
		}
		return line(c)
	case "store":
		c, err := readCredential(in)
		if err != nil {
			return nil, err
		}
		return nil, s.store(ctx, c)
	case "erase":
		server, err := readURL(in)
		if err != nil {
			return nil, err
		}
		return nil, s.erase(ctx, server)
	case "list":
		users, err := s.list(ctx)
		if err != nil {
			return nil, err
		}
		return line(users)
	}
	//nolint:staticcheck // these are docker's words
	return nil, fmt.Errorf("Unknown credential action `%.40s`", strings.ToValidUTF8(action, "?"))
}

func line(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return append(text, '\n'), err
}

// name is the name under which the credential of a server is stored.
func name(server string) string {
	sum := sha256.Sum256([]byte(server))
	return Kind + "/" + hex.EncodeToString(sum[:])
}

// at returns the store that holds, or will hold, the credential of a server.
func (s Server) at(ctx context.Context, server string) (keystore.Store, string, error) {
	entries, err := s.Index.List(ctx)
	if err != nil {
		return nil, "", err
	}
	var of keystore.Entry
	for _, entry := range entries {
		if entry.Name == name(server) {
			of = entry
		}
	}
	spec := s.keystoreOf(of)
	store, err := s.Open(spec)
	return store, spec, err
}

func (s Server) keystoreOf(entry keystore.Entry) string { return cmp.Or(entry.Keystore, s.Keystore) }

func (s Server) get(ctx context.Context, server string) (credential, error) {
	store, _, err := s.at(ctx, server)
	if err != nil {
		return credential{}, err
	}
	return from(ctx, store, server)
}

func from(ctx context.Context, store keystore.Store, server string) (credential, error) {
	text, err := store.Get(ctx, name(server))
	if errors.Is(err, keystore.ErrNotFound) {
		return credential{}, errNotFound
	}
	if err != nil {
		return credential{}, err
	}
	defer clear(text)
	c, err := parseCredential(text)
	if err != nil || c.ServerURL != server {
		return credential{}, damaged(name(server))
	}
	return c, nil
}

func damaged(name string) error {
	return fmt.Errorf("%w: the secret %s is not the credential of that server", keystore.ErrDamaged, name)
}

// ServerURL returns the server whose credential a secret is. It fails with
// [keystore.ErrDamaged] if the secret does not belong under this name.
func ServerURL(under string, secret []byte) (string, error) {
	c, err := parseCredential(secret)
	if err != nil || name(c.ServerURL) != under {
		return "", damaged(under)
	}
	return c.ServerURL, nil
}

// store writes the secret before its name, so that the index names nothing that does not
// exist.
func (s Server) store(ctx context.Context, c credential) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	defer clear(text)
	store, spec, err := s.at(ctx, c.ServerURL)
	if err != nil {
		return err
	}
	if err := store.Put(ctx, name(c.ServerURL), text); err != nil {
		return err
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	return s.Index.Add(context.WithoutCancel(ctx), keystore.Entry{
		Name: name(c.ServerURL), Keystore: spec, Server: c.ServerURL, Created: now().UTC(),
	})
}

// erase succeeds if there is nothing to erase, like docker's helpers.
func (s Server) erase(ctx context.Context, server string) error {
	store, _, err := s.at(ctx, server)
	if err != nil {
		return err
	}
	if err := store.Delete(ctx, name(server)); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	return s.Index.Remove(context.WithoutCancel(ctx), name(server))
}

// list returns the user of each server. The user names are stored with the secrets, so
// these are read.
func (s Server) list(ctx context.Context) (map[string]string, error) {
	entries, err := s.Index.List(ctx)
	if err != nil {
		return nil, err
	}
	users := map[string]string{}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name, Kind+"/") || entry.Name != name(entry.Server) {
			continue
		}
		store, err := s.Open(s.keystoreOf(entry))
		if err != nil {
			return nil, err
		}
		c, err := from(ctx, store, entry.Server)
		if errors.Is(err, errNotFound) {
			continue // erased since
		}
		if err != nil {
			return nil, err
		}
		users[c.ServerURL] = c.Username
	}
	return users, nil
}

// explain returns one line without control characters: paths and addresses in an error are
// not ours.
func explain(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*keystore.Error](err); ok && e.Hint != "" {
		text += ". Next: " + e.Hint
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}
