package replay

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// receiver is the merchant's server, to which webhooks and notifications of the recordings are sent. It keeps them
// by path until a step asks for them.
type receiver struct {
	host string

	mu       sync.Mutex
	came     map[string][]incoming
	statuses map[string][]int

	server  *http.Server
	serving sync.WaitGroup
}

type incoming struct {
	method, path string
	header       http.Header
	body         []byte
}

func newReceiver() (*receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // binding a literal address does not wait
	if err != nil {
		return nil, err
	}
	r := &receiver{host: listener.Addr().String(), came: map[string][]incoming{}, statuses: map[string][]int{}}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	r.serving.Go(func() { r.server.Serve(listener) })
	return r, nil
}

func (r *receiver) close() {
	r.server.Close()
	r.serving.Wait()
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxAnswer))
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	path := q.URL.Path
	r.came[path] = append(r.came[path], incoming{q.Method, q.URL.RequestURI(), q.Header.Clone(), body})
	if next := r.statuses[path]; len(next) > 0 {
		r.statuses[path] = next[1:]
		w.WriteHeader(next[0])
	}
}

func (r *receiver) answer(path string, statuses []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statuses[path] = append(r.statuses[path], statuses...)
}

// waiting counts the deliveries that were received and not taken.
func (r *receiver) waiting(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.came[path])
}

// take returns the first deliveries, up to n.
func (r *receiver) take(path string, n int) []incoming {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(n, len(r.came[path]))
	taken := r.came[path][:n:n]
	r.came[path] = r.came[path][n:]
	return taken
}

// layoutOf returns how a JSON body is laid out.
func layoutOf(body []byte) string {
	if bytes.Contains(body, []byte("\n")) {
		return "indented"
	}
	return "compact"
}

// signedWith reports whether a header is the HMAC-SHA256 of the body with one of the secrets.
func signedWith(header string, body []byte, secrets []string) bool {
	given, found := strings.CutPrefix(header, "sha256=")
	sum, err := hex.DecodeString(given)
	if !found || err != nil || given != strings.ToLower(given) {
		return false
	}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal(sum, mac.Sum(nil)) {
			return true
		}
	}
	return false
}
