package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore"
)

// content is what this program stores under a key of the engine: only strings, which every
// client shows.
type content struct {
	Version string `json:"btcpayctl"` // of this format
	Name    string `json:"name"`      // so that a secret under a wrong name is noticed
	Secret  string `json:"secret"`    // base64
}

const contentVersion = "1"

// found is a version of a secret. err says why its content is not usable.
type found struct {
	version int
	secret  []byte
	err     error
}

// file is the key of a name in the directory, without a subdirectory, so that one request
// lists them all.
func file(name string) string { return strings.Replace(name, "/", "-", 1) }

// read reads a version of a secret, or the newest for zero. If there is none, or the newest
// was deleted, the error is ErrNotFound; found.version is then the version that a write has
// to name.
func (c *call) read(name string, version int) (found, error) {
	path := c.path("data", file(name))
	if version > 0 {
		path += fmt.Sprintf("?version=%d", version)
	}
	status, body, err := c.send(http.MethodGet, path, nil, http.StatusOK, http.StatusNotFound)
	if err != nil {
		return found{}, err
	}
	defer clear(body)
	var answer struct {
		Errors []string `json:"errors"`
		Data   *struct {
			Data     json.RawMessage `json:"data"`
			Metadata struct {
				Version int `json:"version"`
			} `json:"metadata"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return found{}, nonsense("a read")
	}
	switch {
	case status == http.StatusNotFound && len(answer.Errors) > 0:
		return found{}, c.noEngine()
	case status == http.StatusNotFound && answer.Data == nil:
		return found{}, keystore.ErrNotFound
	case answer.Data == nil || answer.Data.Metadata.Version < 1:
		return found{}, nonsense("a read")
	case status == http.StatusNotFound: // a version that was deleted or destroyed
		return found{version: answer.Data.Metadata.Version}, keystore.ErrNotFound
	}
	defer clear(answer.Data.Data)
	f := found{version: answer.Data.Metadata.Version}
	f.secret, f.err = decode(name, answer.Data.Data)
	return f, nil
}

func decode(name string, data []byte) ([]byte, error) {
	hint := "look at it with vault kv get, or delete it there"
	var stored content
	if json.Unmarshal(data, &stored) != nil || stored.Version == "" {
		return nil, &keystore.Error{Err: fmt.Errorf("%w: this program did not write the secret of this name", keystore.ErrDamaged), Hint: hint}
	}
	if stored.Version != contentVersion {
		return nil, &keystore.Error{Err: fmt.Errorf("%w: the secret has another version than %s", keystore.ErrVersion, contentVersion),
			Hint: "use the newer version of this program"}
	}
	if stored.Name != name {
		return nil, &keystore.Error{Err: fmt.Errorf("%w: it contains a secret of another name", keystore.ErrDamaged), Hint: hint}
	}
	secret, err := base64.StdEncoding.DecodeString(stored.Secret)
	if err != nil || len(secret) > keystore.MaxSize {
		return nil, &keystore.Error{Err: fmt.Errorf("%w: the secret was changed or truncated", keystore.ErrDamaged), Hint: hint}
	}
	return secret, nil
}

// put writes against the existing version. If another process was faster, it reads the
// version again, until the timeout.
func (c *call) put(name string, secret []byte) error {
	if err := c.mustBeKV2(); err != nil {
		return err
	}
	for {
		now, err := c.read(name, 0)
		clear(now.secret)
		if err != nil && !errors.Is(err, keystore.ErrNotFound) {
			return err
		}
		if errors.Is(now.err, keystore.ErrVersion) {
			return now.err
		}
		version, err := c.write(name, secret, now.version)
		if errors.Is(err, errConflict) {
			select {
			case <-c.ctx.Done():
				return &keystore.Error{Err: fmt.Errorf("%w: other processes keep writing this secret", keystore.ErrTimeout),
					Hint: "run the command again"}
			case <-time.After(10*time.Millisecond + rand.N(40*time.Millisecond)):
				continue
			}
		}
		if err != nil {
			return err
		}
		return c.readBack(name, secret, version)
	}
}

func (c *call) write(name string, secret []byte, replaced int) (version int, err error) {
	request, err := json.Marshal(map[string]any{
		"data":    content{contentVersion, name, base64.StdEncoding.EncodeToString(secret)},
		"options": map[string]int{"cas": replaced},
	})
	if err != nil {
		return 0, err
	}
	defer clear(request)
	_, body, err := c.send(http.MethodPost, c.path("data", file(name)), request, http.StatusOK)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Data struct {
			Version int `json:"version"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Data.Version < 1 {
		return 0, nonsense("a write")
	}
	return answer.Data.Version, nil
}

// readBack reads the version that was written, so that another writer in between does not
// matter.
func (c *call) readBack(name string, secret []byte, version int) error {
	back, err := c.read(name, version)
	defer clear(back.secret)
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		return &keystore.Error{Err: fmt.Errorf("%w: the server reported the secret as stored, but it is not there", keystore.ErrUnavailable),
			Hint: "run the command again; does another program delete secrets there?"}
	case err != nil:
		return fmt.Errorf("reading back what was written: %w", err)
	case back.err != nil:
		return fmt.Errorf("reading back what was written: %w", back.err)
	case !bytes.Equal(back.secret, secret):
		return &keystore.Error{Err: fmt.Errorf("%w: the server returned another secret than the one that was written", keystore.ErrDamaged),
			Hint: "choose another store: export BTCPAYCTL_KEYSTORE=file"}
	}
	return nil
}

// remove deletes all versions with their metadata: a version that was only deleted could be
// restored.
func (c *call) remove(name string) error {
	now, err := c.read(name, 0)
	clear(now.secret)
	if err != nil && (!errors.Is(err, keystore.ErrNotFound) || now.version == 0) {
		return err
	}
	missing := err
	if _, _, err := c.send(http.MethodDelete, c.path("metadata", file(name)), nil, http.StatusNoContent, http.StatusOK); err != nil {
		return err
	}
	if missing != nil {
		return missing // only old versions of it were left
	}
	now, err = c.read(name, 0)
	clear(now.secret)
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("checking that the secret is deleted: %w", err)
	}
	return &keystore.Error{Err: fmt.Errorf("%w: the server reported the secret as deleted, but it is still there", keystore.ErrUnavailable),
		Hint: "run the command again; does another program write secrets there?"}
}

func (c *call) list() ([]string, error) {
	status, body, err := c.send("LIST", c.path("metadata", ""), nil, http.StatusOK, http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Errors []string `json:"errors"`
		Data   *struct {
			Keys []string `json:"keys"`
		} `json:"data"`
	}
	switch {
	case json.Unmarshal(body, &answer) != nil:
		return nil, nonsense("a list")
	case status == http.StatusNotFound && len(answer.Errors) > 0:
		return nil, c.noEngine()
	case status == http.StatusNotFound:
		return nil, nil
	case answer.Data == nil:
		return nil, nonsense("a list")
	}
	var names []string
	for _, key := range answer.Data.Keys {
		kind, id, _ := strings.Cut(key, "-")
		if name := kind + "/" + id; keystore.CheckName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}
