package dockerhelper

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// requestLimit is how long a request may be, in bytes.
const requestLimit = 64 << 10

// credential is the input of store and the output of get, in docker's order.
type credential struct {
	ServerURL string `json:"ServerURL"`
	Username  string `json:"Username"`
	Secret    string `json:"Secret"`
}

// Format prints no secret.
func (c credential) Format(f fmt.State, _ rune) { io.WriteString(f, "[credential]") }

func read(in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, requestLimit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the request cannot be read: %w", err)
	case len(text) > requestLimit:
		clear(text)
		return nil, fmt.Errorf("the request has more than %d bytes", requestLimit)
	case !utf8.Valid(text):
		clear(text)
		return nil, errors.New("the request is not text in UTF-8")
	}
	return text, nil
}

func readURL(in io.Reader) (string, error) {
	text, err := read(in)
	if err != nil {
		return "", err
	}
	return checkURL(strings.TrimSpace(string(text)))
}

func checkURL(server string) (string, error) {
	switch {
	case server == "":
		return "", errServerURL
	case strings.ContainsFunc(server, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", errors.New("the server URL has a control character")
	}
	return server, nil
}

func readCredential(in io.Reader) (credential, error) {
	text, err := read(in)
	if err != nil {
		return credential{}, err
	}
	defer clear(text)
	return parseCredential(text)
}

// parseCredential is strict where encoding/json is not: a duplicate, misspelt or unknown
// key could have one meaning here and another in other programs.
func parseCredential(text []byte) (credential, error) {
	var c credential
	decoder := json.NewDecoder(bytes.NewReader(text))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return c, errors.New("the request is not a JSON object")
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		key, _ := token.(string)
		into := map[string]*string{"ServerURL": &c.ServerURL, "Username": &c.Username, "Secret": &c.Secret}[key]
		switch {
		case err != nil:
			return c, errors.New("the request is incomplete JSON")
		case into == nil:
			return c, errors.New("the request has a key other than ServerURL, Username and Secret")
		case seen[key]:
			return c, fmt.Errorf("the request has %s twice", key)
		}
		seen[key] = true
		value, err := decoder.Token()
		var is bool
		if *into, is = value.(string); err != nil || !is {
			return c, fmt.Errorf("%s is not a text", key)
		}
		if strings.ContainsRune(*into, utf8.RuneError) { // JSON cannot express it, so it would be stored changed
			return c, fmt.Errorf("%s has an invalid character", key)
		}
	}
	if end, err := decoder.Token(); err != nil || end != json.Delim('}') {
		return c, errors.New("the request is incomplete JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return c, errors.New("the request has data after its end")
	}
	if _, err := checkURL(c.ServerURL); err != nil {
		return c, err
	}
	if c.Username == "" {
		return c, errUsername
	}
	return c, nil
}
