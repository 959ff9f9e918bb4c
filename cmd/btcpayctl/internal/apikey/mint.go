package apikey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/fault"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// A minting makes one key with another credential.
type minting struct {
	operations.KeyHolder
	by          *app.GreenfieldConnection
	permissions []greenfield.Permission
	user        string // the owner of the key; empty for the account of by
	// keystore is where the key is stored; empty if the function store writes it.
	keystore string
	store    func(greenfield.APIKey) error
	// unstore undoes what store did to file; nil if there is nothing to undo.
	unstore func() error
	file    string

	operation *ledger.Operation[ledger.Key]
	key       greenfield.APIKey
	info      greenfield.APIKeyInfo
	now       operations.Rights
}

// maker is the profile's name as used in labels, by which users recognise their keys.
func (m *minting) maker() string {
	if m.by.Source == "profile" && m.by.Name.Text != "" {
		return m.by.Name.Text
	}
	return "env"
}

// validate refuses permissions that a server would drop or keep without effect.
func (m *minting) validate(ctx context.Context, allowUnknown bool) error {
	if len(m.permissions) == 0 {
		return &output.Error{Code: output.Usage, What: "no permission is given",
			Next: "--for \"invoice create,invoice get\", or --permission btcpay.store.canviewinvoices"}
	}
	request := authorize.Request{Permissions: m.permissions, AllowUnknown: allowUnknown}
	unknown := func(p greenfield.Permission) bool { return !p.Known() }
	if !allowUnknown && !m.Flags.DryRun && slices.ContainsFunc(m.permissions, unknown) {
		// The server's list includes the permissions of its plugins.
		if list, err := m.by.Permissions.List(ctx); err == nil {
			request.Known = list
		}
	}
	return cli.UsageOf(request.Validate())
}

// mint makes the key and stores it as pending: record, then request, then store. A key that
// cannot be stored is revoked. If the response is lost, the error names the label, and the
// request is never repeated.
func (m *minting) mint(ctx context.Context, r ledger.Key) error {
	if m.Flags.DryRun {
		_, err := m.send(ctx, "btcpayctl/"+m.maker()+"/OPERATION")
		return err
	}
	if m.keystore != "" {
		if err := operations.ProbeKeystore(ctx, m.App, m.keystore); err != nil {
			return err
		}
	}
	r.ID = operations.NewOperationID()
	r.Profile, r.Server, r.Store, r.Keystore = m.by.Name.Text, m.by.URL, m.by.Store.Text, m.keystore
	r.Label = "btcpayctl/" + m.maker() + "/" + r.ID
	r.AllowHTTP, r.CAFile = m.Flags.AllowHTTP, absolutePath(m.Flags.CAFile)
	if m.user == "" {
		r.MintedBy = m.by.KeyID // empty for a password
	}
	r.Permissions = cli.Texts(m.permissions)
	var err error
	if m.operation, err = operations.Begin(ctx, m.App, r); err != nil {
		return err
	}
	fault.At("mint-recorded")
	answered, stop := cli.AwaitAnswer(ctx, m.App, "the key "+r.Label)
	info, err := m.send(answered, r.Label)
	stop()
	fault.At("mint-answered")
	switch {
	case client.FateUnknown(err):
		return errors.Join(operations.LostAnswer(ctx, err, r.Label, r.Server), m.operation.Release())
	case err != nil && ctx.Err() != nil:
		return errors.Join(stoppedBefore(ctx, err), m.operation.Finish())
	case err != nil:
		return errors.Join(err, m.operation.Finish())
	}
	m.info = info
	// From here on, a signal only decides whether the key is kept.
	keeping, stop := m.App.Signals.Insist(ctx)
	defer stop()
	if m.key, err = greenfield.NewAPIKey(info.Key); err == nil {
		id := app.KeyID(m.key)
		m.App.Did(app.Effect{ID: id, What: fmt.Sprintf("the key %s was made on %s, labelled %s", id, r.Server, r.Label), Look: "btcpayctl apikey list"})
		err = m.storeKey(keeping)
	} else {
		m.App.Did(app.Effect{ID: r.Label, What: fmt.Sprintf("a key labelled %s was made on %s", r.Label, r.Server), Look: "btcpayctl apikey list"})
	}
	if err != nil {
		return errors.Join(m.GiveUp(ctx, m.operation, m.key, err), m.operation.Release())
	}
	fault.At("mint-stored")
	return nil
}

// absolutePath returns the absolute path of a file, for processes with another working
// directory.
func absolutePath(file string) string {
	if path, err := filepath.Abs(file); err == nil && file != "" {
		return path
	}
	return file
}

// stoppedBefore reports that a signal arrived before the request was sent.
func stoppedBefore(ctx context.Context, err error) error {
	return &output.Error{Code: cli.StopCode(ctx), What: context.Cause(ctx).Error(), Why: "No key was made.", Err: err}
}

// stoppedAfter revokes the key if a signal arrived after the request was sent.
func (m *minting) stoppedAfter(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return m.revokeNewKey(ctx, output.Error{Code: cli.StopCode(ctx), What: context.Cause(ctx).Error() + " after the new key was made"})
}

// storeKey stores the key in the keystore, or where store puts it.
func (m *minting) storeKey(ctx context.Context) error {
	if m.store == nil {
		return m.Keep(ctx, m.operation, m.key, false)
	}
	err := m.store(m.key)
	if err == nil && m.file != "" {
		m.App.Did(app.Effect{ID: m.file, What: "the key was written to " + m.file})
	}
	return err
}

func (m *minting) send(ctx context.Context, label string) (greenfield.APIKeyInfo, error) {
	request := greenfield.APIKeyRequest{Label: label, Permissions: m.permissions}
	if m.user != "" {
		return m.by.APIKeys.CreateForUser(ctx, greenfield.UserID(m.user), request)
	}
	return m.by.APIKeys.Create(ctx, request)
}

// verify asks the server about the new key, using that key. A key with other permissions
// than requested is revoked.
func (m *minting) verify(ctx context.Context) error {
	if err := m.stoppedAfter(ctx); err != nil {
		return err
	}
	connection, err := m.Connect(m.operation.Record.Server, m.key)
	if err != nil {
		return err
	}
	defer connection.CloseIdleConnections()
	proof, err := authorize.Prove(ctx, connection.Client, m.key, m.request())
	if err != nil {
		e := *cli.Explain(ctx, err)
		e.What = "the new key was made, but checking it failed: " + e.What
		return m.revokeNewKey(ctx, e)
	}
	fault.At("mint-verified")
	m.info = proof.Key
	d := operations.CompareGrant(m.request(), proof.Grant)
	if d.What == "" {
		return m.verifyRights(ctx)
	}
	e := &output.Error{Code: output.BadAnswer, What: "the server made another key than requested: " + d.What, Next: "btcpayctl apikey permissions --live"}
	if proof.Grant.Match == authorize.MatchBroader {
		e.Next = "ask the server's operator: it grants more than was requested"
	}
	return m.revokeNewKey(ctx, *e)
}

// verifyRights tries what the new key can do now. A key that cannot be used for its purpose
// is revoked, unless it was made by a rotation: then its rights are those of the old key.
func (m *minting) verifyRights(ctx context.Context) error {
	r := m.operation.Record
	var err error
	if m.now, err = m.TryNow(ctx, r, m.key, m.info.Permissions); err != nil {
		e := *cli.Explain(ctx, err)
		return m.revokeNewKey(ctx, e)
	}
	refused := m.now.RefusedOf(m.permissions)
	if r.Kind == ledger.KindRotate || len(refused) == 0 {
		operations.TellRights(m.App, "", m.now)
		return m.stoppedAfter(ctx)
	}
	e := operations.RefusedKey("the new key does not work for what it was made for", refused)
	return m.revokeNewKey(ctx, *e)
}

// revokeNewKey revokes the new key, and adds the result to the failure. A key that cannot be
// revoked stays stored, and the error names it so that the user can find it.
func (m *minting) revokeNewKey(ctx context.Context, e output.Error) error {
	r := m.operation.Record
	tell := func(format string, args ...any) {
		e.Why = strings.TrimSpace(e.Why + " " + fmt.Sprintf(format, args...))
	}
	if err := m.Revoke(ctx, r.Server, m.key); err != nil {
		if !e.Code.BySignal() {
			e.Code = output.Failed
		}
		tell("It could not be revoked (%v): its id is %s, and its label %s on the page Account / API Keys of %s.", err, app.KeyID(m.key), r.Label, r.Server)
		switch {
		case m.keystore != "":
			tell("It stays in keystore %s, and no profile uses it.", m.keystore)
			e.Next = "btcpayctl doctor"
			return errors.Join(&e, m.operation.Release())
		case m.file != "":
			// The file contains the key, so it is not lost.
			tell("It is in %s.", m.file)
			e.Next = "btcpayctl apikey revoke --value-file " + app.ShellWord(m.file) + " --server " + app.ShellWord(r.Server)
			return errors.Join(&e, m.operation.Finish())
		}
		tell("It is not stored here.")
		e.Next = "delete it on that page\nthen btcpayctl doctor --forget " + r.ID
		return errors.Join(&e, m.operation.Release())
	}
	m.App.Undid(app.KeyID(m.key))
	tell("It was revoked.")
	if m.unstore != nil {
		if err := m.unstore(); err != nil {
			tell("The file that it was written to still contains it: %v.", err)
		} else {
			m.App.Undid(m.file)
		}
	}
	if e.Next == "" {
		e.Next = "run the same command again"
	}
	err := m.Forget(ctx, m.operation)
	m.App.Undid(app.KeyID(m.key))
	return errors.Join(&e, err)
}

// request is what was asked for, for the comparison.
func (m *minting) request() authorize.Request {
	return authorize.Request{Permissions: m.permissions, AllowUnknown: true}
}

func (m *minting) record() apiKeyRecord {
	r := m.operation.Record
	return apiKeyRecord{ID: app.KeyID(m.key), Label: m.info.Label, Server: r.Server, Profiles: []string{}, Keystore: m.keystore,
		Permissions: cli.OrEmpty(m.info.Permissions), Status: "works", stored: r.Created}.withRights(m.now).withAge(m.App.Now(), m.info)
}

// cannotMint says how to get a credential that can make keys. with is the flag that the
// command takes it by.
func cannotMint(ctx context.Context, err error, by *app.GreenfieldConnection, with string) error {
	if errors.Is(err, greenfield.ErrBasicDisabled) || errors.Is(err, greenfield.ErrSecondFactor) {
		e := *cli.Explain(ctx, err)
		e.Next = "btcpayctl authorize --profile admin --server " + app.ShellWord(by.URL) + " --permission unrestricted --all-stores\n" +
			"then the same command with " + with + " admin instead of --basic"
		return &e
	}
	missing, ok := errors.AsType[*greenfield.PermissionError](err)
	if !ok {
		return err
	}
	flag := ""
	if by.Name.Text != "" {
		flag = " --profile " + app.ShellWord(by.Name.Text)
	}
	need := strings.TrimSpace(string(missing.Permission))
	if need == "" {
		need = string(greenfield.Unrestricted)
	}
	return &output.Error{Code: output.MissingPermission, Status: 403, What: "the key cannot make keys: it lacks " + need,
		Why:  "Only an unrestricted key, an account's password, or, for other users, an administrator's key can.",
		Next: "btcpayctl authorize" + flag + " --permission " + need + " --all-stores\nor btcpayctl apikey create --basic EMAIL --permission unrestricted --all-stores", Err: err}
}
