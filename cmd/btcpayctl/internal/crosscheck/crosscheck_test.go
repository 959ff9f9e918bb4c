package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// TestCheck type-checks a module that is wrong on some platforms: in the package, in its
// tests, and for the size of a word.
func TestCheck(t *testing.T) {
	sources, vetted := newSources(), vettedFiles{}
	for _, c := range []struct {
		goos, goarch string
		problems     []string // a part of each
		unvetted     []string
	}{
		{"linux", "amd64", nil, []string{"example.com/cross", "example.com/cross/inner"}},
		{"linux", "arm64", nil, nil},
		{"linux", "386", []string{"good.go:5:26: cannot use 1 << 40"}, nil},
		{"windows", "arm64", []string{"own_windows.go:3:28: undefined: undeclared"}, []string{"example.com/cross", "example.com/cross/inner"}},
		{"freebsd", "amd64", []string{"outside_freebsd_test.go:5:16: cannot use cross.Size() (value of type int) as string value"}, []string{"example.com/cross"}},
	} {
		p := platform{c.goos, c.goarch, "testdata/module"}
		packages, err := p.list(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := count(packages); n != 2 {
			t.Errorf("%s/%s: %d packages", c.goos, c.goarch, n)
		}
		problems := sources.check(p, packages)
		for _, want := range c.problems {
			if !slices.ContainsFunc(problems, func(p string) bool {
				return strings.HasPrefix(p, c.goos+"/"+c.goarch+": ") && strings.Contains(p, want)
			}) {
				t.Errorf("%s/%s: %q is not among\n%s", c.goos, c.goarch, want, strings.Join(problems, "\n"))
			}
		}
		if len(c.problems) == 0 && len(problems) > 0 {
			t.Errorf("%s/%s:\n%s", c.goos, c.goarch, strings.Join(problems, "\n"))
		}
		if got := vetted.take(packages); !slices.Equal(got, c.unvetted) {
			t.Errorf("%s/%s: to be vetted %q, want %q", c.goos, c.goarch, got, c.unvetted)
		}
	}
}

// TestRunRefuses names platforms that there are not.
func TestRunRefuses(t *testing.T) {
	for _, name := range []string{"linux", "linux/", "linux/z80"} {
		if err := run(t.Context(), "testdata/module", []string{name}, nil, os.Stdout); err == nil || !strings.Contains(err.Error(), "is no platform") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
