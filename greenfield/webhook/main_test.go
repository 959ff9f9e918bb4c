package webhook_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield/webhook"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

// patience only ends a hang.
const patience = 2 * time.Minute

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMain also is the program of the test that kills processes.
func TestMain(m *testing.M) {
	if os.Getenv(receiverVariable) != "" {
		os.Exit(receiverProgram())
	}
	leaks.Main(m)
}

func secret(t testing.TB, text string) webhook.Secret {
	t.Helper()
	s, err := webhook.NewSecret(text)
	must(t, err)
	return s
}

// sign is written from RFC 2104, so that it shares no mistake with the package.
func sign(secret string, body []byte) string {
	key := []byte(secret)
	if len(key) > sha256.BlockSize {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	key = append(key, make([]byte, sha256.BlockSize-len(key))...)
	pad := func(b byte, text []byte) []byte {
		padded := make([]byte, 0, len(key)+len(text))
		for _, k := range key {
			padded = append(padded, k^b)
		}
		sum := sha256.Sum256(append(padded, text...))
		return sum[:]
	}
	return "sha256=" + hex.EncodeToString(pad(0x5c, pad(0x36, body)))
}

// A delivery is one that a real server sent. The names of ids replace those that
// differed between two runs.
type delivery struct{ Version, Group, Body string }

func recorded(t testing.TB) []delivery {
	t.Helper()
	f, err := os.Open("testdata/deliveries.jsonl")
	must(t, err)
	defer f.Close()
	var all []delivery
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, webhook.MaxBody)
	for lines.Scan() {
		var d delivery
		must(t, json.Unmarshal(lines.Bytes(), &d))
		all = append(all, d)
	}
	must(t, lines.Err())
	if len(all) < 40 {
		t.Fatalf("only %d recorded deliveries", len(all))
	}
	return all
}

// body is a delivery of an event about an invoice.
func body(delivery, original, invoice string) string {
	return fmt.Sprintf(`{
  "deliveryId": %q,
  "webhookId": "w",
  "originalDeliveryId": %q,
  "isRedelivery": %t,
  "type": "InvoiceSettled",
  "timestamp": 1795420942,
  "storeId": "s",
  "invoiceId": %q
}`, delivery, original, delivery != original, invoice)
}

// with replaces a field's value in the text of a body.
func with(t testing.TB, body, field, value string) string {
	t.Helper()
	before, after, found := strings.Cut(body, `"`+field+`": `)
	end := strings.IndexAny(after, ",\n")
	if !found || end < 0 {
		t.Fatal("no field", field)
	}
	return before + `"` + field + `": ` + value + after[end:]
}
