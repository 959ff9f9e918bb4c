package pages

import (
	"cmp"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// consent is a program's request for an API key. It comes in the page's address and passes through its forms.
type consent struct {
	Redirect                redirectAddress
	Application, Identifier string
	Label                   string
	Permissions             string // as requested, joined by semicolons
	Strict, SelectiveStores bool
	StoreID                 string // of the picked store
	Key                     string // an existing key that is offered again

	Rows   []permissionRow
	Stores []*world.Store

	requested []requested
	release   release.Release
}

// needsStore reports whether the person has to pick a store first.
func (f *consent) needsStore() bool {
	return f.SelectiveStores && f.StoreID == "" && (!f.Strict || slices.ContainsFunc(f.requested, func(a requested) bool {
		return (a.scope == "" || f.release.PicksStoreForScoped()) && world.IsStorePermission(a.policy)
	}))
}

// consentPage asks the person whether a program may have a key, and with which permissions.
func consentPage(w http.ResponseWriter, r *serve.Request) {
	texts := aspnet.QueryValues(r.Request, "permissions")
	if slices.ContainsFunc(texts, func(text string) bool { return strings.TrimSpace(text) == "" }) {
		aspnet.WriteCrash(w)
		return
	}
	var faults []world.Flash
	truth := func(name string, otherwise bool) bool {
		text, given := aspnet.LookupQuery(r.Request, name)
		switch {
		case !given:
		case isTrue(text):
			return true
		case strings.EqualFold(strings.TrimSpace(text), "false"):
			return false
		default:
			faults = append(faults, notValid(text))
		}
		return otherwise
	}
	f := &consent{
		Application:     aspnet.QueryValue(r.Request, "applicationName"),
		Identifier:      aspnet.QueryValue(r.Request, "applicationIdentifier"),
		Strict:          truth("strict", true),
		SelectiveStores: truth("selectiveStores", false),
		release:         r.Release,
		requested:       readRequested(r.Release, texts),
		Rows:            allRows(r.Release),
	}
	f.Label = f.Application
	var ok bool
	if f.Redirect, ok = parseRedirect(aspnet.QueryValue(r.Request, "redirect")); !ok {
		f.Redirect = redirectAddress{}
		faults = append(faults, notValid(aspnet.QueryValue(r.Request, "redirect")))
	}
	f.Redirect.relative = false // counts as none
	joined := make([]string, len(f.requested))
	for i, a := range f.requested {
		joined[i] = a.String()
	}
	f.Permissions = strings.Join(joined, ";")
	if offerKey(w, r, f) {
		return
	}
	forbidServer(f.Rows, r.User)
	f.adjust()
	showConsent(w, r, f, faults...)
}

func notValid(text string) world.Flash {
	return world.Flash{Severity: "error", Text: "The value '" + text + "' is not valid."}
}

// offerKey offers an existing key, if there is one with the permissions. It reports whether it answered.
func offerKey(w http.ResponseWriter, r *serve.Request, f *consent) bool {
	k, ok := reusableKey(r.State, r.User, f)
	if !ok {
		aspnet.WriteCrash(w)
		return true
	}
	if k == nil {
		return false
	}
	f.Key, f.Label = k.Value, k.Label
	showPage(w, r, "consent-again", f.title(), f)
	return true
}

func (f *consent) title() string {
	return "Authorize " + cmp.Or(f.Application, f.Identifier, "Application")
}

// showConsent shows the page of the step that the request is at.
func showConsent(w http.ResponseWriter, r *serve.Request, f *consent, faults ...world.Flash) {
	if f.needsStore() {
		f.Stores = r.State.StoresJoined(r.User)
		if len(f.Stores) == 0 {
			faults = append(faults, world.Flash{Severity: "warning", Text: "You currently have no stores configured."})
		}
		showPage(w, r, "consent-store", f.title(), f, faults...)
		return
	}
	type kind struct {
		permission string
		specific   bool
	}
	where := map[kind]string{} // rows of one policy have the same stores
	for i := range f.Rows {
		row := &f.Rows[i]
		k := kind{row.Permission, row.Specific}
		if _, done := where[k]; !done {
			where[k] = storesInWords(r.State, *row, r.User)
		}
		row.Where = where[k]
	}
	if f.Redirect.escaped != "" {
		faults = append(faults, world.Flash{Severity: "info", Text: "If authorized, the generated API key will be provided to " + f.Redirect.escaped})
	}
	showPage(w, r, "consent", f.title(), f, faults...)
}

// decideConsent reads the forms of all steps.
func decideConsent(w http.ResponseWriter, r *serve.Request) {
	f := &consent{
		Application:     r.PostFormValue("ApplicationName"),
		Identifier:      r.PostFormValue("ApplicationIdentifier"),
		Label:           r.PostFormValue("Label"),
		Permissions:     r.PostFormValue("Permissions"),
		Strict:          isTrue(r.PostFormValue("Strict")),
		SelectiveStores: isTrue(r.PostFormValue("SelectiveStores")),
		StoreID:         r.PostFormValue("StoreId"),
		Key:             r.PostFormValue("ApiKey"),
		release:         r.Release,
		requested:       readRequested(r.Release, strings.Split(r.PostFormValue("Permissions"), ";")),
		Rows:            postedRows(r),
	}
	var faults []world.Flash
	var ok bool
	if f.Redirect, ok = parseRedirect(r.PostFormValue("RedirectUrl")); !ok {
		f.Redirect = redirectAddress{}
		faults = append(faults, world.Flash{Severity: "error", Text: "The value '" + r.PostFormValue("RedirectUrl") + "' is not valid for RedirectUrl."})
	}
	if f.Rows == nil {
		f.Rows = allRows(r.Release)
	}
	forbidServer(f.Rows, r.User)
	f.adjust()
	if faults = append(faults, f.faults()...); len(faults) > 0 {
		showConsent(w, r, f, faults...) // whichever button was pressed (recording 70-authorize-strict)
		return
	}
	switch strings.ToLower(strings.TrimSpace(r.PostFormValue("command"))) {
	case "":
		aspnet.WriteCrash(w)
	case "cancel":
		redirect(w, r, "/account/apikeys")
	case "authorize":
		if f.Redirect.relative {
			aspnet.WriteCrash(w)
			return
		}
		k := r.World.MintKey(r.User, f.Label, granted(r.Release, f.Rows))
		k.AppIdentifier, k.AppRedirect = f.Identifier, f.Redirect.escaped
		handOver(w, r, f, k)
	case "confirm":
		if r.Release.HashesKeys() { // the server has no key to hand out again
			aspnet.WriteEmpty(w, http.StatusNotFound)
			return
		}
		// The server does not check whose key it is, and sends the owner's id with it.
		k := r.State.APIKeys[f.Key]
		if k == nil || f.Redirect.relative {
			aspnet.WriteCrash(w)
			return
		}
		handOver(w, r, f, k)
	default:
		if f.Permissions == "" || !offerKey(w, r, f) {
			showConsent(w, r, f)
		}
	}
}

// faults returns what forbids the consent.
func (f *consent) faults() []world.Flash {
	var faults []world.Flash
	for i := range f.Rows {
		row := &f.Rows[i]
		if row.Forbidden && f.Strict {
			faults = append(faults, world.Flash{Severity: "error", Text: "The permission '" + row.Title() + "' is required for this application."})
		}
		if row.Specific && !f.SelectiveStores {
			row.Specific = false
			faults = append(faults, world.Flash{Severity: "error", Text: "The permission '" + row.Title() + "' cannot be store specific for this application."})
		}
	}
	return faults
}

// handover is the page with the form that posts the key to the program.
type handover struct {
	Redirect redirectAddress
	Key      *world.APIKey
	Nonce    string
}

// Action is the form's attribute. The address is the program's, whatever its scheme: the page's policy prevents that a
// javascript address runs.
func (h handover) Action() template.HTMLAttr {
	return template.HTMLAttr(`action="` + html.EscapeString(h.Redirect.escaped) + `"`)
}

// handOver sends the key to the program, or shows it to the person if the program gave no redirect.
func handOver(w http.ResponseWriter, r *serve.Request, f *consent, k *world.APIKey) {
	if f.Redirect.escaped == "" {
		r.AddFlash("success", "API key generated! "+k.Value)
		if r.Release.OmitsKeyFromURL() {
			redirect(w, r, "/account/apikeys")
			return
		}
		redirect(w, r, "/account/apikeys?key="+url.QueryEscape(k.Value))
		return
	}
	h := handover{f.Redirect, k, random.Reading.Hex(16)}
	w.Header().Set("Content-Security-Policy", "script-src 'self' 'nonce-"+h.Nonce+"'")
	showPage(w, r, "consent-done", "Back to the application", h)
}
