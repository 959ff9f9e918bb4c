package replay

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// maxAnswer bounds how much of a response is read.
const maxAnswer = 8 << 20

// browser is a session: cookies, and the last page.
type browser struct {
	jar   *cookiejar.Jar
	page  *human.Page
	token string // of the last form that had one
}

const antiforgeryField = "__RequestVerificationToken"

// answered is a response.
type answered struct {
	status int
	header http.Header
	body   []byte
	value  any         // the body as JSON, or nil
	page   *human.Page // the body as HTML, or nil
	json   bool
}

// sent is a request as it was sent, for reports.
type sent struct{ method, address, body string }

// build makes a request from a recording exactly as recorded: paths are not cleaned, and no header is added.
func (p *player) build(ctx context.Context, q *request) (*http.Request, sent, error) {
	path, err := p.vars.expand(q.Path)
	if err != nil {
		return nil, sent{}, err
	}
	if !q.Exact {
		path = p.rec.Server.RootPath() + path
	}
	body, contentType, err := p.body(q)
	if err != nil {
		return nil, sent{}, err
	}
	out := sent{q.Method, path, body}
	r, err := http.NewRequestWithContext(ctx, q.Method, p.origin, strings.NewReader(body))
	if err != nil {
		return nil, out, err
	}
	if body == "" {
		r.Body = http.NoBody
	}
	r.URL.Opaque = path
	r.Header.Set("User-Agent", "btcpayctl-replay")
	r.Header.Set("Accept", "application/json")
	if q.Session != "" {
		r.Header.Set("Accept", "text/html")
		for _, cookie := range p.browser(q.Session).jar.Cookies(p.cookieURL(path)) {
			r.AddCookie(cookie)
		}
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if err := p.credential(q.Auth, path, body, r.Header.Set); err != nil {
		return nil, out, err
	}
	for name, value := range q.Headers {
		if value, err = p.vars.expand(value); err != nil {
			return nil, out, err
		}
		if strings.EqualFold(name, "Host") {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	return r, out, nil
}

// cookieURL is the address of a path for the cookie jar, without its query.
func (p *player) cookieURL(path string) *url.URL {
	u, err := url.Parse(p.origin)
	if err != nil {
		panic(err) // it was parsed before
	}
	u.Path, _, _ = strings.Cut(path, "?")
	return u
}

func (p *player) browser(session string) *browser {
	b := p.sessions[session]
	if b == nil {
		jar, err := cookiejar.New(nil)
		if err != nil {
			panic(err) // it returns no error
		}
		b = &browser{jar: jar}
		p.sessions[session] = b
	}
	return b
}

func (p *player) credential(a *auth, path, body string, set func(name, value string)) error {
	if a == nil {
		return nil
	}
	if a.Key != "" {
		return p.authorise(&a.bitID, p.origin+path, body, set)
	}
	var scheme, text string
	switch {
	case a.Basic != nil:
		scheme, text = "Basic", strings.Join(a.Basic, ":")
	case a.Legacy != nil:
		scheme, text = "Basic", *a.Legacy
	case a.Token != nil:
		scheme, text = "token", *a.Token
	case a.Bearer != nil:
		scheme, text = "Bearer", *a.Bearer
	default:
		return nil
	}
	text, err := p.vars.expand(text)
	if err != nil {
		return err
	}
	if scheme == "Basic" {
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	set("Authorization", scheme+" "+text)
	return nil
}

// body makes a request's body and its content type.
func (p *player) body(q *request) (body, contentType string, err error) {
	switch {
	case q.JSON != nil:
		value, err := parseValue(q.JSON)
		if err != nil {
			return "", "", err
		}
		if value, err = exampleOf(value); err != nil { // a number whose text counts
			return "", "", err
		}
		if value, err = p.vars.expandValue(value); err != nil {
			return "", "", err
		}
		p.noteSecrets(value)
		body, contentType = valueText(value), "application/json"
	case q.Text != nil:
		if body, err = p.vars.expand(*q.Text); err != nil {
			return "", "", err
		}
		contentType = "text/plain; charset=utf-8"
	case q.Hex != nil:
		raw, err := hex.DecodeString(*q.Hex)
		if err != nil {
			return "", "", err
		}
		body, contentType = string(raw), "application/octet-stream"
	case q.Form != nil || q.FromPage != nil:
		if body, err = p.form(q); err != nil {
			return "", "", err
		}
		contentType = "application/x-www-form-urlencoded"
	}
	if q.ContentType != nil {
		contentType = *q.ContentType
	}
	return body, contentType, nil
}

// send sends a request without following redirects, and reads the whole response.
func (p *player) send(r *http.Request, q *request) (*answered, error) {
	response, err := p.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("the response is longer than %d bytes", maxAnswer)
	}
	a := &answered{status: response.StatusCode, header: response.Header, body: body}
	if a.value, err = parseValue(body); err == nil {
		a.json = true
		p.noteSecrets(a.value)
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		if a.page, err = human.ReadPage(bytes.NewReader(body)); err != nil {
			return nil, err
		}
	}
	if q.Session != "" {
		b := p.browser(q.Session)
		b.jar.SetCookies(p.cookieURL(r.URL.Opaque), response.Cookies())
		b.open(a.page)
	}
	return a, nil
}

func (b *browser) open(page *human.Page) {
	if page == nil {
		return
	}
	b.page = page
	for _, form := range page.Forms {
		for _, field := range form.Fields {
			if field.Name == antiforgeryField {
				b.token = field.Value
			}
		}
	}
}
