package bitpay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// recordings are those of the BitPay-compatible API, of every recorded version.
func recordings(t *testing.T) []*replay.Recording {
	t.Helper()
	all, err := replay.LoadAll("../sandbox/testdata/recordings/*/6*.json")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]int{}
	for _, r := range all {
		groups[r.Server.Version]++
	}
	for _, version := range versions {
		if groups[version] < 8 {
			t.Fatalf("there are %d recordings of %s", groups[version], version)
		}
	}
	return all
}

var versions = []string{"2.4.1", "2.3.9", "2.0.8", "1.13.5"}

func recorded(t *testing.T) []replay.Exchange {
	t.Helper()
	var all []replay.Exchange
	for _, r := range recordings(t) {
		all = append(all, exchanges(t, r)...)
	}
	return all
}

func exchanges(t *testing.T, r *replay.Recording) []replay.Exchange {
	t.Helper()
	all, err := r.Exchanges()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// respond is a server that gives this answer to everything, and a client for it.
func respond(t *testing.T, status int, body string, credential bitpay.Credential) *bitpay.Client {
	t.Helper()
	return newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}), credential)
}

// patience turns a hang into a failure, and is never used up otherwise.
const patience = 5 * time.Minute

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(t *testing.T, server string, credential bitpay.Credential, options ...client.Option) *bitpay.Client {
	t.Helper()
	c, err := bitpay.New(server, credential, append([]client.Option{client.WithRetries(0), client.WithTimeout(patience)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func parse(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// lost tells what a decoded and encoded value lacks of the one that a server sent: each
// member has to be there with its value, where null may have become a zero value and
// a number a text of the same digits.
func lost(path string, sent, got any) []string {
	switch sent := sent.(type) {
	case nil:
		if text, err := json.Marshal(got); err == nil && strings.Trim(string(text), `"`) != "" && !slices.Contains([]string{"null", `""`, `"0"`, "0", "false", "[]", "{}"}, string(text)) && !allEmpty(got) {
			return []string{fmt.Sprintf("%s: null became %s", path, text)}
		}
		return nil
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: an object became %v", path, got)}
		}
		var differences []string
		for name, value := range sent {
			if _, there := object[name]; !there {
				if value != nil {
					differences = append(differences, fmt.Sprintf("%s.%s is lost", path, name))
				}
				continue
			}
			differences = append(differences, lost(path+"."+name, value, object[name])...)
		}
		return differences
	case []any:
		list, ok := got.([]any)
		if !ok && len(sent) > 0 || len(list) != len(sent) {
			return []string{fmt.Sprintf("%s: %d items became %v", path, len(sent), got)}
		}
		var differences []string
		for i := range sent {
			differences = append(differences, lost(fmt.Sprintf("%s[%d]", path, i), sent[i], list[i])...)
		}
		return differences
	}
	if sameScalar(sent, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %v became %v", path, sent, got)}
}

func allEmpty(value any) bool {
	object, ok := value.(map[string]any)
	for _, member := range object {
		ok = ok && (member == "" || member == nil)
	}
	return ok
}

func sameScalar(sent, got any) bool {
	a, b := fmt.Sprint(sent), fmt.Sprint(got)
	if a == b {
		return true
	}
	if at, err := time.Parse("2006-01-02T15:04:05", a); err == nil {
		return b == at.Format(time.RFC3339Nano)
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}
