package bitpay_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

// The tests that read recorded steps.
const (
	readInvoices = "TestRecordedInvoices"
	readRefusals = "TestRecordedRefusals"
	readTokens   = "TestRecordedTokens"
	readRates    = "TestRecordedRates"
)

var apiPath = regexp.MustCompile(`(?i)^/(tokens|invoices|rates|api/rates)`)

// readBy returns the test that reads the response of a step, or "" if none does.
func readBy(e replay.Exchange) string {
	path, _, _ := strings.Cut(e.Request.Path, "?")
	switch {
	case e.Response.Status >= 400 && apiPath.MatchString(path):
		return readRefusals
	case e.Response.Status != 200:
		return ""
	case strings.HasPrefix(path, "/invoices"):
		return readInvoices
	case e.Request.Path == "/tokens" && e.Request.Method != "OPTIONS":
		return readTokens
	case e.Group == "bitpay-rates" && strings.Contains(path, "rates") && !strings.Contains(path, "/stores/"):
		return readRates
	}
	return ""
}

// TestRecordedSteps: each step is read by a test, or it is listed with a reason.
func TestRecordedSteps(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "unread_steps.txt"))
	if err != nil {
		t.Fatal(err)
	}
	met, reason := map[string]bool{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch name, step := strings.CutPrefix(line, "\t"); {
		case step && reason == "":
			t.Errorf("unread_steps.txt: %q has no reason", name)
		case step:
			met[name] = false
		case line != "" && !strings.HasPrefix(line, "#"):
			reason = line
		}
	}
	for _, e := range recorded(t) {
		if readBy(e) != "" {
			continue
		}
		name := e.Group + ": " + e.Name
		if _, listed := met[name]; !listed {
			t.Errorf("%q is read by no test, and testdata/unread_steps.txt has no reason for it: %s %s %d", name, e.Request.Method, e.Request.Path, e.Response.Status)
		}
		met[name] = true
	}
	for name, used := range met {
		if !used {
			t.Errorf("testdata/unread_steps.txt has %q, which is read now, or which no recording has", name)
		}
	}
}
