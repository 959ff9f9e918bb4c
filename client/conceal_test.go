package client_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

// A parrot repeats what it was told, in one way a request.
type parrot func(w http.ResponseWriter, heard string)

func (repeat parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	heard := []string{key, strings.ToUpper(key), hex.EncodeToString([]byte(key)), base64.StdEncoding.EncodeToString([]byte("x" + key)), url.QueryEscape(key)}
	if decoded, err := base64.StdEncoding.DecodeString(key); err == nil {
		heard = append(heard, string(decoded))
	}
	body, _ := io.ReadAll(r.Body)
	repeat(w, strings.Join(append(heard, string(body)), " and "))
}

type header string

func (h header) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", string(h))
	return nil
}

// A server that repeats what it was told gets nothing of it into an error: neither
// of the credential, nor of a secret in the body.
func TestErrorHidesSecrets(t *testing.T) {
	const key, password, inBody = "8f14e45fceea167a5a36dedd4bea2543abcdef01", "correct-horse/battery staple", "hunter2-in-the-body"
	text := func(contentType, format string) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, heard string) {
			quoted, _ := json.Marshal(heard)
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(418)
			fmt.Fprint(w, strings.NewReplacer("HEARD", heard, `"QUOTED"`, string(quoted)).Replace(format))
		}
	}
	escaped := func(w http.ResponseWriter, heard string) {
		var b strings.Builder
		for _, c := range heard {
			fmt.Fprintf(&b, `\u%04x`, c)
		}
		w.WriteHeader(500)
		fmt.Fprintf(w, `{"message":"%s","missingPermission":"%[1]s","code":"%[1]s"}`, b.String())
	}
	answers := map[string]func(http.ResponseWriter, string){
		"message":    text("application/json", `{"code":"QUOTED","message":"QUOTED","missingPermission":"QUOTED"}`),
		"escaped":    escaped,
		"error":      text("application/json", `{"error":"QUOTED"}`),
		"errors":     text("application/json", `{"errors":[{"error":"QUOTED"}]}`),
		"problem":    text("application/json", `{"title":"QUOTED","errors":{"QUOTED":["QUOTED"]}}`),
		"fields":     text("application/json", `[{"path":"QUOTED","message":"QUOTED"}]`),
		"plain text": text("text/plain", "you said HEARD"),
		"page":       text("text/html", "<html><title>HEARD</title>"),
		"cut":        text("text/plain", strings.Repeat("x", 1980)+"HEARD"),
		"redirect": func(w http.ResponseWriter, heard string) {
			w.Header().Set("Location", "/"+url.PathEscape(heard)+"/login?key="+url.QueryEscape(heard))
			w.WriteHeader(302)
		},
		"duplicate": func(w http.ResponseWriter, heard string) {
			quoted, _ := json.Marshal(heard[:60])
			fmt.Fprintf(w, `{%s:1,%[1]s:2}`, quoted)
		},
		"no page": func(w http.ResponseWriter, heard string) { fmt.Fprintf(w, "<html><title>%s</title>", heard) },
		"no HTTP": func(w http.ResponseWriter, heard string) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", strings.ReplaceAll(heard, ":", ""))
			c.Close()
		},
	}
	for name, write := range answers {
		for kind, credential := range map[string]string{
			"token": "token " + key,
			"basic": "Basic " + base64.StdEncoding.EncodeToString([]byte("merchant@example.com:"+password)),
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				server := httptest.NewServer(parrot(write))
				defer server.Close()
				var debug strings.Builder
				c, err := client.New(server.URL, client.WithCredential(header(credential)), client.WithSecrets(client.NewSecret(inBody)), client.WithDebug(&debug), client.WithRetries(0))
				if err != nil {
					t.Fatal(err)
				}
				defer c.CloseIdleConnections()
				_, err = client.Call[map[string]any](t.Context(), c, client.Request{Method: "POST", Path: []string{"things"}, Body: []byte(inBody), Auth: true})
				if err == nil {
					t.Fatal("no error")
				}
				slog.New(slog.NewTextHandler(&debug, nil)).Error("call", "err", err)
				for inner := err; inner != nil; inner = errors.Unwrap(inner) {
					fmt.Fprintf(&debug, "%v %+v %q\n", inner, inner, inner.Error())
				}
				shown := debug.String()
				for _, secret := range []string{key, password, inBody, key[:24], password[:16]} {
					raw := []byte(secret)
					for _, form := range []string{
						secret, strings.ToUpper(secret), hex.EncodeToString(raw), url.QueryEscape(secret), url.PathEscape(secret),
						base64.RawStdEncoding.EncodeToString(raw)[:len(raw)/3*4], base64.RawStdEncoding.EncodeToString(raw[2:])[:(len(raw)-2)/3*4],
					} {
						if strings.Contains(shown, form) {
							t.Errorf("%q is shown as %q in:\n%s", secret, form, shown)
						}
					}
				}
				if !strings.Contains(shown, "[redacted]") && name != "redirect" {
					t.Errorf("nothing was hidden in:\n%s", shown)
				}
			})
		}
	}
}

// What a credential sends is hidden without a word of the caller's, and what was
// given to WithSecrets in the client that With makes too.
func TestErrorHidesSecretsOfWith(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		fmt.Fprint(w, `{"message":"first-secret second-secret third-secret"}`)
	}))
	defer server.Close()
	first, err := client.New(server.URL, client.WithSecrets(client.NewSecret("first-secret")))
	if err != nil {
		t.Fatal(err)
	}
	defer first.CloseIdleConnections()
	second, err := first.With(client.WithSecrets(client.NewSecret("second-secret")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		client *client.Client
		want   string
	}{{first, "[redacted] second-secret third-secret"}, {second, "[redacted] [redacted] third-secret"}} {
		_, err := client.Call[client.Nothing](t.Context(), c.client, client.Request{Method: "GET", Path: []string{"things"}})
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Message != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
