package authorize

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// A Warning describes an outcome that the caller may not expect.
type Warning struct {
	// Code identifies the warning for programs; it is one of the constants.
	Code WarningCode
	Text string
}

// A WarningCode is a kind of [Warning]. Later versions may add more.
type WarningCode string

// The warnings of [Request.Warnings].
const (
	// WarnWidened: permissions that name a store will apply to every store.
	WarnWidened WarningCode = "widened-to-all-stores"
	// WarnOneStore: the user has to pick one store.
	WarnOneStore WarningCode = "one-store-picked"
	// WarnTwoStores: the picked store may differ from the one that a permission names.
	WarnTwoStores WarningCode = "picked-store-may-differ"
	// WarnNoEffect: SelectiveStores is set, and no store permission is requested.
	WarnNoEffect WarningCode = "selective-without-effect"
	// WarnMayAdd: the user may add permissions.
	WarnMayAdd WarningCode = "person-may-add"
	// WarnReuseBreaks: the server's page may fail because of an older key.
	WarnReuseBreaks WarningCode = "reuse-may-fail"
	// WarnAllStoresKey: the server may offer an older key for every store.
	WarnAllStoresKey WarningCode = "old-key-may-be-broader"
	// WarnAdministrator: only an administrator of the server can grant a permission.
	WarnAdministrator WarningCode = "administrator-only"
	// WarnEverything: the key may do everything that the user may do.
	WarnEverything WarningCode = "everything"
	// WarnNothing: no permission is requested.
	WarnNothing WarningCode = "no-permissions"
	// WarnCannotRead: the key can create invoices and cannot read them.
	WarnCannotRead WarningCode = "cannot-read-back"
	// WarnCovered: a permission is included in another one.
	WarnCovered WarningCode = "covered-already"
	// WarnPlainRedirect: the key travels to another machine unencrypted.
	WarnPlainRedirect WarningCode = "redirect-not-encrypted"
	// WarnOtherRedirect: the key goes to another machine.
	WarnOtherRedirect WarningCode = "redirect-elsewhere"
)

// Warnings lists effects of the request on the server that the request itself does not
// show. It does not repeat what [Request.Validate] refuses.
func (r Request) Warnings() []Warning {
	var warnings []Warning
	add := func(code WarningCode, format string, arguments ...any) {
		warnings = append(warnings, Warning{code, fmt.Sprintf(format, arguments...)})
	}
	asked := r.asked()
	r.warnStores(asked, add)
	r.warnPermissions(asked, add)
	r.warnReuse(asked, add)
	r.warnRedirect(add)
	return warnings
}

type addWarning func(code WarningCode, format string, arguments ...any)

func (r Request) warnStores(asked []greenfield.Permission, add addWarning) {
	var scoped, unscoped []greenfield.Permission
	for _, p := range asked {
		switch {
		case p.Scope() != "":
			scoped = append(scoped, p)
		case p.Kind() == greenfield.StorePermission:
			unscoped = append(unscoped, p)
		}
	}
	switch {
	case len(scoped) > 0 && !r.SelectiveStores:
		add(WarnWidened, "%s will be granted for every store of the person, since without selectiveStores the server passes over the store", join(scoped))
	case r.SelectiveStores && len(scoped) > 0 && len(unscoped) > 0:
		add(WarnTwoStores, "the person picks one store for %s, which may be another than that of %s", join(unscoped), join(scoped))
	case r.SelectiveStores && len(unscoped) > 0:
		add(WarnOneStore, "the person has to pick exactly one store, which then holds for %s; who has no store can only cancel", join(unscoped))
	case r.SelectiveStores && len(scoped) == 0 && !r.strict():
		add(WarnOneStore, "the person has to pick one store first, since store permissions may be added; who has no store can only cancel")
	case r.SelectiveStores && len(scoped) == 0:
		add(WarnNoEffect, "selectiveStores has no effect, since the request has no store permission")
	}
}

func (r Request) warnPermissions(asked []greenfield.Permission, add addWarning) {
	var server []greenfield.Permission
	for _, p := range asked {
		if p.Kind() == greenfield.ServerPermission {
			server = append(server, p)
		}
	}
	switch {
	case len(server) > 0 && r.strict():
		add(WarnAdministrator, "only an administrator of the server can consent to %s; for anybody else the page shows an error and no key is made", join(server))
	case len(server) > 0:
		add(WarnAdministrator, "for anybody but an administrator of the server, %s will be left out", join(server))
	}
	switch {
	case slices.Contains(asked, greenfield.Unrestricted):
		add(WarnEverything, "unrestricted is everything that the person may do, and lets the key make further keys")
	case len(asked) == 0 && r.strict():
		add(WarnNothing, "the request has no permission, so the key can only prove which user it belongs to")
	}
	if greenfield.Covered(asked, greenfield.CanCreateInvoice) || slices.ContainsFunc(asked, func(p greenfield.Permission) bool { return p.Policy() == greenfield.CanCreateInvoice }) {
		if !slices.ContainsFunc(asked, func(p greenfield.Permission) bool { return p.Policy().Covers(greenfield.CanViewInvoices) }) {
			add(WarnCannotRead, "a key with %s and without %s makes invoices and cannot read them afterwards", greenfield.CanCreateInvoice, greenfield.CanViewInvoices)
		}
	}
	least := greenfield.Reduce(asked)
	if rest := slices.DeleteFunc(slices.Clone(asked), func(p greenfield.Permission) bool { return slices.Contains(least, p) }); len(rest) > 0 {
		add(WarnCovered, "%s is covered by the other permissions", join(rest))
	}
	if !r.strict() {
		add(WarnMayAdd, "with strict=false the user can grant more than the request asks")
	}
}

func (r Request) warnReuse(asked []greenfield.Permission, add addWarning) {
	if r.ApplicationIdentifier == "" {
		return
	}
	store := slices.ContainsFunc(asked, func(p greenfield.Permission) bool { return p.Kind() == greenfield.StorePermission })
	if store && !r.strict() {
		add(WarnReuseBreaks, "where the person has an older key of this identifier without one of the store permissions, the server's page breaks with an empty error 500: ask with strict=true")
	}
	if store && r.SelectiveStores {
		add(WarnAllStoresKey, "where the person has an older key of this identifier for every store, the server offers that one without letting a store be picked")
	}
}

func (r Request) warnRedirect(add addWarning) {
	u, err := url.Parse(r.Redirect)
	if err != nil || r.Redirect == "" {
		return
	}
	local := onThisMachine(u) || strings.HasSuffix(u.Hostname(), ".onion")
	switch {
	case u.Scheme == "http" && !local:
		add(WarnPlainRedirect, "the key will travel to %s unencrypted, and everyone on the way can read it", u.Host)
	case u.Scheme == "https" && !local:
		add(WarnOtherRedirect, "the key will be handed to %s", u.Host)
	}
}

func (r Request) strict() bool { return r.Strict == nil || *r.Strict }

func join(permissions []greenfield.Permission) string {
	texts := make([]string, len(permissions))
	for i, p := range permissions {
		texts[i] = string(p)
	}
	return strings.Join(texts, ", ")
}

func onThisMachine(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == localhost || err == nil && ip.IsLoopback()
}
