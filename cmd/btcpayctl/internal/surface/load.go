package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// maxDocument is the size of the largest document in bytes. Those of known releases have
// less than 1 MiB.
const maxDocument = 16 << 20

func isURL(spec string) bool {
	return strings.HasPrefix(spec, "https://") || strings.HasPrefix(spec, "http://")
}

// load reads a document from a file or a server.
func load(spec string) ([]byte, error) {
	if isURL(spec) {
		return fetch(spec)
	}
	file, err := os.Open(spec)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return limited(spec, file)
}

// fetch requests a document. Plain http is allowed for this machine only, since the facts
// decide what tests accept.
func fetch(spec string) ([]byte, error) {
	u, err := url.Parse(spec)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s: plain http is refused. Next: use https", u.Redacted())
	}
	if !strings.HasSuffix(u.Path, ".json") {
		u = u.JoinPath("swagger", "v1", "swagger.json")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("redirects are not followed. Next: give the address that the server redirects to")
	}}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: the server responded with %s", u.Redacted(), response.Status)
	}
	return limited(u.Redacted(), response.Body)
}

func limited(name string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxDocument {
		return nil, fmt.Errorf("%s: the document has more than %d MiB", name, maxDocument>>20)
	}
	return text, nil
}
