package cli

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app/apptest"
)

func TestBrowseRefuses(t *testing.T) {
	a, _, _ := apptest.New(t, map[string]string{"BROWSER": "/nonexistent/browser"})
	for _, page := range []string{"", "javascript:alert(1)", "file:///etc/passwd", "https://", "btcpay.example.com"} {
		if err := Browse(a, page); err == nil || !strings.Contains(err.Error(), "is not the address of a web page") {
			t.Errorf("%q: %v", page, err)
		}
	}
	if err := Browse(a, "https://btcpay.example.com"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a browser that is not there: %v", err)
	}
}
