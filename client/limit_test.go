package client_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/btcpayctl/btcpayctl/client"
)

const (
	mebibyte  = 1 << 20
	bodyLimit = 8 * mebibyte
	authLimit = 64 << 10
	memory    = 64 * mebibyte // that a hostile answer may cost
)

var auth = client.Request{Method: "GET", Path: []string{"tokens"}, Auth: true}

// text is a JSON string of so many bytes.
func text(size int) []byte { return []byte(`"` + strings.Repeat("a", size-2) + `"`) }

func TestBadInputLargeAnswer(t *testing.T) {
	for _, test := range []struct {
		request client.Request
		size    int
		fits    bool
	}{
		{get, bodyLimit, true}, {get, bodyLimit + 1, false},
		{auth, authLimit, true}, {auth, authLimit + 1, false},
	} {
		for _, form := range []string{"length", "chunked", "gzip"} {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				answer := text(test.size)
				switch form {
				case "length":
					w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
				case "gzip":
					w.Header().Set("Content-Encoding", "gzip")
					zip, err := gzip.NewWriterLevel(w, gzip.NoCompression)
					if err != nil {
						t.Error(err)
						return
					}
					zip.Write(answer)
					zip.Close()
					return
				}
				w.Write(answer)
			})
			got, err := client.Call[string](t.Context(), c, test.request)
			if test.fits && (err != nil || len(got) != test.size-2) {
				t.Errorf("%d bytes, %s: %v", test.size, form, err)
			}
			if _, ok := errors.AsType[*client.AnswerError](err); !test.fits && (!ok || !strings.Contains(err.Error(), "KiB")) {
				t.Errorf("%d bytes, %s: got %v, want an AnswerError about the size", test.size, form, err)
			}
		}
	}
}

// hostile serves one answer after another without keeping any of it in memory, so
// that what the test measures is the client's.
func hostile(t *testing.T, write func(net.Conn)) *client.Client {
	t.Helper()
	address := listen(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			write(conn)
		}
	})
	return connect(t, "http://"+address)
}

// allocated is an upper bound of what a call held at any time.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// repeat writes the block until the total or an error.
func repeat(conn net.Conn, block []byte, total int64) {
	for written := int64(0); written < total; written += int64(len(block)) {
		if _, err := conn.Write(block); err != nil {
			return
		}
	}
}

func bomb(t *testing.T) []byte {
	t.Helper()
	var member bytes.Buffer
	zip, err := gzip.NewWriterLevel(&member, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zip.Write(make([]byte, mebibyte))
	zip.Close()
	// Members may follow each other, and become one text.
	return bytes.Repeat(member.Bytes(), 1024)
}

func TestBadInputHostileAnswers(t *testing.T) {
	block := bytes.Repeat([]byte("0"), 64<<10)
	header := bytes.Repeat([]byte("X-Header: value\r\n"), 1000)
	deep := strings.Repeat(`[`, 1e6)
	objects := []byte("[" + strings.TrimSuffix(strings.Repeat("{},", 2_700_000), ",") + "]")
	zeros := []byte("[" + strings.Repeat("0,", 4_000_000) + "0]")
	members := []byte("{" + strings.Repeat(`"a":0,`, 1_300_000) + `"a":0}`)
	zipped := bomb(t)
	for _, test := range []struct {
		name, why string
		write     func(net.Conn)
	}{
		{"10 GiB announced", "more than 8192 KiB", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 10<<30)
			repeat(conn, block, 10<<30)
		}},
		{"10 GiB not announced", "more than 8192 KiB", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			repeat(conn, block, 10<<30)
		}},
		{"10 GiB of an error", "500 Internal Server Error (no details)", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 500 Internal Server Error\r\n\r\n")
			repeat(conn, block, 10<<30)
		}},
		{"a gzip bomb", "more than 8192 KiB", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(zipped))
			conn.Write(zipped)
		}},
		{"a million headers", "header", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			repeat(conn, header, 1_000_000*17)
		}},
		{"one header without end", "header", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Header: ")
			repeat(conn, block, 1<<30)
		}},
		{"a million levels", "nested", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(deep), deep)
		}},
		{"millions of zeros", "list elements", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(zeros))
			conn.Write(zeros)
		}},
		{"millions of members", "values", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(members))
			conn.Write(members)
		}},
		{"millions of objects", "list elements", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(objects))
			conn.Write(objects)
		}},
		{"millions of complaints", "422", func(conn net.Conn) {
			fmt.Fprintf(conn, "HTTP/1.1 422 Unprocessable Entity\r\n\r\n")
			conn.Write(objects)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := hostile(t, test.write)
			var err error
			used := allocated(func() { _, err = client.Call[[]client.Error](t.Context(), c, get) })
			if err == nil || !strings.Contains(err.Error(), test.why) {
				t.Errorf("got %v, want an error about %q", err, test.why)
			}
			if used > memory {
				t.Errorf("it took %d MiB", used/mebibyte)
			}
		})
	}
}

// The same depth in an answer about keys, whose duplicates are looked for by
// recursion.
func TestBadInputDepthOfKeyAnswer(t *testing.T) {
	for _, body := range []string{strings.Repeat(`[`, 60_000), strings.Repeat(`{"a":`, 12_000)} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
		if _, err := client.Call[any](t.Context(), c, auth); err == nil || !strings.Contains(err.Error(), "nested") {
			t.Errorf("got %v", err)
		}
	}
}

func TestBracketsInsideTextDoNotCount(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"posData":"`+strings.Repeat(`{[,\"\\`, 300_000)+`"}`)
	})
	got, err := client.Call[struct{ PosData string }](t.Context(), c, get)
	if err != nil || len(got.PosData) != 1_500_000 {
		t.Errorf("got %d bytes, %v", len(got.PosData), err)
	}
}

// One byte now and then keeps a connection alive, and must not keep the caller.
func TestBadInputNeverEndingAnswer(t *testing.T) {
	trickle := func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
		for {
			time.Sleep(20 * time.Millisecond)
			if _, err := conn.Write([]byte("1")); err != nil {
				return
			}
		}
	}
	const limit = 3 * time.Second
	perform(t, []func(net.Conn){trickle}, func(t *testing.T, p *play, c *client.Client) {
		start := time.Now()
		_, err := client.Call[any](t.Context(), c, get)
		wantKind(t, err, client.Timeout, "timed out")
		if took := time.Since(start); took != limit {
			t.Errorf("it took %v", took)
		}
		_, err = client.Call[any](t.Context(), c, client.Request{Method: "POST", Path: []string{"things"}})
		wantKind(t, err, client.Timeout, "timed out")
		if !client.FateUnknown(err) {
			t.Errorf("the server had the whole request: %v", err)
		}
	}, client.WithTimeout(limit))
}

// A server that accepts and says nothing, also where it should shake hands first.
func TestBadInputSilentServer(t *testing.T) {
	const limit = 3 * time.Second
	for _, scheme := range []string{"http://", "https://"} {
		synctest.Test(t, func(t *testing.T) {
			silent := func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go io.Copy(io.Discard, theirs)
				return ours, nil
			}
			c := connect(t, scheme+"127.0.0.1", client.WithDialer(silent), client.WithTimeout(limit))
			start := time.Now()
			_, err := client.Call[any](t.Context(), c, get)
			wantKind(t, err, client.Timeout, "timed out")
			if took := time.Since(start); took != limit {
				t.Errorf("%s: it took %v", scheme, took)
			}
			// The transport goes on with its handshake for a while.
			time.Sleep(time.Minute)
		})
	}
}

// Depth costs memory in proportion to the text, also where members are decoded twice.
func TestDeepJSONIsLinear(t *testing.T) {
	deep := func(levels int) []string {
		return []string{
			strings.Repeat("[", levels) + strings.Repeat("]", levels),
			strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels),
			strings.Repeat(`{"a":[`, levels/2) + "1" + strings.Repeat("]}", levels/2),
			strings.Repeat(`{"a":`, levels), strings.Repeat(`[`, levels),
		}
	}
	type member struct {
		A json.RawMessage
	}
	for i, small := range deep(1000) {
		large := deep(8000)[i]
		for name, read := range map[string]func(text string){
			"anything":   func(text string) { _ = client.Unmarshal([]byte(text), new(any)) },
			"a member":   func(text string) { _ = client.Unmarshal([]byte(text), new(member)) },
			"duplicates": func(text string) { _ = client.RefuseDuplicates([]byte(text)) },
			"difference": func(text string) {
				var e client.DifferentError
				e.JSON("metadata", json.RawMessage(text), json.RawMessage(text))
				e.JSON("metadata", json.RawMessage(text), json.RawMessage(strings.Replace(text, "1", "2", 1)))
			},
			"a request": func(text string) {
				var body any
				if client.Unmarshal([]byte(text), &body) != nil {
					return
				}
				c, _ := client.New("https://localhost", client.WithDryRun(func(client.DryRun) {}))
				_, _ = c.Do(t.Context(), client.Request{Method: "POST", Path: []string{"a"}, Body: body})
			},
		} {
			read(small) // what is set up once
			few, many := allocated(func() { read(small) }), allocated(func() { read(large) })
			if many > 32*max(few, 16<<10) {
				t.Errorf("%s of form %d: 1,000 levels took %d KiB, 8,000 took %d KiB", name, i, few>>10, many>>10)
			}
		}
	}
}
