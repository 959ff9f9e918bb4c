package keystore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

type backupRecord struct {
	File      string   `json:"file"`
	Secrets   int      `json:"secrets"`
	Keystores []string `json:"keystores"`
}

var backupView = output.View[backupRecord]{
	Columns: []output.Column[backupRecord]{
		{Title: "FILE", Fit: output.FitBelow, Value: func(r backupRecord) string { return r.File }},
		{Title: "SECRETS", Value: func(r backupRecord) string { return fmt.Sprint(r.Secrets) }},
		{Title: "KEYSTORES", Fit: output.FitWords, Value: func(r backupRecord) string { return strings.Join(r.Keystores, ",") }},
	},
	Name: func(r backupRecord) string { return r.File },
}

type storeBackup struct {
	app            *app.App
	recipients     []string
	recipientsFile string
	passphraseFile string
}

func newKeystoreBackup(a *app.App) *cobra.Command {
	b := &storeBackup{app: a}
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all secrets to one encrypted file",
		Long: `Write the secrets of all keystores, with their names, to one new file that is
encrypted with age: with its own passphrase, or to recipients. - is standard output.
The file contains all secrets, or it is not written.

"keystore restore" reads it, and "age -d" decrypts it to lines of JSON. Profiles are
not included: config.toml contains no secrets, so copy it separately.`,
		Example: `  btcpayctl keystore backup keys.age
  btcpayctl keystore backup keys.age --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
  btcpayctl keystore backup - --passphrase-file p.txt | ssh backup.example.com 'cat >keys.age'`,
		Args: cli.Arguments(1, 1),
		RunE: b.run,
	}
	cmd.Flags().StringArrayVar(&b.recipients, "recipient", nil, "`age1…`, the public key of a recipient; may be repeated")
	cmd.Flags().StringVar(&b.recipientsFile, "recipients-file", "", "`file` of recipients, one per line, as for age -R")
	cmd.Flags().StringVar(&b.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the backup")
	cli.Shows(cmd, backupView)
	return cmd
}

func (b *storeBackup) run(cmd *cobra.Command, args []string) error {
	p, err := cli.Printer(b.app, cmd)
	if err == nil {
		err = output.Check(p, backupView, backupRecord{})
	}
	if err != nil {
		return err
	}
	if err := b.mayWrite(args[0]); err != nil {
		return err
	}
	ctx := cmd.Context()
	entries, stores, err := b.entries(ctx)
	if err != nil {
		return err
	}
	key, err := b.key(ctx)
	defer clear(key.Passphrase)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := b.write(ctx, &file, key, entries); err != nil {
		return err
	}
	if args[0] == "-" {
		_, err := b.app.Out.Write(file.Bytes())
		return err
	}
	if err := b.toFile(args[0], file.Bytes(), key, entries); err != nil {
		return err
	}
	fmt.Fprintf(b.app.Err, "The backup was written and read back. Keep its passphrase or identity in another place.\nOn any machine:\nNext: btcpayctl keystore restore %s --dry-run\n", app.ShellWord(args[0]))
	return output.One(p, backupView, backupRecord{args[0], len(entries), stores})
}

// mayWrite checks the output before it asks for a passphrase.
func (b *storeBackup) mayWrite(name string) error {
	if name == "-" {
		if b.app.IsTerminal(b.app.Out) {
			return &output.Error{Code: output.Usage, What: "standard output is a terminal, and a backup is binary", Next: "name a file, or redirect standard output"}
		}
		return nil
	}
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		return cli.CannotWrite("the backup", name, err)
	}
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return cli.CannotWrite("the backup", name, cmp.Or(err, fs.ErrExist))
	}
	return nil
}

// entries are all known secrets, from the keystores that hold them.
func (b *storeBackup) entries(ctx context.Context) ([]keystore.Entry, []string, error) {
	holdings, err := operations.Holdings(ctx, b.app)
	if err != nil {
		return nil, nil, err
	}
	s, err := b.app.Settings(app.Flags{}, true)
	if err != nil {
		return nil, nil, err
	}
	config, err := b.app.ReadConfig()
	if err != nil {
		return nil, nil, err
	}
	specs := KnownStores(config, holdings, nil)
	if !slices.Contains(specs, s.Keystore.Text) {
		specs = append(specs, s.Keystore.Text) // it may hold secrets that the index has lost
	}
	var entries []keystore.Entry
	stores := []string{}
	for _, spec := range specs {
		if !cli.Keeps(spec) {
			continue // secrets in the environment are stored elsewhere
		}
		held, err := operations.HeldIn(ctx, b.app, spec, holdings)
		if err != nil && !slices.ContainsFunc(holdings, func(h operations.SecretRef) bool { return h.Keystore == spec }) {
			continue // nothing names a secret in it
		}
		if err != nil {
			return nil, nil, err
		}
		n := len(entries)
		for _, h := range held {
			if h.Keystore == spec {
				entries = append(entries, h.Entry)
			}
		}
		if len(entries) > n {
			stores = append(stores, spec)
		}
	}
	if len(entries) == 0 {
		return nil, nil, &output.Error{Code: output.NotFound, What: "there is no secret to back up", Next: "btcpayctl keystore status"}
	}
	return entries, stores, nil
}

// key is the passphrase or the recipients of the backup.
func (b *storeBackup) key(ctx context.Context) (keystore.BackupKey, error) {
	var key keystore.BackupKey
	if b.passphraseFile != "" && (len(b.recipients) > 0 || b.recipientsFile != "") {
		return key, &output.Error{Code: output.Usage, What: "a backup has either a passphrase or recipients", Next: "use only one of them"}
	}
	key.Recipients = strings.Join(b.recipients, "\n")
	if b.recipientsFile != "" {
		text, err := b.app.ReadSecretFile(b.recipientsFile)
		if err != nil {
			return key, &output.Error{Code: output.BadInput, What: "the recipients cannot be read", Why: err.Error(), Next: "age-keygen -y IDENTITY-FILE >recipients.txt", Err: err}
		}
		key.Recipients += "\n" + string(text)
	}
	if strings.TrimSpace(key.Recipients) != "" || b.recipientsFile != "" {
		return key, nil
	}
	var err error
	key.Passphrase, err = passphraseOf(ctx, b.app, "the backup", b.passphraseFile, true)
	return key, err
}

// passphraseOf reads a passphrase from a file, or asks for it.
func passphraseOf(ctx context.Context, a *app.App, of, file string, confirm bool) (passphrase []byte, err error) {
	switch {
	case file != "":
		passphrase, err = a.ReadPassphrase(file)
	case !a.CanAsk():
		return nil, &output.Error{Code: output.Usage, What: "no passphrase is given for " + of + ", and there is no terminal to ask for it", Next: "--passphrase-file FILE, or age recipients: see --help"}
	default:
		passphrase, err = a.AskPassphrase(ctx, of, confirm)
		if err == nil && len(passphrase) == 0 {
			err = errors.New("it is empty, which protects nothing")
		}
	}
	if err != nil && ctx.Err() == nil {
		err = &output.Error{Code: output.BadInput, What: "the passphrase of " + of + " cannot be used: " + err.Error(), Next: "run the same command again", Err: err}
	}
	return passphrase, err
}

// write makes the backup in memory, and checks each secret before it is added: damage in a
// backup is found too late.
func (b *storeBackup) write(ctx context.Context, file *bytes.Buffer, key keystore.BackupKey, entries []keystore.Entry) error {
	var done atomic.Int64
	status := cli.StartCount(b.app, &done, len(entries), "secrets")
	defer status.Stop()
	err := keystore.Backup(ctx, file, key, entries, func(spec string) (keystore.Store, error) {
		store, err := b.app.OpenKeystore(spec)
		if err != nil {
			return nil, err
		}
		return counted{keystore.Checked(spec, store, operations.VerifySecret), &done}, nil
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	e := *cli.Explain(ctx, err)
	e.Why = "No file was written."
	if errors.Is(err, keystore.ErrNotFound) {
		e.Next = "btcpayctl keystore test\nthen restore or delete the missing secrets"
	}
	return &e
}

// toFile writes the file and reads it back, with the passphrase if there is one.
func (b *storeBackup) toFile(name string, data []byte, key keystore.BackupKey, entries []keystore.Entry) error {
	if err := durable.WriteNamed(name, data, false); err != nil {
		return cli.CannotWrite("the backup", name, err)
	}
	b.app.Did(app.Effect{ID: name, What: "the backup was written to " + name})
	back, err := os.ReadFile(name)
	if err != nil {
		return cli.CannotWrite("the backup", name, err)
	}
	if !bytes.Equal(back, data) {
		return &output.Error{Code: output.KeystoreDamaged, What: "the file " + name + " does not contain the backup that was written", Next: "check the disk, and use another file"}
	}
	if len(key.Passphrase) == 0 {
		return nil
	}
	read, err := keystore.ReadBackup(bytes.NewReader(back), key)
	for _, e := range read {
		clear(e.Secret)
	}
	if err == nil && len(read) != len(entries) {
		err = fmt.Errorf("%d secrets were written, but %d read back", len(entries), len(read))
	}
	return err
}
