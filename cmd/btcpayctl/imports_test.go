package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/btcpayctl/btcpayctl/"

// arrows are which of the project's packages each one may import, as
// docs/architecture.md has it. What is below a package may import the package
// and what that may.
var arrows = map[string][]string{
	"client":        {},
	"bitpay":        {"client"},
	"greenfield":    {"client"},
	"keystore":      {},
	"sandbox":       {},
	"cmd/btcpayctl": {"client", "bitpay", "greenfield", "keystore", "sandbox"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-buildvcs=false", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		from := area(words[0])
		seen[from] = true
		allowed, known := arrows[from]
		if !known {
			t.Errorf("the package %s is not in docs/architecture.md", words[0])
			continue
		}
		for _, imported := range words[1:] {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			if to := area(imported); to != from && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s", words[0], imported)
			}
		}
	}
	for name := range arrows {
		if !seen[name] && name != "greenfield" {
			t.Errorf("there is no package %s", name)
		}
	}
}

// area is the package of the list that a package belongs to.
func area(path string) string {
	path = strings.TrimPrefix(path, module)
	for name := range arrows {
		if path == name || strings.HasPrefix(path, name+"/") {
			return name
		}
	}
	return path
}
