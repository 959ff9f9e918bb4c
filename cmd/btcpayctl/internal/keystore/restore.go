package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/keystore"
)

type restoredRecord struct {
	Name     string `json:"name"`
	Keystore string `json:"keystore"` // that has it, or would have it
	// Result is restored, same, replaced, kept, or with --dry-run missing, same or
	// different.
	Result   string   `json:"result"`
	Server   string   `json:"server"`
	Profiles []string `json:"profiles"`
}

var restoredView = output.View[restoredRecord]{
	Columns: []output.Column[restoredRecord]{
		{Title: "SECRET", Fit: output.FitMiddle, Value: func(r restoredRecord) string { return r.Name }},
		{Title: "RESULT", Value: func(r restoredRecord) string { return r.Result }},
		{Title: "KEYSTORE", Fit: output.FitMiddle, Value: func(r restoredRecord) string { return r.Keystore }},
		{Title: "PROFILES", Fit: output.FitWords, Value: func(r restoredRecord) string { return cli.Dash(strings.Join(r.Profiles, ",")) }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(r restoredRecord) string { return cli.Dash(r.Server) }},
	},
	Name: func(r restoredRecord) string { return r.Name },
}

type storeRestore struct {
	app            *app.App
	to             string
	passphraseFile string
	identityFile   string
	replace, keep  bool
	dryRun         bool

	explicit bool // the target was chosen for this command, not taken from a default
	gone     map[string]bool
}

func newKeystoreRestore(a *app.App) *cobra.Command {
	r := &storeRestore{app: a, gone: map[string]bool{}}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Restore the secrets of a backup",
		Long: `Read a backup, check all of it, and restore the secrets that are missing here. - is
standard input. They are written to --to, or to the keystore for new keys. Existing
secrets stay where they are. If a secret exists here with different content, the
command stops before it changes anything: --keep keeps the existing one and restores
the rest, --replace takes the one from the backup.

Profiles that use a restored key, and name a keystore without it, are changed to name
the keystore that has it. --dry-run shows what is in the backup and changes nothing.`,
		Example: `  btcpayctl keystore restore keys.age --dry-run
  btcpayctl keystore restore keys.age --to file --identity-file ~/key.txt`,
		Args: cli.Arguments(1, 1),
		RunE: r.run,
	}
	cmd.Flags().StringVar(&r.to, "to", "", "`keystore` to restore to")
	cmd.Flags().StringVar(&r.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the backup")
	cmd.Flags().StringVar(&r.identityFile, "identity-file", "", "`file` with the age identity of the backup")
	cmd.Flags().BoolVar(&r.replace, "replace", false, "replace secrets that exist here with different content")
	cmd.Flags().BoolVar(&r.keep, "keep", false, "keep secrets that exist here with different content, and restore the rest")
	cmd.Flags().BoolVar(&r.dryRun, "dry-run", false, "show what is in the backup, and change nothing")
	cli.Shows(cmd, restoredView)
	return cmd
}

func (r *storeRestore) run(cmd *cobra.Command, args []string) error {
	p, err := cli.Printer(r.app, cmd)
	if err == nil {
		err = output.Check(p, restoredView, restoredRecord{Profiles: []string{}})
	}
	if err == nil {
		err = r.choose()
	}
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	entries, err := r.read(ctx, args[0])
	if err != nil {
		return err
	}
	defer func() {
		for _, e := range entries {
			clear(e.Secret)
		}
	}()
	plan, err := r.plan(ctx, entries)
	if err != nil {
		return err
	}
	if !r.dryRun {
		if plan, err = r.carryOut(ctx, plan); err != nil {
			return err
		}
	}
	records := []restoredRecord{}
	for _, e := range plan {
		records = append(records, restoredRecord{e.Name, e.home, e.result, e.Server, cli.OrEmpty(e.profiles)})
	}
	return output.Each(p, restoredView, records)
}

// choose determines where new secrets are stored.
func (r *storeRestore) choose() error {
	if r.keep && r.replace {
		return &output.Error{Code: output.Usage, What: "--keep and --replace exclude each other", Next: "btcpayctl keystore restore --help"}
	}
	s, err := r.app.Settings(app.Flags{}, true)
	if err != nil {
		return err
	}
	chosen, err := r.app.NewKeystore(s)
	if err != nil {
		return err
	}
	if r.to != "" {
		chosen = app.Value{Text: r.to, Source: "--to"}
	}
	r.to, r.explicit = chosen.Text, chosen.Explicit()
	if err := checkStoreName(r.app, r.to); err != nil {
		return err
	}
	if !cli.Keeps(r.to) {
		return &output.Error{Code: output.Usage, What: "keystore " + r.to + " cannot store what is restored", Why: "It was chosen by " + chosen.Source + ".", Next: "--to file"}
	}
	return nil
}

// backupLimit is far above any valid backup, which has at most 64 MiB of text.
const backupLimit = 80 << 20

// read opens the backup and checks all of it.
func (r *storeRestore) read(ctx context.Context, name string) ([]keystore.BackupEntry, error) {
	file, err := r.load(ctx, name)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, &output.Error{Code: output.BadInput, What: "the backup cannot be read: " + err.Error(), Next: "btcpayctl keystore restore FILE", Err: err}
	}
	entries, err := r.open(ctx, file)
	for wrong := 1; errors.Is(err, keystore.ErrWrongPassphrase) && r.passphraseFile == "" && r.app.AskAgain(wrong); wrong++ {
		entries, err = r.open(ctx, file)
	}
	if err != nil {
		return nil, err
	}
	if err := keystore.CheckBackup(entries, operations.VerifySecret); err != nil {
		return entries, backupFailure(ctx, err)
	}
	return entries, nil
}

func (r *storeRestore) open(ctx context.Context, file []byte) ([]keystore.BackupEntry, error) {
	key, err := r.key(ctx, file)
	defer clear(key.Passphrase)
	defer clear(key.Identities)
	if err != nil {
		return nil, err
	}
	entries, err := keystore.ReadBackup(bytes.NewReader(file), key)
	if err != nil {
		return nil, backupFailure(ctx, err)
	}
	return entries, nil
}

// load may wait for a pipe; a signal ends the wait.
func (r *storeRestore) load(ctx context.Context, name string) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := readUpTo(name, r.app.In, backupLimit)
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func readUpTo(name string, in io.Reader, limit int) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%s has more than %d MiB", name, limit>>20)
	}
	return data, err
}

// The first lines of a backup show how it is encrypted.
var underPassphrase = []byte("age-encryption.org/v1\n-> scrypt ")

func (r *storeRestore) key(ctx context.Context, file []byte) (key keystore.BackupKey, err error) {
	scrypt := bytes.HasPrefix(file, underPassphrase)
	switch {
	case !bytes.HasPrefix(file, []byte("age-encryption.org/")):
		return key, &output.Error{Code: output.BadInput, What: "this is not a backup: it is not an age file", Next: "btcpayctl keystore backup FILE"}
	case r.passphraseFile != "" && r.identityFile != "":
		return key, &output.Error{Code: output.Usage, What: "--passphrase-file and --identity-file exclude each other", Next: "use only one of them"}
	case scrypt && r.identityFile != "":
		return key, &output.Error{Code: output.Usage, What: "the backup is encrypted with a passphrase, so an identity does not open it", Next: "--passphrase-file FILE, or type the passphrase"}
	case !scrypt && r.identityFile == "":
		return key, &output.Error{Code: output.Usage, What: "the backup is encrypted to age recipients", Next: "--identity-file FILE"}
	case scrypt:
		key.Passphrase, err = passphraseOf(ctx, r.app, "the backup", r.passphraseFile, false)
		return key, err
	}
	if key.Identities, err = r.app.ReadSecretFile(r.identityFile); err != nil {
		err = &output.Error{Code: output.BadInput, What: "the identity cannot be read", Why: err.Error(), Next: "name the file that age-keygen -o wrote: --identity-file FILE", Err: err}
	}
	return key, err
}

// backupFailure is about the command line, not about a keystore of this machine.
func backupFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	e := *cli.Explain(ctx, err)
	e.Code = output.BadInput
	if errors.Is(err, keystore.ErrPassphrase) {
		e.Code = output.KeystoreLocked
	}
	return &e
}
