package keystore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
)

const (
	backupVersion = 1
	backupLimit   = 64 << 20 // limits of an opened backup
)

// A BackupKey encrypts a backup, or decrypts it: a passphrase, or age keys.
type BackupKey struct {
	Passphrase []byte
	// Recipients, for writing, are age public keys, one per line, as in the file that age
	// -R takes.
	Recipients string
	// Identities, for reading, are age private keys as age-keygen writes them.
	Identities []byte
}

// Format prints neither the passphrase nor a private key.
func (k BackupKey) Format(f fmt.State, _ rune) { io.WriteString(f, "[backup key]") }

// A BackupEntry is a secret with its name, as a backup holds it.
type BackupEntry struct {
	Entry         // Keystore is the store that held it.
	Secret []byte // the caller clears it
}

// Format prints only the name.
func (e BackupEntry) Format(f fmt.State, _ rune) { io.WriteString(f, e.Name+" [redacted]") }

// The content of an opened backup: a line of JSON with the version and the number of
// entries, and one line for each entry.
type backupHead struct {
	Version int       `json:"btcpayctl_backup"`
	Created time.Time `json:"created"`
	Entries int       `json:"entries"`
}

type backupLine struct {
	Entry
	Secret *[]byte `json:"secret"` // base64
}

// Backup writes all entries with their secrets as one age file, which age -d opens. open
// returns the store that an entry names. If Backup fails, what it wrote is not a backup.
func Backup(ctx context.Context, w io.Writer, key BackupKey, entries []Entry, open func(keystore string) (Store, error)) error {
	if err := backup(ctx, w, key, entries, open); err != nil {
		return backupError("write", err)
	}
	return nil
}

func backup(ctx context.Context, w io.Writer, key BackupKey, entries []Entry, open func(string) (Store, error)) error {
	recipients, err := key.recipients()
	if err != nil {
		return err
	}
	out, err := age.Encrypt(w, recipients...)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(backupHead{backupVersion, time.Now().UTC().Truncate(time.Second), len(entries)}); err != nil {
		return err
	}
	for _, entry := range entries {
		store, err := open(entry.Keystore)
		if err != nil {
			return err
		}
		secret, err := store.Get(ctx, entry.Name)
		if err != nil {
			return err
		}
		err = encoder.Encode(backupLine{entry, &secret})
		clear(secret)
		if err != nil {
			return err
		}
	}
	return out.Close()
}

func (k BackupKey) recipients() ([]age.Recipient, error) {
	switch {
	case len(k.Passphrase) > 0 && k.Recipients != "":
		return nil, fmt.Errorf("%w: a backup has either a passphrase or recipients", ErrPassphrase)
	case len(k.Passphrase) > 0:
		r, err := age.NewScryptRecipient(string(k.Passphrase))
		if err != nil {
			return nil, err
		}
		r.SetWorkFactor(work.Factor)
		return []age.Recipient{r}, nil
	case strings.TrimSpace(k.Recipients) == "":
		return nil, &Error{Err: fmt.Errorf("%w: a backup needs one, or recipients", ErrPassphrase), Hint: "type a passphrase, or name a recipient: age1..."}
	}
	recipients, err := age.ParseRecipients(strings.NewReader(k.Recipients))
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("%w: this is not an age recipient", ErrPassphrase), Hint: "age-keygen -y IDENTITY-FILE prints it"}
	}
	return recipients, nil
}

func (k BackupKey) identities() ([]age.Identity, error) {
	if len(k.Passphrase) > 0 {
		id, err := age.NewScryptIdentity(string(k.Passphrase))
		if err != nil {
			return nil, err
		}
		id.SetMaxWorkFactor(work.Limit)
		return []age.Identity{id}, nil
	}
	ids, err := age.ParseIdentities(bytes.NewReader(k.Identities))
	if err != nil {
		return nil, &Error{Err: fmt.Errorf("%w: this is not an age identity file", ErrPassphrase), Hint: "name the file that age-keygen -o wrote"}
	}
	return ids, nil
}

// ReadBackup opens a backup and checks all of it before it returns anything. It fails with
// [ErrPassphrase], together with [ErrWrongPassphrase] if there is one that does not open
// it, with [ErrDamaged], [ErrVersion] or, over 64 MiB, [ErrTooLarge].
func ReadBackup(r io.Reader, key BackupKey) ([]BackupEntry, error) {
	entries, err := readBackup(r, key)
	if err != nil {
		for _, e := range entries {
			clear(e.Secret)
		}
		return nil, backupError("read", err)
	}
	return entries, nil
}

func readBackup(r io.Reader, key BackupKey) ([]BackupEntry, error) {
	ids, err := key.identities()
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(r, ids...)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		wrong := errors.New("the identity does not open")
		if len(key.Passphrase) > 0 {
			wrong = ErrWrongPassphrase
		}
		return nil, &Error{Err: fmt.Errorf("%w: %w the backup", ErrPassphrase, wrong), Hint: "try again; the backup cannot be read without it"}
	}
	if err != nil {
		return nil, damagedBackup("it is not an age file, or was changed")
	}
	limited := &io.LimitedReader{R: plain, N: backupLimit + 1}
	lines := bufio.NewScanner(limited)
	buffer := make([]byte, 4*MaxSize)
	defer clear(buffer)
	lines.Buffer(buffer, len(buffer))
	var head backupHead
	scanned := lines.Scan()
	if lines.Err() != nil {
		return nil, damagedBackup(cutShort)
	}
	if !scanned || strictJSON(lines.Bytes(), &head) != nil || head.Version < 1 {
		if head.Version = jsonField(lines.Bytes(), "btcpayctl_backup"); head.Version <= backupVersion {
			return nil, damagedBackup("its content is not a backup of this program")
		}
	}
	if head.Version > backupVersion {
		return nil, &Error{Err: fmt.Errorf("%w: the backup has version %d, this program knows %d", ErrVersion, head.Version, backupVersion),
			Hint: hintNewer}
	}
	var entries []BackupEntry
	seen := map[string]bool{}
	for lines.Scan() {
		var line backupLine
		n := len(entries) + 1
		if strictJSON(lines.Bytes(), &line) != nil || line.Secret == nil || checkName(line.Name) != nil || len(*line.Secret) > MaxSize {
			return entries, damagedBackup(fmt.Sprintf("entry %d is invalid", n))
		}
		entries = append(entries, BackupEntry{line.Entry, *line.Secret})
		if seen[line.Name] {
			return entries, damagedBackup(fmt.Sprintf("it contains %s twice", line.Name))
		}
		seen[line.Name] = true
	}
	switch {
	case limited.N <= 0:
		return entries, fmt.Errorf("%w: the backup has more than %d MiB", ErrTooLarge, backupLimit>>20)
	case lines.Err() != nil:
		return entries, damagedBackup(cutShort)
	case len(entries) != head.Entries:
		return entries, damagedBackup(fmt.Sprintf("it should contain %d secrets but contains %d", head.Entries, len(entries)))
	}
	return entries, nil
}

// strictJSON refuses what this program does not write: other fields, and anything after the
// value.
func strictJSON(line []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// jsonField reads a number from a line that is otherwise not as expected; 0 if there is
// none.
func jsonField(line []byte, field string) int {
	var all map[string]json.RawMessage
	n := 0
	if json.Unmarshal(line, &all) != nil || json.Unmarshal(all[field], &n) != nil {
		return 0
	}
	return n
}

const cutShort = "it is truncated or was changed"

func damagedBackup(what string) error {
	return &Error{Err: fmt.Errorf("%w: %s", ErrDamaged, what), Hint: "use another backup; nothing was changed"}
}

func backupError(op string, err error) error {
	e := &Error{Backend: "backup", Op: op, Err: err}
	if known, ok := errors.AsType[*Error](err); ok {
		e.Hint = known.Hint
	}
	return e
}
