package authorize

import (
	"encoding/json"
	"errors"
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

var errCallback = errors.New("not a callback")

// maxUserID is longer than any server's user id.
const maxUserID = 128

// parseCallback reads the form that servers post, or the JSON object that their
// documentation describes. It ignores other fields, such as the server's anti-forgery
// token, and does not keep them. It refuses a duplicate apiKey or userId and any
// duplicate JSON field: two programs could read two different keys.
func parseCallback(contentType string, body []byte) (Callback, error) {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return Callback{}, errCallback
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return Callback{}, errCallback
	}
	var fields callbackFields
	switch mediaType {
	case "application/x-www-form-urlencoded":
		fields, err = readForm(string(body))
	case "application/json":
		fields, err = readJSON(body)
	default:
		err = errCallback
	}
	if err != nil {
		return Callback{}, errCallback
	}
	return fields.callback()
}

type callbackFields struct {
	apiKey, userID string
	permissions    []string
}

func readForm(body string) (callbackFields, error) {
	form, err := url.ParseQuery(body)
	if err != nil || len(form["apiKey"]) != 1 || len(form["userId"]) > 1 {
		return callbackFields{}, errCallback
	}
	return callbackFields{form.Get("apiKey"), form.Get("userId"), form["permissions[]"]}, nil
}

func readJSON(body []byte) (callbackFields, error) {
	if err := client.RefuseDuplicates(body); err != nil {
		return callbackFields{}, err
	}
	// A map, since a struct would accept apikey for apiKey.
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return callbackFields{}, err
	}
	var fields callbackFields
	for name, into := range map[string]any{"apiKey": &fields.apiKey, "userId": &fields.userID, "permissions": &fields.permissions} {
		if raw, ok := object[name]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return callbackFields{}, err
			}
		}
	}
	return fields, nil
}

func (f callbackFields) callback() (Callback, error) {
	key, err := greenfield.NewAPIKey(client.NewSecret(f.apiKey))
	if err != nil || len(f.userID) > maxUserID || !utf8.ValidString(f.userID) || strings.ContainsFunc(f.userID, control) {
		return Callback{}, errCallback
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
