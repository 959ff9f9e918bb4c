package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

func TestSharedErrors(t *testing.T) {
	shared := map[string]error{
		"not found": client.ErrNotFound, "unauthenticated": client.ErrUnauthenticated, "forbidden": client.ErrForbidden,
		"throttled": client.ErrThrottled, "conflict": client.ErrConflict, "not found or forbidden": client.ErrNotFoundOrForbidden,
	}
	for _, c := range []struct {
		answer client.Error
		want   []string
	}{
		{client.Error{Status: 404, Code: "invoice-not-found"}, []string{"not found", "not found or forbidden"}},
		{client.Error{Status: 404, Message: "Object not found"}, []string{"not found", "not found or forbidden"}},
		{client.Error{Status: 404}, nil}, // no such API
		{client.Error{Status: 404, Page: "Welcome to nginx!"}, nil},
		{client.Error{Status: 400, Code: "apikey-not-found"}, []string{"not found", "not found or forbidden"}},
		{client.Error{Status: 400, Code: "generic-error"}, nil},
		{client.Error{Status: 401, Code: client.CodeUnauthenticated}, []string{"unauthenticated"}},
		{client.Error{Status: 401, Code: client.CodeUnauthenticated, Message: "Basic: Rate limited"}, []string{"throttled"}},
		{client.Error{Status: 403, Code: client.CodeMissingPermission}, []string{"forbidden", "not found or forbidden"}},
		{client.Error{Status: 403, Page: "Forbidden"}, []string{"forbidden"}},
		{client.Error{Status: 409}, []string{"conflict"}},
		{client.Error{Status: 412}, []string{"conflict"}},
		{client.Error{Status: 429}, []string{"throttled"}},
		{client.Error{Status: 500}, nil},
	} {
		err := fmt.Errorf("the call: %w", client.Explain(errors.New("meaning"), &c.answer))
		var got []string
		for name, target := range shared {
			if errors.Is(err, target) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v is %q, want %q", c.answer, got, c.want)
		}
	}
	for _, other := range []error{nil, errors.New("x"), &client.AnswerError{Err: errors.New("x")}, &client.NetworkError{Err: errors.New("x")}} {
		for name, target := range shared {
			if errors.Is(other, target) {
				t.Errorf("%v is %s", other, name)
			}
		}
	}
}

func TestHasCode(t *testing.T) {
	err := fmt.Errorf("the call: %w", &client.Error{Status: 404, Code: "invoice-not-found"})
	if !client.HasCode(err, "store-not-found", "invoice-not-found") || client.HasCode(err, "store-not-found") || client.HasCode(err) {
		t.Error("a code is not found")
	}
	if client.HasCode(&client.Error{Status: 404}, "") || client.HasCode(nil, "x") {
		t.Error("an error without a code has one")
	}
}

// Logs keep the parts of an error, wrapped or not.
func TestErrorsInLogs(t *testing.T) {
	answer := &client.Error{Method: "GET", Path: "/things", Status: 404, Code: "x-not-found", Message: "none"}
	for _, c := range []struct {
		err  error
		want []string
	}{
		{answer, []string{`"status":404`, `"path":"/things"`, `"code":"x-not-found"`, `"reason":"none"`}},
		{client.Explain(errors.New("gone"), answer), []string{`"meaning":"gone"`, `"status":404`, `"path":"/things"`}},
		{client.Explain(errors.New("gone"), fmt.Errorf("wrapped: %w", answer)), []string{`"meaning":"gone"`, `"status":404`}},
		{&client.AnswerError{Method: "POST", Path: "/things", Status: 200, Err: errors.New("it is empty")}, []string{`"method":"POST"`, `"status":200`, "it is empty"}},
		{&client.RedirectError{Method: "POST", Path: "/things", Status: 302, Target: "/login"}, []string{`"target":"/login"`, `"status":302`}},
		{&client.NetworkError{Method: "POST", Path: "/things", Server: "https://a", Kind: client.Reset, Sent: true, Err: errors.New("x")}, []string{`"kind":"reset"`, `"sent":true`, `"server":"https://a"`}},
		{client.Explain(errors.New("gone"), errors.New("plain")), []string{`"meaning":"gone"`, `"reason":"plain"`}},
	} {
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Error("call", "err", c.err)
		for _, text := range c.want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("the log lacks %s: %s", text, b.String())
			}
		}
	}
}
