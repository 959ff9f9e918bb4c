package authorize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// Callback is what a browser sent. Any sender that knew the address can have made it up:
// use [Prove] to check the key.
type Callback struct {
	APIKey greenfield.APIKey
	// UserID proves nothing: BTCPay Server 2.4.1 posts any key that its confirm page
	// receives, with the id of the key's owner, regardless of which user presses the
	// button.
	UserID string
	// Permissions are those that [greenfield.ParsePermission] accepts.
	Permissions []greenfield.Permission
}

// A CallbackError says why a request does not deliver a key. It contains nothing of the
// request's body.
type CallbackError struct {
	// Status is a fitting status for the response: 400, 405, 413 or 415.
	Status int
	Reason string
}

func (e *CallbackError) Error() string { return "not a callback of a consent page: " + e.Reason }

func notACallback(reason string) error {
	return &CallbackError{http.StatusBadRequest, reason}
}

// maxUserID is longer than any server's user id.
const maxUserID = 128

// ParseCallback reads the POST with which a consent page delivers a key, for a web app
// with a route of its own for it; [Handler] uses it too. It accepts the form that servers
// post and the JSON object that their documentation describes, up to 64 KiB, with exactly
// one apiKey and at most one userId. It ignores other fields, such as the server's
// anti-forgery token. A form that r.ParseForm has already parsed is used as it is.
//
// The error is a [*CallbackError], or that of reading the body.
func ParseCallback(r *http.Request) (Callback, error) {
	contentType := r.Header.Values("Content-Type")
	switch {
	case r.Method != http.MethodPost:
		return Callback{}, &CallbackError{http.StatusMethodNotAllowed, "the method is not POST"}
	case r.Header.Get("Content-Encoding") != "":
		return Callback{}, &CallbackError{http.StatusUnsupportedMediaType, "the body is compressed"}
	case len(contentType) != 1:
		return Callback{}, &CallbackError{http.StatusUnsupportedMediaType, fmt.Sprintf("it has %d Content-Type headers instead of one", len(contentType))}
	case r.ContentLength > maxCallback:
		return Callback{}, tooLarge()
	case r.URL.Query().Has("apiKey"):
		return Callback{}, notACallback("the URL has a field apiKey")
	}
	mediaType, err := callbackType(contentType[0])
	if err != nil {
		return Callback{}, err
	}
	if r.PostForm != nil && mediaType == formType {
		fields, err := fromForm(r.PostForm)
		if err != nil {
			return Callback{}, err
		}
		return fields.callback()
	}
	if r.Body == nil {
		return Callback{}, notACallback("it has no body")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCallback+1))
	switch {
	case len(body) > maxCallback:
		return Callback{}, tooLarge()
	case err != nil:
		if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return Callback{}, &CallbackError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", tooLong.Limit)}
		}
		return Callback{}, fmt.Errorf("reading the callback: %w", err)
	}
	return parseBody(mediaType, body)
}

func tooLarge() error {
	return &CallbackError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", maxCallback)}
}

// parseCallback reads a body. It refuses a duplicate apiKey or userId and any duplicate
// JSON field: two programs could read two different keys.
func parseCallback(contentType string, body []byte) (Callback, error) {
	mediaType, err := callbackType(contentType)
	if err != nil {
		return Callback{}, err
	}
	return parseBody(mediaType, body)
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// callbackType returns formType or jsonType.
func callbackType(contentType string) (string, error) {
	refuse := func(reason string) (string, error) {
		return "", &CallbackError{http.StatusUnsupportedMediaType, reason}
	}
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return refuse("the Content-Type is malformed")
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refuse("the charset is not UTF-8")
	}
	if mediaType != formType && mediaType != jsonType {
		return refuse("the Content-Type is neither " + formType + " nor " + jsonType)
	}
	return mediaType, nil
}

func parseBody(mediaType string, body []byte) (Callback, error) {
	read := readForm
	if mediaType == jsonType {
		read = readJSON
	}
	fields, err := read(body)
	if err != nil {
		return Callback{}, err
	}
	return fields.callback()
}

type callbackFields struct {
	apiKey, userID string
	permissions    []string
}

func readForm(body []byte) (callbackFields, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return callbackFields{}, notACallback("the form is malformed")
	}
	return fromForm(form)
}

func fromForm(form url.Values) (callbackFields, error) {
	switch keys := len(form["apiKey"]); {
	case keys == 0:
		return callbackFields{}, notACallback("it has no field apiKey")
	case keys > 1:
		return callbackFields{}, notACallback("it has more than one field apiKey")
	case len(form["userId"]) > 1:
		return callbackFields{}, notACallback("it has more than one field userId")
	}
	return callbackFields{form.Get("apiKey"), form.Get("userId"), form["permissions[]"]}, nil
}

func readJSON(body []byte) (callbackFields, error) {
	// A map, since a struct would accept apikey for apiKey.
	var object map[string]json.RawMessage
	switch {
	case !json.Valid(body) || json.Unmarshal(body, &object) != nil || object == nil:
		return callbackFields{}, notACallback("the body is not a JSON object")
	case client.RefuseDuplicates(body) != nil:
		return callbackFields{}, notACallback("the JSON object has a duplicate field")
	}
	if _, ok := object["apiKey"]; !ok {
		return callbackFields{}, notACallback("it has no field apiKey")
	}
	var fields callbackFields
	for _, field := range []struct {
		name string
		into any
	}{{"apiKey", &fields.apiKey}, {"userId", &fields.userID}, {"permissions", &fields.permissions}} {
		if raw, ok := object[field.name]; ok && json.Unmarshal(raw, field.into) != nil {
			return callbackFields{}, notACallback("the field " + field.name + " has a wrong type")
		}
	}
	return fields, nil
}

func (f callbackFields) callback() (Callback, error) {
	key, err := greenfield.NewAPIKey(client.NewSecret(f.apiKey))
	switch {
	case err != nil:
		return Callback{}, notACallback("the value of apiKey is " + err.Error())
	case len(f.userID) > maxUserID || !utf8.ValidString(f.userID) || strings.ContainsFunc(f.userID, control):
		return Callback{}, notACallback("the value of userId is not the id of a user")
	}
	callback := Callback{APIKey: key, UserID: f.userID}
	for _, text := range f.permissions {
		// An invalid permission is left out, not refused: a refusal would lose the key,
		// and the caller asks the server for the key's own list anyway.
		if p, err := greenfield.ParsePermission(text); err == nil {
			callback.Permissions = append(callback.Permissions, p)
		}
	}
	return callback, nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }
