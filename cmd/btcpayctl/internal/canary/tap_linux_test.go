package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A tap is the server that the program sees: it passes everything on to the
// sandbox, learns the secrets that go either way, and is hostile when it is told.
type tap struct {
	*httptest.Server
	upstream string
	client   http.Client
	stranger *httptest.Server // who must never hear anything

	mu        sync.Mutex
	fault     string        // what happens after the first requests
	passing   int           // how many of them pass
	requests  int           // since the fault was set
	reached   chan struct{} // closed when the fault begins
	release   chan struct{} // ends what the fault "hang" holds up
	secrets   []Canary
	overheard []byte // by the stranger
}

func newTap(upstream string, secure bool) *tap {
	t := &tap{upstream: upstream, client: http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	t.stranger = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.overheard = fmt.Appendf(t.overheard, "%s %s %v %s\n", r.Method, r.URL, r.Header, body)
	}))
	t.Server = httptest.NewUnstartedServer(http.HandlerFunc(t.serve))
	t.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.set("", 0)
	if secure {
		t.StartTLS()
	} else {
		t.Start()
	}
	return t
}

// set lets so many requests pass before the fault begins.
func (t *tap) set(fault string, passing int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault, t.passing, t.requests = fault, passing, 0
	t.reached, t.release = make(chan struct{}), make(chan struct{})
}

func (t *tap) Close() {
	t.CloseClientConnections()
	t.Server.Close()
	t.stranger.Close()
	t.client.CloseIdleConnections()
}

// next tells what happens to a request.
func (t *tap) next() (fault string, release chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if t.fault == "" || t.requests <= t.passing {
		return "", nil
	}
	if t.requests == t.passing+1 {
		close(t.reached)
	}
	return t.fault, t.release
}

func (t *tap) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests
}

func (t *tap) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	t.learnRequest(r, body)
	fault, release := t.next()
	switch fault {
	case "":
		t.pass(w, r, body)
	case "hang":
		select {
		case <-r.Context().Done():
		case <-release:
		}
	case "cut":
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\nX-Echo: "+strings.Join(heardHeaders(r), "; ")+"\r\n\r\n{\"data\":\"")
			c.Write(body)
			c.Close()
		}
	case "malformed":
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", strings.ReplaceAll(strings.Join(heardHeaders(r), " ")+string(body), ":", ""))
			c.Close()
		}
	case "redirect":
		target := t.stranger.URL + "/" + url.PathEscape(r.Header.Get("Authorization")) + "?" + url.Values{"heard": heardHeaders(r), "body": {string(body)}}.Encode() + "#" + url.QueryEscape(string(body))
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusTemporaryRedirect)
	default: // a status
		t.echo(w, r, body, map[string]int{"401": 401, "403": 403, "422": 422, "500": 500, "200": 200}[fault])
	}
}

// heardHeaders are what a request says of who sends it, decoded too.
func heardHeaders(r *http.Request) []string {
	var heard []string
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			heard = append(heard, name+": "+value)
			if encoded, ok := strings.CutPrefix(value, "Basic "); ok {
				decoded, _ := base64.StdEncoding.DecodeString(encoded)
				heard = append(heard, string(decoded))
			}
		}
	}
	return append(heard, r.URL.String())
}

// echo repeats all that a request had, in the members that programs print and in
// all headers, as it was and encoded.
func (t *tap) echo(w http.ResponseWriter, r *http.Request, body []byte, status int) {
	heard := strings.Join(heardHeaders(r), " | ") + " | " + string(body)
	key := r.Header.Get("Authorization")
	if _, bare, ok := strings.Cut(key, " "); ok {
		key = bare
	}
	said := strings.Join([]string{heard, key, hex.EncodeToString([]byte(key)), strings.ToUpper(key), url.QueryEscape(heard),
		base64.StdEncoding.EncodeToString([]byte(heard)), base64.RawURLEncoding.EncodeToString([]byte(key))}, " | ")
	h := w.Header()
	for name, values := range r.Header {
		h[http.CanonicalHeaderKey("X-Echo-"+name)] = values
	}
	for _, name := range []string{"Server", "Allow", "Retry-After", "WWW-Authenticate", "Location", "Set-Cookie"} {
		h.Set(name, strings.Join(strings.Fields(heard), " "))
	}
	h.Set("Content-Type", "application/json")
	answer, err := json.Marshal(map[string]any{
		"code": key, "message": said, "error": said, "title": said, "detail": said, "missingPermission": key,
		"errors": []map[string]string{{"error": said, "path": key, "message": said}}, "data": said,
	})
	if status == http.StatusUnprocessableEntity {
		answer, err = json.Marshal([]map[string]string{{"path": key, "message": said}, {"path": "body", "message": string(body)}})
	}
	if status == http.StatusForbidden && strings.Contains(r.URL.Path, "invoices") {
		h.Set("Content-Type", "text/html")
		answer, err = []byte("<html><title>"+html.EscapeString(said)+"</title>"+html.EscapeString(said)), nil
	}
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	w.Write(answer)
}

// pass sends a request on as it came: its signature covers host and path.
func (t *tap) pass(w http.ResponseWriter, r *http.Request, body []byte) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, t.upstream+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return
	}
	out.Header, out.Host = r.Header.Clone(), r.Host
	answer, err := t.client.Do(out)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return
	}
	t.learnAnswer(answer, text)
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	w.Write(text)
}

// Secrets as the server writes them.
var learned = []struct {
	kind    string
	pattern *regexp.Regexp
}{
	{"api key", regexp.MustCompile(`"apiKey": *"([0-9a-f]{40})"`)},
	{"api key", regexp.MustCompile(`name="apiKey"[^>]*value="([0-9a-f]{40})"`)},
	{"api key", regexp.MustCompile(`value="([0-9a-f]{40})"[^>]*name="apiKey"`)},
	{"api key", regexp.MustCompile(`[?&]key=([0-9a-f]{40})`)},
	// The token that an invoice's answer has is made up for each answer, and is
	// of no use to anybody.
	{"pairing token", regexp.MustCompile(`"merchant": *"([^"]{10,})"`)},
	{"pairing token", regexp.MustCompile(`"token": *"([^"]{10,})"[^{}]*"pairingCode"|"pairingCode"[^{}]*"token": *"([^"]{10,})"`)},
	{"anti-forgery", regexp.MustCompile(`__RequestVerificationToken"[^>]*value="([^"]+)"`)},
	{"cookie", regexp.MustCompile(`(?m)^(?:Set-)?Cookie: [^=]+=([^;\s]+)`)},
	{"callback nonce", regexp.MustCompile(`redirect=http%3A%2F%2F[^%&]+%3A\d+%2F([A-Za-z0-9_-]{20,})`)},
}

func (t *tap) learn(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secrets = append(t.secrets, learnSecrets(text)...)
}

// learnSecrets finds what a server or the program says that is a secret.
func learnSecrets(text string) (secrets []Canary) {
	for _, l := range learned {
		for _, match := range l.pattern.FindAllStringSubmatch(text, -1) {
			secrets = append(secrets, New(l.kind, html.UnescapeString(strings.Join(match[1:], ""))))
		}
	}
	return secrets
}

func (t *tap) learnRequest(r *http.Request, body []byte) {
	var header bytes.Buffer
	r.Header.Write(&header)
	t.learn(header.String() + r.URL.String() + "\n" + string(body))
	if key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "token "); ok {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.secrets = append(t.secrets, New("api key", key))
	}
}

func (t *tap) learnAnswer(answer *http.Response, body []byte) {
	var header bytes.Buffer
	answer.Header.Write(&header)
	t.learn(header.String() + answer.Header.Get("Location") + "\n" + string(body))
}

func (t *tap) all() []Canary {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.secrets)
}
