package apikey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// noteHanded records a key that is handed out to a file or a user, since it is in no
// keystore. The record does not hold the key itself.
func (m *minting) noteHanded(ctx context.Context) error {
	r := m.operation.Record
	journal, err := m.App.Handed()
	if err != nil {
		return err
	}
	note := ledger.Handed{
		Header:        ledger.Header{ID: r.ID, Kind: ledger.KindHanded, Profile: r.Profile, Server: r.Server, Label: m.info.Label, AllowHTTP: r.AllowHTTP, CAFile: r.CAFile},
		HandedPayload: ledger.HandedPayload{KeyID: app.KeyID(m.key), Permissions: r.Permissions},
	}
	if m.file != "" {
		if note.File, err = filepath.Abs(m.file); err != nil {
			return err
		}
	}
	operation, err := ledger.Begin(ctx, journal, note)
	if err != nil {
		return err
	}
	return operation.Release()
}

// handed lists those keys.
func (c *apiKeyList) handed() ([]apiKeyRecord, error) {
	handed, err := operations.HandedKeys(c.App)
	var records []apiKeyRecord
	for _, r := range handed {
		record := apiKeyRecord{ID: r.KeyID, Label: r.Label, Server: r.Server, Profiles: []string{}, Permissions: operations.PermissionsOf(r.Permissions), Status: "handed-out", File: r.File}
		records = append(records, record.withRights(nil))
	}
	return records, err
}

// load reads a key from its keystore, or from the file that it was written to.
func (c *apiKeyList) load(ctx context.Context, record apiKeyRecord) (greenfield.APIKey, error) {
	if record.Status != "handed-out" {
		return c.App.LoadAPIKey(ctx, record.Keystore, record.ID)
	}
	return readHanded(record.File, record.ID)
}

var errNotInFile = errors.New("the file no longer contains the key")

// readHanded reads a key from the file that it was written to, if it is still there.
func readHanded(file, id string) (greenfield.APIKey, error) {
	if file == "" {
		return greenfield.APIKey{}, errNotInFile
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return greenfield.APIKey{}, err
	}
	key, err := app.ReadGreenfieldKey(text, file)
	if err == nil && app.KeyID(key) != id {
		err = errNotInFile
	}
	return key, err
}

// findHanded finds a key that was handed out, by its id or the beginning of it. A key that
// cannot be read here has to be given with --value-file.
func findHanded(a *app.App, id string) (keyToRevoke, error) {
	handed, err := operations.HandedKeys(a)
	if err != nil {
		return keyToRevoke{}, err
	}
	handed = slices.DeleteFunc(handed, func(r ledger.Handed) bool { return len(id) < 4 || !strings.HasPrefix(r.KeyID, id) })
	switch {
	case len(handed) == 0:
		return keyToRevoke{}, nil
	case len(handed) > 1:
		return keyToRevoke{}, &output.Error{Code: output.NotFound, What: fmt.Sprintf("%d keys have ids that begin with %s", len(handed), id), Next: "btcpayctl apikey list"}
	}
	r := handed[0]
	key, err := readHanded(r.File, r.KeyID)
	if err == nil {
		return keyToRevoke{id: r.KeyID, server: r.Server, key: key}, nil
	}
	where := "printed"
	if r.File != "" {
		where = "written to " + r.File + ", which no longer contains it"
	}
	return keyToRevoke{}, &output.Error{Code: output.NotFound, What: fmt.Sprintf("the key %s was %s, and is not stored here", r.KeyID, where),
		Why: "To revoke it, btcpayctl needs the key itself. " + operations.Orphan(r.Label, r.Server), Err: err,
		Next: "btcpayctl apikey revoke --value-file FILE --server " + app.ShellWord(r.Server) + "\nor delete it on that page, then: btcpayctl doctor --forget " + r.KeyID}
}
