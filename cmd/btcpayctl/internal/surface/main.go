// Command surface reduces the OpenAPI document of a server to surface facts: operations,
// parameters, and the names, kinds and enum values of request and response fields. It
// keeps no prose. The tests of package greenfield compare the SDK with these facts.
//
//	go run ./cmd/btcpayctl/internal/surface -spec greenfield-2.4.1.json
//	go run ./cmd/btcpayctl/internal/surface -spec https://btcpay.example.com -release 2.4.1
//
// The document names no release of the server. The release is taken from -release, else
// from the name of the file.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

func main() {
	spec := flag.String("spec", "", "the document: a file, its `URL`, or the address of a server")
	release := flag.String("release", "", "the release of the server, such as 2.4.1")
	out := flag.String("out", filepath.Join("greenfield", "testdata", "surface"), "the folder for the facts")
	flag.Parse()
	if err := run(*spec, *release, *out); err != nil {
		fmt.Fprintln(os.Stderr, "surface:", err)
		os.Exit(1)
	}
}

var releasePattern = regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+`)

func run(spec, release, out string) error {
	if spec == "" {
		return fmt.Errorf("no document was given. Next: make surface SPEC=greenfield-2.4.1.json, or SPEC=https://btcpay.example.com RELEASE=2.4.1")
	}
	text, err := load(spec)
	if err != nil {
		return err
	}
	facts, notes, err := reduce(text)
	if err != nil {
		return fmt.Errorf("%s: %w", spec, err)
	}
	if release == "" && releasePattern.FindString(facts.Version) == facts.Version {
		release = facts.Version
	}
	if release == "" && !isURL(spec) {
		release = releasePattern.FindString(filepath.Base(spec))
	}
	if releasePattern.FindString(release) != release || release == "" {
		return fmt.Errorf("%s: the document does not say of which release it is. Next: add RELEASE=2.4.1", spec)
	}
	facts.Version = release
	path := filepath.Join(out, release+".json")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, facts.encode(), 0o644); err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(os.Stderr, note)
	}
	fmt.Fprintf(os.Stderr, "%s: %d operations, %d types\n", path, len(facts.Operations), len(facts.Types))
	return nil
}
