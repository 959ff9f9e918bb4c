// Package emails is the area of the settings by which the server and stores send e-mails. The sandbox sends none.
package emails

import (
	"net/http"
	"net/mail"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area. Before stores had a permission for it, sending needed that for their settings.
func Routes() []serve.Route {
	sendsAlone := func(rel release.Release) bool { return rel.Knows(world.SendStoreEmails) }
	sendsWithSettings := func(rel release.Release) bool { return !rel.Knows(world.SendStoreEmails) }
	return []serve.Route{
		serve.In(release.Release.HasEmailSettings, greenfield.Route("GET", "/server/email", world.ModifyServerSettings, readServer)),
		serve.In(release.Release.HasEmailSettings, greenfield.Route("PUT", "/server/email", world.ModifyServerSettings, updateServer)),
		greenfield.InStore("GET", "/email", world.ModifyStoreSettings, readStore),
		greenfield.InStore("PUT", "/email", world.ModifyStoreSettings, updateStore),
		serve.In(sendsAlone, greenfield.InStore("POST", "/email/send", world.SendStoreEmails, send)),
		serve.In(sendsWithSettings, greenfield.InStore("POST", "/email/send", world.ModifyStoreSettings, send)),
	}
}

type settingsData struct {
	Server                  *string `json:"server"`
	Port                    *int64  `json:"port"`
	Login                   *string `json:"login"`
	PasswordSet             bool    `json:"passwordSet"`
	From                    *string `json:"from"`
	DisableCertificateCheck bool    `json:"disableCertificateCheck"`
}

type serverData struct {
	EnableStores bool `json:"enableStoresToUseServerEmailSettings"`
	settingsData
}

// oldData has the password itself, as up to 2.0.6 (recording 28-misc of 1.13.5).
type oldData struct {
	Server                  *string `json:"server"`
	Port                    *int64  `json:"port"`
	Login                   *string `json:"login"`
	Password                *string `json:"password"`
	From                    *string `json:"from"`
	DisableCertificateCheck bool    `json:"disableCertificateCheck"`
}

func show(s world.EmailSettings) settingsData {
	return settingsData{s.Server, s.Port, s.Login, aspnet.Or(s.Password, "") != "", s.From, s.DisableCertificateCheck}
}

func readServer(w http.ResponseWriter, r *serve.Request) {
	aspnet.WriteJSON(w, http.StatusOK, serverData{!r.State.StoresSendThemselves, show(r.State.ServerEmail)})
}

func updateServer(w http.ResponseWriter, r *serve.Request) {
	enable := false
	settings, ok := bind(w, r, "ServerEmailSettingsData", r.State.ServerEmail, func(m *aspnet.Model) {
		m.SetBool("enableStoresToUseServerEmailSettings", &enable)
	})
	if !ok {
		return
	}
	r.State.StoresSendThemselves, r.State.ServerEmail = !enable, settings
	readServer(w, r)
}

func readStore(w http.ResponseWriter, r *serve.Request) {
	s := r.Store().Email
	if !r.Release.HasEmailSettings() {
		aspnet.WriteJSON(w, http.StatusOK, oldData{s.Server, s.Port, s.Login, s.Password, s.From, s.DisableCertificateCheck})
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, show(s))
}

func updateStore(w http.ResponseWriter, r *serve.Request) {
	if settings, ok := bind(w, r, "EmailSettingsData", r.Store().Email, func(*aspnet.Model) {}); ok {
		r.Store().Email = settings
		readStore(w, r)
	}
}

// bind reads settings. They are replaced as a whole, but for the password of a login that comes without one.
func bind(w http.ResponseWriter, r *serve.Request, typ string, old world.EmailSettings, more func(*aspnet.Model)) (s world.EmailSettings, ok bool) {
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+typ, true, func(m *aspnet.Model) {
		s.Server, s.Port, s.Login, s.Password, s.From = m.Text("server"), m.Int("port"), m.Text("login"), m.Text("password"), m.Text("from")
		m.SetBool("disableCertificateCheck", &s.DisableCertificateCheck)
		more(m)
	}) {
		return s, false
	}
	if from := aspnet.Or(s.From, ""); strings.TrimSpace(from) != "" && !isMailbox(from) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "From", Message: "Invalid email address"})
		return s, false
	}
	if aspnet.Or(s.Login, "") != "" && aspnet.Or(s.Password, "") == "" {
		s.Password = old.Password
	}
	return s, true
}

// isMailbox reports whether a text is the address of one mailbox, perhaps with a name.
func isMailbox(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && strings.Contains(address.Address, "@")
}

// send answers before an e-mail would be sent, so that it answers the same without settings.
func send(w http.ResponseWriter, r *serve.Request) {
	var to *string
	if !aspnet.Bind(w, r.Request, r.Content, aspnet.ModelNames+"SendEmailRequest", true, func(m *aspnet.Model) {
		to = m.Text("email")
		m.Text("subject")
		m.Text("body")
	}) {
		return
	}
	if !isMailbox(aspnet.Or(to, "")) {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "Email", Message: "Invalid email"})
		return
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}
