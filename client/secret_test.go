package client_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
)

const canary = `can"ary/<s3cret>&+é ~end`

// canaryForms lists the forms of the canary that a text has.
func canaryForms(text string) []string {
	quoted, _ := json.Marshal(canary)
	raw := []byte(canary)
	var found []string
	for _, form := range []string{
		canary, strings.Trim(string(quoted), `"`), strings.ReplaceAll(canary, `"`, `\"`), url.QueryEscape(canary), url.PathEscape(canary),
		strings.ReplaceAll(url.QueryEscape(canary), "+", "%20"),
		base64.StdEncoding.EncodeToString(raw)[:16], base64.URLEncoding.EncodeToString(raw)[:16],
		base64.StdEncoding.EncodeToString([]byte("u:" + canary))[4:16], base64.StdEncoding.EncodeToString([]byte("user:" + canary))[8:20],
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), "s3cret",
	} {
		if strings.Contains(text, form) {
			found = append(found, form)
		}
	}
	return found
}

// A secret is held in every way in which a program may come to print it.
type holder struct {
	Exported   client.Secret
	unexported client.Secret
	Pointer    *client.Secret
	Slice      []client.Secret
	Map        map[string]client.Secret
	Any        any
}

func newHolder() holder {
	s := client.NewSecret(canary)
	return holder{s, s, &s, []client.Secret{s}, map[string]client.Secret{"a": s}, s}
}

func TestSecretDoesNotPrint(t *testing.T) {
	h := newHolder()
	values := map[string]any{
		"secret": h.Exported, "pointer": h.Pointer, "slice": h.Slice, "map": h.Map, "struct": h, "pointer to struct": &h,
		"key of a map": map[client.Secret]int{h.Exported: 1}, "error": fmt.Errorf("with %v", h.Exported),
	}
	for name, value := range values {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, flags := range []string{"", "+", "#", " ", "0", "-", "80", ".3"} {
				format := "%" + flags + string(verb)
				if found := canaryForms(fmt.Sprintf(format, value)); found != nil {
					t.Errorf("%s under %s shows %q", name, format, found)
				}
			}
		}
		if found := canaryForms(fmt.Sprintln(value)); found != nil {
			t.Errorf("%s is shown by Println: %q", name, found)
		}
		for _, handler := range []func(io.Writer) slog.Handler{
			func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
			func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).Info("x", "value", value, slog.Group("group", "value", value))
			if found := canaryForms(b.String()); found != nil || b.Len() == 0 {
				t.Errorf("%s in a log shows %q: %s", name, found, b.String())
			}
		}
		for kind, encode := range map[string]func(any) ([]byte, error){"JSON": json.Marshal, "XML": xml.Marshal, "gob": encodeGob} {
			out, err := encode(value)
			if found := canaryForms(string(out)); found != nil || bytes.Contains(out, []byte("redacted")) || err == nil && name != "error" {
				t.Errorf("%s as %s shows %q, %v", name, kind, out, err)
			}
			if kind == "JSON" && name != "error" && !strings.Contains(err.Error(), "Reveal") {
				t.Errorf("%s as %s: %v, which says nothing of Reveal", name, kind, err)
			}
		}
	}
	if got := fmt.Sprint(h.Exported); got != "[redacted]" {
		t.Errorf("got %q", got)
	}
}

func encodeGob(value any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(value)
	return b.Bytes(), err
}

// What a program wrote in place of a secret is not taken for one.
func TestSecretIsNotReadFromALog(t *testing.T) {
	for _, text := range []string{`"[redacted]"`, `"[REDACTED]"`, `" [redacted]\n"`} {
		s := client.NewSecret("before")
		if err := json.Unmarshal([]byte(text), &s); !errors.Is(err, client.ErrSecret) || s.Reveal() != "before" {
			t.Errorf("%s was read: %v", text, err)
		}
		sent := client.NewSentSecret(s)
		if err := json.Unmarshal([]byte(text), &sent); !errors.Is(err, client.ErrSecret) || sent.Secret().Reveal() != "before" {
			t.Errorf("%s was read: %v", text, err)
		}
	}
	var s client.Secret
	if err := json.Unmarshal([]byte(`"a [redacted] b"`), &s); err != nil {
		t.Errorf("a secret that holds the word: %v", err)
	}
}

func TestSecret(t *testing.T) {
	var s client.Secret
	if !s.IsZero() || s.Reveal() != "" || !client.NewSecret("").IsZero() {
		t.Error("the zero value is not empty")
	}
	if err := json.Unmarshal([]byte(`"abc"`), &s); err != nil || s.Reveal() != "abc" || s.IsZero() {
		t.Errorf("got %q, %v", s.Reveal(), err)
	}
	for other, want := range map[string]bool{"abc": true, "abd": false, "": false, "abcd": false} {
		if s.Equal(client.NewSecret(other)) != want {
			t.Errorf("equal to %q: %t", other, !want)
		}
	}
}

// bearer sends a secret as its Authorization.
type bearer struct{ secret client.Secret }

func (b bearer) Authorize(r *http.Request, _ []byte) error {
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("user:"+b.secret.Reveal())))
	r.Header.Set("X-Signature", b.secret.Reveal()[:3])
	return nil
}

// The server sends back all that it got, in all forms, in headers, bodies and errors.
func TestTraceHidesSecrets(t *testing.T) {
	quoted, _ := json.Marshal(canary)
	raw := []byte(canary)
	echo := strings.Join([]string{
		canary, string(quoted), url.QueryEscape(canary), url.PathEscape(canary), hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		base64.StdEncoding.EncodeToString([]byte("u:" + canary + ":p")), base64.StdEncoding.EncodeToString([]byte("user:" + canary)),
	}, "\n")
	for name, handler := range map[string]http.HandlerFunc{
		"200": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "session="+url.QueryEscape(canary))
			w.Header().Set("Location", "/account/apikeys?key=unregistered")
			w.Header().Set("Server", base64.StdEncoding.EncodeToString(raw))
			json.NewEncoder(w).Encode(map[string]string{"echo": echo, "visible": "still here"})
		},
		"400": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			json.NewEncoder(w).Encode(map[string]string{"error": "still here " + echo})
		},
		"text": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "still here "+echo) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			secret := client.NewSecret(canary)
			c := serve(t, handler, client.WithDebug(&b), client.WithSecrets(client.NewSecret(`can"`), secret, client.NewSecret("ab")), client.WithCredential(bearer{secret}))
			r := client.Request{
				Method: "POST", Path: []string{"things", canary}, Query: url.Values{"token": {canary}},
				Body: map[string]string{"token": canary, "able": "kept"},
			}
			client.Call[map[string]string](t.Context(), c, r)
			got := b.String()
			if found := canaryForms(got); found != nil {
				t.Errorf("the trace shows %q:\n%s", found, got)
			}
			for _, want := range []string{"> POST http://", "> Authorization: [redacted]", "> X-Signature: [redacted]", "> Content-Type: application/json", `"able":"kept"`, "< ", "still here"} {
				if !strings.Contains(got, want) {
					t.Errorf("the trace lacks %q:\n%s", want, got)
				}
			}
			if strings.Contains(got, "unregistered") || strings.Contains(got, "session") {
				t.Errorf("the trace shows a cookie or the query of a Location:\n%s", got)
			}
		})
	}
}

func TestTraceOfKeyExchange(t *testing.T) {
	var b bytes.Buffer
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"token":"unregistered"}`) }, client.WithDebug(&b))
	r := client.Request{Method: "POST", Path: []string{"tokens"}, Body: map[string]string{"id": "unregistered"}, Auth: true}
	if _, err := client.Call[map[string]string](t.Context(), c, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "unregistered") || strings.Count(b.String(), "bytes, not shown)") != 2 {
		t.Errorf("got %s", b.String())
	}
}

func TestTraceIsBounded(t *testing.T) {
	var b bytes.Buffer
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(text(bodyLimit)) }, client.WithDebug(&b))
	if _, err := c.Do(t.Context(), get); err != nil || b.Len() > 10_000 || !strings.Contains(b.String(), "bytes in all)") {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

// A server must not reach the terminal through the trace.
func TestTraceShowsControlCharacters(t *testing.T) {
	var b bytes.Buffer
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "caf\u00e9\u202e")
		io.WriteString(w, "\x1b[2J\u202eabc\x07\u200b\r\nnext\tline \u00e9\xff")
	}, client.WithDebug(&b))
	if _, err := c.Do(t.Context(), get); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `< \u001b[2J\u202eabc\u0007\u200b\u000d`+"\n< next\tline \u00e9\ufffd\n") || !strings.Contains(b.String(), "café\\u202e") {
		t.Errorf("got %q", b.String())
	}
}

// Exchanges of several goroutines do not mix within a line, and each attempt is traced.
func TestTraceOfSeveral(t *testing.T) {
	var b bytes.Buffer
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound) }, client.WithDebug(&b))
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() { c.Do(t.Context(), get) })
	}
	running.Wait()
	if got := strings.Count(b.String(), "< GET /things: 404 Not Found (no details)"); got != 20 {
		t.Errorf("%d answers in\n%s", got, b.String())
	}
}

func TestDryRun(t *testing.T) {
	var shown client.DryRun
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("it was sent") },
		client.WithCredential(key("k")), client.WithDryRun(func(d client.DryRun) { shown = d }))
	_, err := c.Do(t.Context(), client.Request{Method: "POST", Path: get.Path, Body: map[string]int{"a": 1}})
	if !errors.Is(err, client.ErrDryRun) || client.FateUnknown(err) {
		t.Errorf("got %v", err)
	}
	if shown.Method != "POST" || !strings.HasSuffix(shown.URL, "/btcpay/things") || string(shown.Body) != `{"a":1}` || shown.Header.Get("X-Signature") != "k" {
		t.Errorf("got %+v", shown)
	}
}
