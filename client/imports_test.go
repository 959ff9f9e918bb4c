package client_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A program that imports this package takes on what it links.
func TestLinksTheStandardLibraryAlone(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); len(got) != 1 || got[0] != "github.com/btcpayctl/btcpayctl/client" {
		t.Errorf("it links %s", got)
	}
}
