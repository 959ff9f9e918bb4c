package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitid"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// recorder notes what clients ask of a sandbox, for a recording that is written when the sandbox is closed.
type recorder struct {
	folder  string
	options Options
	origin  string // of the first request
	email   string // of the seed's account
	wallet  string // the account key of the seed's store

	mu      sync.Mutex
	asked   []asked
	bytes   int
	left    int // requests that are not part of it
	written bool
	ended   string // why it ended before the sandbox did
}

// asked is a request with its response, or something that control did.
type asked struct {
	at       time.Time
	control  string // the action, for control
	method   string
	path     string // with the query, below the root path
	header   http.Header
	body     []byte
	basic    bool // its user has the password
	signed   bool // its signature is valid
	status   int
	response []byte
}

// Bounds of a recording.
const (
	mostAsked      = 2_000
	mostAskedBytes = 32 << 20
)

// newRecorder makes the folder, which must be fit to write to.
func newRecorder(o Options) (*recorder, error) {
	if err := os.MkdirAll(o.RecordDir, 0o755); err != nil {
		return nil, fmt.Errorf("sandbox: record: %w", err)
	}
	return &recorder{folder: o.RecordDir, options: o}, nil
}

// respondRecorded answers a request and notes it. The order of what is noted is that in which it was answered, as far as
// requests do not overlap.
func (s *Sandbox) respondRecorded(r *http.Request) *serve.Response {
	if r.URL.Path == controlPrefix || strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.recorder.leaveOut()
		return s.answer(r)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, serve.MaxBody+1))
	if err != nil || len(body) > serve.MaxBody {
		s.recorder.leaveOut()
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
		return s.answer(r)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	a := asked{at: s.world.Now(), method: r.Method, header: r.Header.Clone(), body: body}
	if action, is := strings.CutPrefix(r.URL.Path, controlPrefix); is {
		a.control = action
	} else {
		path, ok := aspnet.DecodePath(r.URL)
		if !ok || !strings.HasPrefix(path, s.rootPath) {
			s.recorder.leaveOut()
			return s.answer(r)
		}
		a.path = strings.TrimPrefix(r.URL.RequestURI(), s.rootPath)
		a.basic, a.signed = s.judgeCredential(r, body)
	}
	origin := "http://" + r.Host
	if r.TLS != nil {
		origin = "https://" + r.Host
	}
	response := s.answer(r)
	a.status, a.response = response.Status(), bytes.Clone(response.Body())
	s.recorder.note(a, origin)
	return response
}

// judgeCredential reports whether the credentials of a request are those of this sandbox.
func (s *Sandbox) judgeCredential(r *http.Request, body []byte) (basic, signed bool) {
	if user, password, ok := r.BasicAuth(); ok {
		s.world.Lock()
		u := s.state.FindUser(user)
		basic = u != nil && u.HasPassword(password)
		s.world.Unlock()
	}
	if identity := r.Header.Get("X-Identity"); identity != "" {
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		_, signed = bitid.Verify(identity, r.Header.Get("X-Signature"), scheme+r.Host+r.URL.RequestURI(), body)
	}
	return basic, signed
}

func (c *recorder) leaveOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left++
}

func (c *recorder) note(a asked, origin string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended != "":
		c.left++
		return
	case strings.HasPrefix(a.control, "reset"), a.control == "snapshot/restore":
		c.ended = "the sandbox was taken back to another state"
		return
	case len(c.asked) >= mostAsked || c.bytes > mostAskedBytes:
		c.ended = "it is long enough"
		c.left++
		return
	case a.control == "" && (a.header.Get("X-Identity") != "" && !a.signed):
		c.left++ // its signature cannot be made again
		return
	}
	if c.origin == "" && a.control == "" {
		c.origin = origin
	}
	c.bytes += len(a.body) + len(a.response)
	c.asked = append(c.asked, a)
}

// write writes the recording once, if anything was asked.
func (c *recorder) write(seed Seed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) == 0 || c.written {
		return nil
	}
	c.written = true
	recording, err := c.merge(seed)
	if err != nil {
		return fmt.Errorf("sandbox: record: %w", err)
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(recording); err != nil {
		return fmt.Errorf("sandbox: record: %w", err)
	}
	name := "recording-" + c.asked[0].at.Format("20060102-150405")
	for n := 1; ; n++ {
		path := filepath.Join(c.folder, name+".json")
		if n > 1 {
			path = filepath.Join(c.folder, fmt.Sprintf("%s-%d.json", name, n))
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) && n < 1000 {
			continue
		}
		if err == nil {
			_, err = file.Write(text.Bytes())
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return fmt.Errorf("sandbox: record: %w", err)
		}
		return nil
	}
}

// basicOf returns user and password of a header.
func basicOf(header string) (user, password string, ok bool) {
	scheme, text, _ := strings.Cut(header, " ")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return "", "", false
	}
	return strings.Cut(string(raw), ":")
}
