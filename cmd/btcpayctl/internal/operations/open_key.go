package operations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// An OpenKey is a key that may be active and that nothing uses: an operation with an
// unknown outcome.
type OpenKey struct {
	Operation string `json:"operation"`
	// Status is asked, lost, pending, killed or revoking; see the help of "apikey list".
	Status  string    `json:"status"`
	ID      string    `json:"id"`    // empty if the key never arrived here
	Label   string    `json:"label"` // on the server's page; empty if it has none, or it is unknown
	Server  string    `json:"server"`
	Profile string    `json:"profile"` // the profile that the key is for; may be empty
	Since   time.Time `json:"since"`
	// Permissions are those requested, or those of the key once it was read.
	Permissions []greenfield.Permission `json:"permissions"`
	Known       string                  `json:"known"`

	Record ledger.Key `json:"-"`
}

// OpenKeyView is how open keys are printed.
var OpenKeyView = output.View[OpenKey]{
	Columns: []output.Column[OpenKey]{
		{Title: "OPERATION", Fit: output.FitMiddle, Value: func(o OpenKey) string { return o.Operation }},
		{Title: "STATUS", Value: func(o OpenKey) string { return o.Status }},
		{Title: "ID", Fit: output.FitMiddle, Value: func(o OpenKey) string { return cli.Dash(o.ID) }},
		{Title: "LABEL", Fit: output.FitWords, Value: func(o OpenKey) string { return cli.Dash(o.Label) }},
		{Title: "SERVER", Fit: output.FitMiddle, Value: func(o OpenKey) string { return o.Server }},
		{Title: "SINCE", Value: func(o OpenKey) string { return o.Since.UTC().Format(time.RFC3339) }},
		{Title: "KNOWN", Fit: output.FitWords, Value: func(o OpenKey) string { return o.Known }},
	},
	Name: func(o OpenKey) string { return o.Operation },
}

// The statuses of an operation about a key.
const (
	StatusAsked    = "asked"
	StatusLost     = "lost"
	statusPending  = "pending"
	statusKilled   = "killed"
	StatusRevoking = "revoking"
)

// OpenKeys are the operations about keys that no process holds, oldest first. The error
// reports records that could not be read; the rest is returned all the same.
func (h *KeyHolder) OpenKeys(ctx context.Context) (open []OpenKey, atWork int, err error) {
	journal, err := h.App.Ledger()
	if err != nil {
		return nil, 0, err
	}
	records, unread := UnfinishedOf[ledger.Key](ctx, h.App)
	for _, r := range records {
		operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
		switch {
		case errors.Is(err, ledger.ErrBusy):
			atWork++
		case errors.Is(err, ledger.ErrNotFound): // closed since
		case err != nil:
			unread = errors.Join(unread, err)
		default:
			r = operation.Record
			operation.Release()
			o, err := h.OpenKeyOf(r)
			unread = errors.Join(unread, err)
			open = append(open, o)
		}
	}
	return open, atWork, unread
}

// OpenKeyOf is a record's key, as it is listed.
func (h *KeyHolder) OpenKeyOf(r ledger.Key) (OpenKey, error) {
	o := OpenKey{
		Operation: r.ID, Status: statusPending, ID: r.KeyID, Label: labelOf(r), Server: r.Server, Profile: r.Target, Since: r.Created,
		Permissions: PermissionsOf(r.Permissions), Record: r,
	}
	switch {
	case r.Kind == ledger.KindRevoke:
		o.Status = StatusRevoking
	case r.KeyID == "" && r.Kind == ledger.KindAuthorize:
		o.Status = StatusAsked
	case r.KeyID == "":
		o.Status = StatusLost
	case r.Mint.Temporary:
		o.Status = statusKilled
	case r.Kind == ledger.KindRotate:
		users, err := ProfilesOfAPIKey(h.App, r.KeyID)
		if err != nil {
			return o, err
		}
		if len(users) > 0 { // the new key is in use, and the old one has to be revoked
			o.Status, o.ID, o.Label = StatusRevoking, r.Rotate.OldKeyID, ""
		}
	}
	return o, nil
}

// KeystoreOf is the keystore that holds the key of an open operation, empty if none does.
func (o OpenKey) KeystoreOf() string {
	if o.ID != "" && o.ID == o.Record.Rotate.OldKeyID {
		return o.Record.Rotate.OldKeystore
	}
	return o.Record.Keystore
}

// Find reads what is known of the key, and asks its server unless offline.
func (h *KeyHolder) Find(ctx context.Context, o *OpenKey, offline bool) {
	r := o.Record
	switch {
	case o.Status == StatusAsked && r.Authorize.Printed:
		o.Known = "the page was printed, but no key from it has arrived"
	case o.Status == StatusAsked:
		o.Known = "the page was opened, but no key from it has arrived"
	case o.Status == StatusLost:
		o.Known = "the response with the key was lost"
	case r.Ended:
		o.Known = "it is revoked, and still has to be deleted here"
	case o.KeystoreOf() == "":
		o.Known = "it is not stored here"
	case offline:
		o.Known = "its server was not asked"
	default:
		o.Known = h.askAbout(ctx, o)
	}
	if o.ID == "" && picksStore(r) {
		o.Known += "; it has no label if the store was picked on the page"
	}
	if by := WatchedBy(ctx, h.App, r); by != "" {
		o.Known += "; " + by
	}
}

// askAbout reads a key and asks its server about it.
func (h *KeyHolder) askAbout(ctx context.Context, o *OpenKey) string {
	key, err := h.App.LoadAPIKey(ctx, o.KeystoreOf(), o.ID)
	if errors.Is(err, keystore.ErrNotFound) {
		return "keystore " + o.KeystoreOf() + " no longer has it"
	}
	if err != nil {
		return "it cannot be read: " + cli.Explain(ctx, err).What
	}
	holder := h.Reaching(o.Record.Header)
	connection, err := holder.Connect(o.Server, key)
	if err != nil {
		return "its server cannot be asked: " + cli.Explain(ctx, err).What
	}
	defer connection.CloseIdleConnections()
	info, err := connection.APIKeys.Current(ctx)
	err = holder.WhyRefused(ctx, connection, err)
	answer, answered := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		o.Label, o.Permissions = info.Label, cli.OrEmpty(info.Permissions)
		return "it works"
	case errors.Is(err, greenfield.ErrUnknownKey):
		return "it is revoked: btcpayctl doctor closes the operation"
	case answered && answer.Status == 401:
		return cli.Explain(ctx, err).What
	}
	return "its server cannot be asked: " + cli.Explain(ctx, err).What
}

// labelOf is the label that a record's key has on the server's page. The server drops the
// label if the user picks the store on the page (recordings 70-authorize-stores of all
// versions).
func labelOf(r ledger.Key) string {
	if picksStore(r) {
		return ""
	}
	return r.Label
}

// picksStore reports whether the user had to pick the store on a consent page.
func picksStore(r ledger.Key) bool {
	return r.Kind == ledger.KindAuthorize && PagePicksStore(r.Authorize.Page, PermissionsOf(r.Permissions))
}

// PagePicksStore reports whether the user picks the store on a consent page.
func PagePicksStore(page string, asked []greenfield.Permission) bool {
	return selective(page) && slices.ContainsFunc(asked, cli.Everywhere)
}

// WhereItStands says where the user finds a key that is not stored here.
func WhereItStands(r ledger.Key) string {
	if !picksStore(r) {
		return Orphan(r.Label, r.Server)
	}
	return fmt.Sprintf("If it exists, it is on the page Account / API Keys of %s, with the label %s if that was typed into the page's field Label, and otherwise without a label. It may: %s.",
		r.Server, r.Label, strings.Join(r.Permissions, ", "))
}

// KeysPage is the server's page of an account's API keys.
func KeysPage(server string) string { return server + "/account/apikeys" }

// TellAtWork reports that other processes hold operations.
func TellAtWork(a *app.App, n int) {
	if n > 0 {
		fmt.Fprintf(a.Err, "Note: other processes are working on %d more operations about API keys.\n", n)
	}
}

// IsHere reports whether a key is stored here, so that it can revoke itself.
func (o OpenKey) IsHere() bool {
	return o.ID != "" && o.KeystoreOf() != "" && !o.Record.Shared && !o.Record.Known
}

// OnPage describes a key as the user finds it on the server's page.
func (o OpenKey) OnPage() string {
	since := ", requested at " + o.Since.Local().Format("2006-01-02 15:04")
	switch {
	case o.Label != "":
		return o.Label + since
	case picksStore(o.Record):
		return o.Record.Label + " or no label, and the permissions: " + cli.PermissionList(o.Permissions) + since
	}
	return "the key " + o.ID + ", whose label is unknown" + since
}
