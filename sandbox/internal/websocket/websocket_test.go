package websocket

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Frames of a client, with the mask 00000000 unless they say otherwise.
const (
	noMask = "00000000"
	hello  = "8185" + noMask + "48656c6c6f"
)

func TestReceive(t *testing.T) {
	long := strings.Repeat("61", 70_000)
	for _, test := range []struct {
		name, sent string
		messages   int
		answered   string // in hex, the beginning
	}{
		{"a text", hello, 1, ""},
		{"the masked hello of the standard", "818537fa213d7f9f4d5158", 1, ""},
		{"a text in two parts", "0183" + noMask + "48656c" + "8082" + noMask + "6c6f", 1, ""},
		{"a character in two parts", "0181" + noMask + "c3" + "8081" + noMask + "a9", 1, ""},
		{"a ping between the parts", "0181" + noMask + "61" + "8981" + noMask + "62" + "8081" + noMask + "63", 1, "8a0162"},
		{"bytes of all kinds", "8284" + noMask + "00ff80c3", 1, ""},
		{"an empty text", "8180" + noMask, 1, ""},
		{"126 bytes", "82fe007e" + noMask + strings.Repeat("00", 126), 1, ""},
		{"a text of 70,000 bytes", "81ff0000000000011170" + noMask + long, 1, ""},
		{"two messages", hello + hello, 2, ""},
		{"a pong", "8a80" + noMask + hello, 1, ""},
		{"the end", hello + "8882" + noMask + "03e8" + hello, 1, "880903e8436c6f73696e67"},
		{"the end without a code", "8880" + noMask, 0, "880903e8"},
		{"no mask", "810548656c6c6f", 0, "88..03ea"},
		{"a reserved bit", "c180" + noMask, 0, "88..03ea"},
		{"an unknown kind", "8380" + noMask, 0, "88..03ea"},
		{"an unknown control", "8b80" + noMask, 0, "88..03ea"},
		{"a ping in parts", "0980" + noMask, 0, "88..03ea"},
		{"a long ping", "89fe007e" + noMask + strings.Repeat("00", 126), 0, "88..03ea"},
		{"a continuation of nothing", "8080" + noMask, 0, "88..03ea"},
		{"a message within a message", "0181" + noMask + "61" + hello, 0, "88..03ea"},
		{"a length of 64 bits", "82ffffffffffffffffff" + noMask, 0, "88..03ea"},
		{"half a code", "8881" + noMask + "03", 0, "88..03ea"},
		{"no UTF-8", "8181" + noMask + "ff", 0, "88..03ef"},
		{"half a character", "8181" + noMask + "c3", 0, "88..03ef"},
		{"cut off", "8185" + noMask + "4865", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sent, err := hex.DecodeString(test.sent)
			if err != nil {
				t.Fatal(err)
			}
			recorder := &recorder{}
			c := NewConn(recorder, bufio.NewReader(bytes.NewReader(sent)))
			messages := 0
			for c.Receive() == nil {
				messages++
			}
			if got := hex.EncodeToString(recorder.sent.Bytes()); messages != test.messages || !fits(got, test.answered) || test.answered == "" && got != "" {
				t.Errorf("%d messages, answered %s; want %d and %s", messages, got, test.messages, test.answered)
			}
		})
	}
}

// fits reports whether a text begins with a pattern, whose points are any character.
func fits(text, pattern string) bool {
	if len(text) < len(pattern) {
		return false
	}
	for i := range pattern {
		if pattern[i] != '.' && pattern[i] != text[i] {
			return false
		}
	}
	return true
}

type recorder struct {
	net.Conn
	sent bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error)      { return r.sent.Write(p) }
func (r *recorder) SetWriteDeadline(time.Time) error { return nil }

func TestNothingIsSentAfterTheEnd(t *testing.T) {
	r := &recorder{}
	c := NewConn(r, nil)
	c.Close(GoingAway, "")
	c.Close(NormalClosure, "again")
	if err := c.Send(Binary, []byte{0}); !errors.Is(err, ErrClosed) || hex.EncodeToString(r.sent.Bytes()) != "880203e9" {
		t.Errorf("%v, %x", err, r.sent.Bytes())
	}
}

func TestHandshake(t *testing.T) {
	good := http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"WebSocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	request := func(change string) *http.Request {
		r := &http.Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Header: good.Clone()}
		if name, value, found := strings.Cut(change, ": "); found {
			r.Header.Set(name, value)
		}
		return r
	}
	if r := request(""); !Asked(r) {
		t.Error("a handshake is not taken for one")
	}
	for _, change := range []string{"Connection: close", "Upgrade: h2c", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: short", "Sec-WebSocket-Key: AAAA"} {
		if r := request(change); Asked(r) {
			t.Errorf("%s is taken for a handshake", change)
		}
	}
	h := http.Header{}
	Accept(h, request(""))
	if got := h["Sec-Websocket-Accept"]; !slices.Equal(got, []string{"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}) { // the standard's example
		t.Error(got)
	}
}
