package client

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// hide removes the secrets of a request from a text that may repeat what the server
// received: the secrets of [WithSecrets] and of the request's body, and what the
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

// said returns a server's text as an error keeps it. It hides the secrets before it
// shortens the text, since a secret that is shortened would not be found.
func (x *exchange) said(text string) string { return bounded(x.hide(text)) }

// authorization returns the secrets in an Authorization header: what follows the scheme
// and, for Basic, the decoded user and password, and the password.
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

// A concealed error has the text of another error without the secrets. errors.Is and
// errors.As find the other error, but concealed does not unwrap: a program that logs a
// chain of errors would otherwise log the secrets.
type concealed struct {
	text string
	err  error
}

func (e *concealed) Error() string        { return e.text }
func (e *concealed) Is(target error) bool { return errors.Is(e.err, target) }
func (e *concealed) As(target any) bool   { return errors.As(e.err, target) }

// conceal hides the secrets in an error that may quote what a server sent: a part of its
// JSON, or of a response that is not HTTP.
func (x *exchange) conceal(err error) error {
	if text := x.hide(err.Error()); text != err.Error() {
		return &concealed{text, err}
	}
	return err
}
