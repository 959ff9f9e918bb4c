package client

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// hide takes the secrets of an exchange out of a text that the server had a hand
// in, which may repeat what it was told: those of [WithSecrets], and what the
// credential put into the Authorization header.
func (x *exchange) hide(text string) string {
	if x.hidden == nil {
		secrets := x.secrets
		if x.http != nil {
			secrets = slices.Concat(secrets, authorization(x.http.Header))
		}
		x.hidden = allForms(secrets)
	}
	return redact(text, x.hidden)
}

// said is a server's text as an error keeps it: hidden before it is cut, or a
// secret could be cut in two.
func (x *exchange) said(text string) string { return bounded(x.hide(text)) }

// authorization takes an Authorization header apart: what follows the scheme, and
// of Basic user and password.
func authorization(header http.Header) []Secret {
	_, value, _ := strings.Cut(header.Get("Authorization"), " ")
	if value == "" {
		return nil
	}
	secrets := []Secret{NewSecret(value)}
	if decoded, err := base64.StdEncoding.DecodeString(value); err == nil && strings.HasPrefix(header.Get("Authorization"), "Basic ") {
		_, password, _ := strings.Cut(string(decoded), ":")
		secrets = append(secrets, NewSecret(string(decoded)), NewSecret(password))
	}
	return secrets
}

// A concealed error says what another says, without the secrets. It is found by
// errors.Is and errors.As, and does not unwrap: who logs a chain of errors would
// tell the secrets after all.
type concealed struct {
	text string
	err  error
}

func (e *concealed) Error() string        { return e.text }
func (e *concealed) Is(target error) bool { return errors.Is(e.err, target) }
func (e *concealed) As(target any) bool   { return errors.As(e.err, target) }

// conceal is for errors that may quote what a server sent: of its JSON, or of an
// answer that is no HTTP.
func (x *exchange) conceal(err error) error {
	if text := x.hide(err.Error()); text != err.Error() {
		return &concealed{text, err}
	}
	return err
}
