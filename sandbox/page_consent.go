package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

type consentForm struct {
	Redirect, Permissions, Application, Identifier, Label string
	Strict, SelectiveStores                               bool
	Asked                                                 []string
}

func readConsent(value func(string) string) consentForm {
	f := consentForm{
		Redirect:        value("redirect"),
		Application:     value("applicationName"),
		Identifier:      value("applicationIdentifier"),
		Strict:          !strings.EqualFold(value("strict"), "false"),
		SelectiveStores: strings.EqualFold(value("selectiveStores"), "true"),
	}
	f.Label = f.Application
	return f
}

// consentPage asks a human whether a program may have a key, and for what.
func (s *Sandbox) consentPage(w http.ResponseWriter, r *http.Request, c *caller) {
	form := readConsent(func(name string) string { return queryValue(r, name) })
	for _, asked := range queryValues(r, "permissions") {
		if p, ok := validPermission(asked); ok {
			form.Asked = append(form.Asked, p)
		}
	}
	form.Permissions = strings.Join(form.Asked, ";")
	title := "Authorize " + cmp.Or(form.Application, "an application")
	s.showPage(w, c, "consent", title, form)
}

// decideConsent makes the key a human agreed to, with the permissions the form still carries.
func (s *Sandbox) decideConsent(w http.ResponseWriter, r *http.Request, c *caller) {
	if !strings.EqualFold(r.PostFormValue("command"), "Authorize") {
		redirect(w, c, "/account/apikeys")
		return
	}
	var granted []string
	for asked := range strings.SplitSeq(r.PostFormValue("Permissions"), ";") {
		if p, ok := validPermission(asked); ok {
			granted = append(granted, p)
		}
	}
	k := s.state.newAPIKey(c.user, cmp.Or(r.PostFormValue("Label"), r.PostFormValue("ApplicationName")), granted)
	k.AppIdentifier, k.AppRedirect = r.PostFormValue("ApplicationIdentifier"), r.PostFormValue("RedirectUrl")
	s.changed = true
	redirect(w, c, "/account/apikeys?key="+url.QueryEscape(k.Value))
}

// keysPage lists the keys of who is logged in; the one just made is shown in full.
func (s *Sandbox) keysPage(w http.ResponseWriter, r *http.Request, c *caller) {
	type shown struct{ Label, Permissions, Value string }
	var keys []shown
	made := queryValue(r, "key")
	for _, k := range s.state.keysOf(c.user) {
		value := k.Value[:4] + "…"
		if k.Value == made {
			value = k.Value
		}
		keys = append(keys, shown{k.Label, strings.Join(k.Permissions, ", "), value})
	}
	keepUncached(w)
	s.showPage(w, c, "keys", "API Keys", keys)
}
