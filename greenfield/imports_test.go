package greenfield_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLinksLittle lists what a program gets with this package: the standard
// library and the package client.
func TestLinksLittle(t *testing.T) {
	const module = "github.com/btcpayctl/btcpayctl/"
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if path != module+"greenfield" && path != module+"client" {
			t.Error("it links", path)
		}
	}
}
