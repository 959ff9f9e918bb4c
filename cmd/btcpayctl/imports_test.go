package main

import (
	"cmp"
	"os"
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
	"client":             {},
	"bitpay":             {"client"},
	"greenfield":         {"client"},
	"greenfield/webhook": {},
	"keystore":           {},
	"sandbox":            {},
	"examples":           {"client", "bitpay", "greenfield", "greenfield/webhook", "keystore", "sandbox"},
	"cmd/btcpayctl":      {"client", "bitpay", "greenfield", "greenfield/webhook", "keystore", "sandbox"},
}

// shared are the packages below cmd/btcpayctl/internal that nouns use, each with those of
// them that it may import. Any other package there is a noun, which imports no noun, or
// one of the tools.
var shared = map[string][]string{
	"fault":      {},
	"ledger":     {},
	"output":     {},
	"profile":    {"output"},
	"signals":    {},
	"terminal":   {"output"},
	"app":        {"ledger", "output", "profile", "signals", "terminal"},
	"cli":        {"app", "output", "profile", "signals"},
	"operations": {"app", "cli", "fault", "ledger", "output", "profile", "signals"},
	"readiness":  {"output"},
}

// tools make, measure and test the program. root alone knows the nouns.
var tools = []string{"apicheck", "bench", "canary", "crosscheck", "docgen", "gotest", "programtest", "root", "surface", "testrun", "torture"}

// checkNoun reads what a package below cmd/btcpayctl/internal imports of its neighbours.
func checkNoun(t *testing.T, path string, imports []string) {
	t.Helper()
	below := func(path string) string {
		path, inside := strings.CutPrefix(path, module+"cmd/btcpayctl/internal/")
		if !inside {
			return ""
		}
		name, _, _ := strings.Cut(path, "/")
		return name
	}
	from := below(path)
	allowed, isShared := shared[from]
	if from == "" || slices.Contains(tools, from) {
		return
	}
	for _, imported := range imports {
		to := below(imported)
		if _, known := shared[to]; to == "" || to == from || !isShared && known || slices.Contains(allowed, to) {
			continue
		}
		t.Errorf("%s imports %s", path, imported)
	}
}

// greenfieldAreas stands for each package below sandbox/internal/greenfield.
const greenfieldAreas = "sandbox/internal/greenfield/*"

// sandboxArrows are which packages of the sandbox each one of them may import. Money, the framework, BitId and delivery
// know neither routes nor the world, the world knows no route, the way of a request knows no handler, and an area of
// the API knows no other area.
var sandboxArrows = map[string][]string{
	"sandbox": {
		"sandbox/human", "sandbox/internal/bitpay", "sandbox/internal/dashboard", "sandbox/internal/deliver", greenfieldAreas, "sandbox/internal/money", "sandbox/internal/pages",
		"sandbox/internal/release", "sandbox/internal/requestlog", "sandbox/internal/serve", "sandbox/internal/world", "sandbox/internal/aspnet", "sandbox/internal/bitid", "sandbox/internal/random",
	},
	"sandbox/internal/bitpay": {
		"sandbox/internal/aspnet", "sandbox/internal/bitid", "sandbox/internal/deliver", "sandbox/internal/money",
		"sandbox/internal/random", "sandbox/internal/serve", "sandbox/internal/world",
	},
	"sandbox/internal/dashboard": {"sandbox/internal/money", "sandbox/internal/requestlog", "sandbox/internal/serve", "sandbox/internal/world"},
	greenfieldAreas: {
		"sandbox/internal/aspnet", "sandbox/internal/greenfield", "sandbox/internal/language", "sandbox/internal/money", "sandbox/internal/pictures",
		"sandbox/internal/random", "sandbox/internal/release", "sandbox/internal/serve", "sandbox/internal/world",
	},
	"sandbox/internal/greenfield": {"sandbox/internal/release", "sandbox/internal/serve", "sandbox/internal/world"},
	"sandbox/internal/pages": {
		"sandbox/internal/aspnet", "sandbox/internal/bitid", "sandbox/internal/language", "sandbox/internal/money", "sandbox/internal/pictures", "sandbox/internal/random", "sandbox/internal/release", "sandbox/internal/serve", "sandbox/internal/websocket", "sandbox/internal/world",
	},
	"sandbox/internal/pictures":   {"sandbox/internal/aspnet", "sandbox/internal/random", "sandbox/internal/serve", "sandbox/internal/world"},
	"sandbox/internal/serve":      {"sandbox/internal/aspnet", "sandbox/internal/bitid", "sandbox/internal/random", "sandbox/internal/release", "sandbox/internal/requestlog", "sandbox/internal/world"},
	"sandbox/internal/release":    {"sandbox/internal/aspnet", "sandbox/internal/world"},
	"sandbox/internal/world":      {"sandbox/internal/aspnet", "sandbox/internal/deliver", "sandbox/internal/money", "sandbox/internal/random"},
	"sandbox/internal/bitid":      {"sandbox/internal/aspnet"},
	"sandbox/internal/aspnet":     {"sandbox/internal/money"},
	"sandbox/internal/deliver":    {},
	"sandbox/internal/language":   {},
	"sandbox/internal/money":      {},
	"sandbox/internal/random":     {},
	"sandbox/internal/requestlog": {},
	"sandbox/human":               {},
	"sandbox/replay":              {"sandbox/human"},

	"sandbox/internal/websocket": {},
}

// sandboxPackage is the name of a package in sandboxArrows.
func sandboxPackage(path string) string {
	name := strings.TrimPrefix(path, module)
	if strings.HasPrefix(name, strings.TrimSuffix(greenfieldAreas, "*")) {
		return greenfieldAreas
	}
	return name
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
	guide, err := os.ReadFile("../../CONTRIBUTING.md")
	must(t, err)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if n := strings.Count(string(guide), "\n| `"+strings.TrimPrefix(words[0], module)+"` |"); n != 1 {
			t.Errorf("the map in CONTRIBUTING.md has %s %d times", words[0], n)
		}
		from := area(words[0])
		seen[from] = true
		allowed, known := arrows[from]
		if !known {
			t.Errorf("the package %s is not in docs/architecture.md", words[0])
			continue
		}
		checkNoun(t, words[0], words[1:])
		inside, within := sandboxPackage(words[0]), from == "sandbox"
		if _, known := sandboxArrows[inside]; within && !known {
			t.Errorf("the package %s is not in sandboxArrows", words[0])
		}
		seen[inside] = true
		for _, imported := range words[1:] {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			if to := sandboxPackage(imported); within && !slices.Contains(sandboxArrows[inside], to) {
				t.Errorf("%s imports %s", words[0], imported)
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
	for name := range sandboxArrows {
		if !seen[name] {
			t.Errorf("there is no package %s", name)
		}
	}
}

// area is the package of the list that a package belongs to: the nearest one above it.
func area(path string) string {
	path = strings.TrimPrefix(path, module)
	nearest := ""
	for name := range arrows {
		if (path == name || strings.HasPrefix(path, name+"/")) && len(name) > len(nearest) {
			nearest = name
		}
	}
	return cmp.Or(nearest, path)
}
