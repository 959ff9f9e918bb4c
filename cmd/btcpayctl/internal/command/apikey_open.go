package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/ledger"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// An openKey is a key that may live and that nothing uses: an operation whose end
// nobody has seen.
type openKey struct {
	Operation string `json:"operation"`
	// Status is asked, lost, pending, killed or revoking; see the help of
	// "apikey list".
	Status  string    `json:"status"`
	ID      string    `json:"id"`    // empty where nobody here ever saw the key
	Label   string    `json:"label"` // on the server's page; empty where it has none, or none is known
	Server  string    `json:"server"`
	Profile string    `json:"profile"` // that it is for; may be empty
	Since   time.Time `json:"since"`
	// Permissions are those asked for, or those of the key once it is asked.
	Permissions []greenfield.Permission `json:"permissions"`
	Known       string                  `json:"known"`

	record ledger.Key
}

var openKeyView = output.View[openKey]{
	Columns: []output.Column[openKey]{
		{Title: "OPERATION", Value: func(o openKey) string { return o.Operation }},
		{Title: "STATUS", Value: func(o openKey) string { return o.Status }},
		{Title: "ID", Value: func(o openKey) string { return dash(o.ID) }},
		{Title: "LABEL", Value: func(o openKey) string { return dash(o.Label) }},
		{Title: "SERVER", Value: func(o openKey) string { return o.Server }},
		{Title: "SINCE", Value: func(o openKey) string { return o.Since.UTC().Format(time.RFC3339) }},
		{Title: "KNOWN", Value: func(o openKey) string { return o.Known }},
	},
	Name: func(o openKey) string { return o.Operation },
}

// What an operation about a key can be waiting for.
const (
	statusAsked    = "asked"
	statusLost     = "lost"
	statusPending  = "pending"
	statusKilled   = "killed"
	statusRevoking = "revoking"
)

// openKeys are the operations about keys that no process is at, the oldest first.
// The error tells what could not be read; the rest is returned all the same.
func (h *keyHolder) openKeys(ctx context.Context) (open []openKey, atWork int, err error) {
	journal, err := h.app.Ledger()
	if err != nil {
		return nil, 0, err
	}
	records, unread := app.UnfinishedOf[ledger.Key](ctx, h.app)
	for _, r := range records {
		operation, err := ledger.Resume[ledger.Key](ctx, journal, r.ID)
		switch {
		case errors.Is(err, ledger.ErrBusy):
			atWork++
		case errors.Is(err, ledger.ErrNotFound): // ended meanwhile
		case err != nil:
			unread = errors.Join(unread, err)
		default:
			r = operation.Record
			operation.Release()
			o, err := h.openKeyOf(r)
			unread = errors.Join(unread, err)
			open = append(open, o)
		}
	}
	return open, atWork, unread
}

func (h *keyHolder) openKeyOf(r ledger.Key) (openKey, error) {
	o := openKey{
		Operation: r.ID, Status: statusPending, ID: r.KeyID, Label: labelOf(r), Server: r.Server, Profile: r.Target, Since: r.Created,
		Permissions: permissionsOf(r.Permissions), record: r,
	}
	switch {
	case r.Kind == ledger.KindRevoke:
		o.Status = statusRevoking
	case r.KeyID == "" && r.Kind == ledger.KindAuthorize:
		o.Status = statusAsked
	case r.KeyID == "":
		o.Status = statusLost
	case r.Mint.Temporary:
		o.Status = statusKilled
	case r.Kind == ledger.KindRotate:
		users, err := h.app.ProfilesOfAPIKey(r.KeyID)
		if err != nil {
			return o, err
		}
		if len(users) > 0 { // the new key is in use, and the old one is to go
			o.Status, o.ID, o.Label = statusRevoking, r.Rotate.OldKeyID, ""
		}
	}
	return o, nil
}

// keystoreOf is where the key of an open operation is stored, empty where it is not.
func (o openKey) keystoreOf() string {
	if o.ID != "" && o.ID == o.record.Rotate.OldKeyID {
		return o.record.Rotate.OldKeystore
	}
	return o.record.Keystore
}

// find fills in what is known of the key: from its server, unless offline.
func (h *keyHolder) find(ctx context.Context, o *openKey, offline bool) {
	r := o.record
	switch {
	case o.Status == statusAsked && r.Authorize.Printed:
		o.Known = "the page was printed, and no key of it came here"
	case o.Status == statusAsked:
		o.Known = "the page was opened, and no key of it came here"
	case o.Status == statusLost:
		o.Known = "the answer to the request for it was lost"
	case r.Ended:
		o.Known = "it is gone, and still to be deleted here"
	case o.keystoreOf() == "":
		o.Known = "it is not stored here"
	case offline:
		o.Known = "its server was not asked"
	default:
		o.Known = h.askAbout(ctx, o)
	}
	if o.ID == "" && picksStore(r) {
		o.Known += "; it has no label if the store was picked on the page"
	}
	if by := watchedBy(ctx, h.app, r); by != "" {
		o.Known += "; " + by
	}
}

// askAbout reads a key and asks its server about it.
func (h *keyHolder) askAbout(ctx context.Context, o *openKey) string {
	key, err := h.app.LoadAPIKey(ctx, o.keystoreOf(), o.ID)
	if errors.Is(err, keystore.ErrNotFound) {
		return "keystore " + o.keystoreOf() + " does not have it any more"
	}
	if err != nil {
		return "it cannot be read: " + explain(ctx, err).What
	}
	holder := h.reaching(o.record.Header)
	connection, err := holder.connect(o.Server, key)
	if err != nil {
		return "its server cannot be asked: " + explain(ctx, err).What
	}
	defer connection.CloseIdleConnections()
	info, err := connection.APIKeys.Current(ctx)
	err = holder.whyRefused(ctx, connection, err)
	answer, answered := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		o.Label, o.Permissions = info.Label, orEmpty(info.Permissions)
		return "it works"
	case errors.Is(err, greenfield.ErrUnknownKey):
		return "it is gone: btcpayctl doctor ends the operation"
	case answered && answer.Status == 401:
		return explain(ctx, err).What
	}
	return "its server cannot be asked: " + explain(ctx, err).What
}

// labelOf is the label that a record's key has on the server's page. The server
// drops it where a person picks the store on the page (recordings
// 70-authorize-stores of all versions).
func labelOf(r ledger.Key) string {
	if picksStore(r) {
		return ""
	}
	return r.Label
}

// picksStore reports whether a person was to pick the store on a consent page.
func picksStore(r ledger.Key) bool {
	return r.Kind == ledger.KindAuthorize && pagePicksStore(r.Authorize.Page, permissionsOf(r.Permissions))
}

func pagePicksStore(page string, asked []greenfield.Permission) bool {
	return selective(page) && slices.ContainsFunc(asked, everywhere)
}

// whereItStands says where a person finds a key that nobody here holds.
func whereItStands(r ledger.Key) string {
	if !picksStore(r) {
		return orphan(r.Label, r.Server)
	}
	return fmt.Sprintf("If it exists, it stands on the page Account / API Keys of %s, as %s if that was written into the page's field Label, else without a label. It may: %s.",
		r.Server, r.Label, strings.Join(r.Permissions, ", "))
}

// keysPage is the server's page of an account's API keys.
func keysPage(server string) string { return server + "/account/apikeys" }

// tellAtWork says that there are operations that are none of this command's
// business.
func tellAtWork(a *app.App, n int) {
	if n > 0 {
		fmt.Fprintf(a.Err, "Note: other processes are at %d more operations about API keys now.\n", n)
	}
}

// isHere reports whether a key is stored here, so that it can revoke itself.
func (o openKey) isHere() bool {
	return o.ID != "" && o.keystoreOf() != "" && !o.record.Shared && !o.record.Known
}

// onPage is how a key looks on the server's page.
func (o openKey) onPage() string {
	since := ", asked for " + o.Since.Local().Format("2006-01-02 15:04")
	switch {
	case o.Label != "":
		return o.Label + since
	case picksStore(o.record):
		return o.record.Label + " or no label, which may: " + permissionList(o.Permissions) + since
	}
	return "the key " + o.ID + ", whose label is not known" + since
}
