package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

const maxTracedBody = 4 << 10

// A tracer writes requests and responses for a user who looks for a mistake.
type tracer struct {
	mu  sync.Mutex
	out io.Writer
}

// tracedHeaders are shown with their values. For all other headers only the name is
// shown.
var tracedHeaders = []string{
	"Accept", "Allow", "Content-Length", "Content-Type", "Date", "Location", "Retry-After", "Server", "User-Agent", "X-Identity",
}

// trace writes each request and its response.
func (c *Client) trace(next step) step {
	if c.debug == nil {
		return next
	}
	return func(ctx context.Context, x *exchange) (*Response, error) {
		c.debug.write(x, "> ", x.http.Method+" "+x.http.URL.String(), x.http.Header, x.shown)
		start := time.Now()
		response, err := next(ctx, x)
		took := time.Since(start).Round(time.Millisecond)
		if err != nil {
			c.debug.write(x, "< ", fmt.Sprintf("%v (%v)", err, took), nil, nil)
			return response, err
		}
		c.debug.write(x, "< ", fmt.Sprintf("%d %s (%v)", response.Status, http.StatusText(response.Status), took),
			response.Header, response.Body)
		return response, err
	}
}

func (t *tracer) write(x *exchange, mark, first string, header http.Header, body []byte) {
	var b strings.Builder
	b.WriteString(first)
	for _, name := range slices.Sorted(maps.Keys(header)) {
		value := redacted
		if slices.Contains(tracedHeaders, name) {
			value = strings.Join(header[name], ", ")
		}
		if name == "Location" {
			// Its query may hold a key that the server just created.
			value, _, _ = strings.Cut(value, "?")
		}
		b.WriteString("\n" + name + ": " + value)
	}
	switch {
	case len(body) == 0:
	case x.Auth:
		fmt.Fprintf(&b, "\n(%d bytes, not shown)", len(body))
	default:
		// hide gets the whole text, since it would not find a secret that is shortened.
		b.WriteString("\n" + string(bytes.ToValidUTF8(body, []byte("\uFFFD"))))
	}
	text := x.hide(b.String())
	if len(text) > maxTracedBody {
		text = bounded(text) + fmt.Sprintf("\n(%d bytes in all)", len(text))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range strings.Lines(text) {
		// A debug stream that cannot be written to must not stop the call.
		_, _ = io.WriteString(t.out, mark+visible(strings.TrimSuffix(line, "\n"))+"\n")
	}
}

// visible escapes characters that would move a terminal's cursor or change the direction
// of its text.
func visible(line string) string {
	if !strings.ContainsFunc(line, hidden) {
		return line
	}
	var b strings.Builder
	for _, r := range line {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }

// allForms returns all forms in which secrets are sent, the longest first, since one
// secret may be a part of another.
func allForms(secrets []Secret) []string {
	forms := []string{}
	for _, secret := range secrets {
		forms = append(forms, secretForms(secret.Reveal())...)
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// redact replaces the forms of secrets in a text.
func redact(text string, forms []string) string {
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, redacted)
	}
	return text
}

// minSecret is the least length of a secret that is replaced. For a shorter one, the
// replacement would reveal more about the secret than it hides.
const minSecret = 4

func secretForms(secret string) []string {
	if len(secret) < minSecret {
		return nil
	}
	raw := []byte(secret)
	forms := []string{
		secret, jsonForm(secret, true), jsonForm(secret, false),
		url.QueryEscape(secret), url.PathEscape(secret), escape(secret), escapeQuery(url.Values{"": {secret}})[1:],
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		strings.ToUpper(secret), strings.ToLower(secret),
	}
	forms = append(forms, base64Forms(raw)...)
	// Any of them may be in a JSON text, or in JSON inside JSON.
	for _, form := range forms {
		forms = append(forms, jsonForm(form, true), jsonForm(form, false))
	}
	slices.Sort(forms)
	forms = slices.Compact(forms)
	return slices.DeleteFunc(forms, func(form string) bool { return len(form) < minSecret })
}

func jsonForm(secret string, escapeHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	if encoder.Encode(secret) != nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
}

// base64Forms returns the base64 forms of a secret: of the secret by itself, and at each
// of the three offsets that it can have in the base64 of a longer text, such as after a
// user name. The latter do not include the characters that the secret shares with the
// bytes next to it.
func base64Forms(raw []byte) []string {
	var forms []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		forms = append(forms, encoding.EncodeToString(raw))
		for before := range 3 {
			encoded := encoding.EncodeToString(append(make([]byte, before), raw...))
			from, to := (8*before+5)/6, 8*(before+len(raw))/6
			forms = append(forms, encoded[from:to])
		}
	}
	return forms
}
