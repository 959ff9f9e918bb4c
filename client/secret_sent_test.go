package client_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

// Bodies in which a secret to be sent stands where programs may put one.
type (
	hook     struct{ Secret client.SentSecret }
	embedded struct {
		Secret client.SentSecret `json:"secret,omitzero"`
		URL    string            `json:"url"`
	}
	embedding struct {
		embedded
		Name string
	}
	exported  struct{ client.SentSecret }
	marshaler struct{ hook hook }
	list      struct {
		Next   *list               `json:",omitempty"`
		Secret []client.SentSecret `json:",omitempty"`
	}
)

func (m marshaler) MarshalJSON() ([]byte, error) { return json.Marshal(m.hook) }

func sentBodies(secret client.SentSecret) map[string]any {
	return map[string]any{
		"a field":              hook{secret},
		"a pointer":            &hook{secret},
		"itself":               secret,
		"a pointer to itself":  &secret,
		"a list":               []client.SentSecret{secret},
		"a list of pointers":   []*hook{{secret}, nil},
		"an array":             [1]hook{{secret}},
		"a map":                map[string]hook{"a": {secret}},
		"a map of anything":    map[string]any{"a": []any{1, "x", hook{secret}, nil}},
		"an embedded struct":   embedding{embedded{secret, "https://example.com"}, "x"},
		"an embedded secret":   exported{secret},
		"a list within a list": list{Next: &list{Secret: []client.SentSecret{secret}}},
	}
}

// A request carries the secret, and nothing that a person sees does.
func TestSentSecret(t *testing.T) {
	secret := client.NewSecret(canary)
	sent := client.NewSentSecret(secret)
	quoted := string(quote(canary))
	for name, body := range sentBodies(sent) {
		t.Run(name, func(t *testing.T) {
			var debug bytes.Buffer
			var got string
			handler := func(w http.ResponseWriter, r *http.Request) {
				all, _ := io.ReadAll(r.Body)
				got = string(all)
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"message":%s}`, quote("still here "+canary+" "+got))
			}
			c := serve(t, handler, client.WithDebug(&debug))
			request := client.Request{Method: "POST", Path: []string{"hooks"}, Body: body}
			_, err := c.Do(t.Context(), request)
			if !strings.Contains(got, quoted) || !json.Valid([]byte(got)) {
				t.Errorf("the server got %s", got)
			}
			slog.New(slog.NewJSONHandler(&debug, nil)).Error("call", "err", err, "body", body)
			fmt.Fprintf(&debug, "%+v %v", err, body)
			if found := canaryForms(debug.String()); found != nil || !strings.Contains(debug.String(), `[redacted]`) || !strings.Contains(err.Error(), "still here") {
				t.Errorf("%q is shown in %s", found, debug.String())
			}
			if name != "a list of pointers" && !strings.Contains(debug.String(), `"[redacted]"`) {
				t.Errorf("the trace shows no body: %s", debug.String())
			}

			var shown client.DryRun
			dry := serve(t, handler, client.WithDryRun(func(d client.DryRun) { shown = d }))
			if _, err := dry.Do(t.Context(), request); !errors.Is(err, client.ErrDryRun) {
				t.Error(err)
			}
			if found := canaryForms(string(shown.Body)); found != nil || !json.Valid(shown.Body) || !strings.Contains(string(shown.Body), `"[redacted]"`) {
				t.Errorf("a dry run shows %s", shown.Body)
			}

			for kind, encode := range map[string]func(any) ([]byte, error){"JSON": json.Marshal, "XML": xml.Marshal, "gob": encodeGob} {
				if out, err := encode(body); err == nil && kind != "gob" || canaryForms(string(out)) != nil || strings.Contains(string(out), "redacted") {
					t.Errorf("as %s it is %s, %v", kind, out, err)
				}
			}
		})
	}
}

func quote(text string) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text)
	return bytes.TrimSpace(b.Bytes())
}

// What is no secret, and a secret where none can be revealed, is not sent.
func TestSentSecretFailsClosed(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	for name, body := range map[string]any{
		"a secret not meant to be sent": struct{ Secret client.Secret }{client.NewSecret("hunter2")},
		"one of a map":                  map[string]any{"secret": client.NewSecret("hunter2")},
		"an unset one":                  hook{},
		"an empty one":                  hook{client.NewSentSecret(client.NewSecret(""))},
		"a word from a log":             hook{client.NewSentSecret(client.NewSecret("[redacted]"))},
		"a word in capitals":            &hook{client.NewSentSecret(client.NewSecret(" [Redacted] "))},
		"one that cannot be reached":    marshaler{hook{client.NewSentSecret(client.NewSecret("hunter2"))}},
	} {
		_, err := c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"hooks"}, Body: body})
		if !errors.Is(err, client.ErrSecret) || client.FateUnknown(err) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want ErrSecret", name, err)
		}
	}
}

// An optional secret is left out, and a short one is not shown either.
func TestSentSecretShort(t *testing.T) {
	var debug bytes.Buffer
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		all, _ := io.ReadAll(r.Body)
		got = string(all)
	}, client.WithDebug(&debug))
	for text, want := range map[string]string{"": `{"url":"u"}`, "abc": `{"secret":"abc","url":"u"}`} {
		body := embedded{client.NewSentSecret(client.NewSecret(text)), "u"}
		if _, err := c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"hooks"}, Body: body}); err != nil || got != want {
			t.Errorf("sent %s, %v, want %s", got, err, want)
		}
	}
	if strings.Contains(debug.String(), "abc") {
		t.Errorf("the trace shows %s", debug.String())
	}
}

// The body of the caller is as it was before.
func TestSentSecretLeavesTheBody(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) {})
	body := &list{Next: &list{Secret: []client.SentSecret{client.NewSentSecret(client.NewSecret("hunter2"))}}}
	if _, err := c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"hooks"}, Body: body}); err != nil {
		t.Fatal(err)
	}
	if out, err := json.Marshal(body); err == nil {
		t.Errorf("the caller can encode it now: %s", out)
	}
}

func BenchmarkEncodeWithoutSecret(b *testing.B) {
	type request struct {
		Amount   *client.Decimal   `json:"amount,omitzero"`
		Currency string            `json:"currency"`
		Metadata map[string]string `json:"metadata"`
	}
	amount := client.NewDecimal(1250, -2)
	c, err := client.New("https://localhost", client.WithDryRun(func(client.DryRun) {}))
	if err != nil {
		b.Fatal(err)
	}
	r := client.Request{Method: "POST", Path: []string{"invoices"}, Body: request{&amount, "EUR", map[string]string{"a": "b"}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Do(b.Context(), r); !errors.Is(err, client.ErrDryRun) {
			b.Fatal(err)
		}
	}
}
