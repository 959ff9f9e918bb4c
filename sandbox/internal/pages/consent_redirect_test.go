package pages

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRedirectAddress(t *testing.T) {
	for _, test := range []struct{ given, escaped, shown string }{
		{"", "", ""},
		{"  https://Shop.Example/Path  ", "https://shop.example/Path", ""},
		{"https://shop.example:443", "https://shop.example/", ""},
		{"https://shop.example:0443?x", "https://shop.example/?x", ""},
		{"http://shop.example:443/", "http://shop.example:443/", ""},
		{"http://shop.example:/", "http://shop.example/", ""},
		{`http:\\shop.example\a\b?c\d`, "http://shop.example/a/b?c%5Cd", ""},
		{"http://shop.example/a/./b/../c", "http://shop.example/a/c", ""},
		{"http://shop.example/../..", "http://shop.example/", ""},
		{"http://shop.example/a/..", "http://shop.example/", ""},
		{"http://shop.example/a/b/.", "http://shop.example/a/b/", ""},
		{"http://shop.example/100%", "http://shop.example/100%25", ""},
		{"http://shop.example/%4a%c3%a9%e9", "http://shop.example/J%c3%a9%e9", "http://shop.example/Jé%e9"},
		{"http://shop.example/%00%0a%7f", "http://shop.example/%00%0a%7f", ""},
		{"http://[::1]:8080/x", "http://[::1]:8080/x", ""},
		{"http://[::1]/", "http://[::1]/", ""},
		{"my.app+x-1:done", "my.app+x-1:done", ""},
		{"myapp://", "myapp:///", ""},
		{"myapp:///done", "myapp:///done", ""},
		{"localhost:8080/cb", "localhost:8080/cb", ""},
	} {
		a, ok := parseRedirect(test.given)
		if test.shown == "" {
			test.shown = test.escaped
		}
		if !ok || a.relative || a.escaped != test.escaped || a.String() != test.shown {
			t.Errorf("%q: %q, shown as %q, %t", test.given, a.escaped, a, ok)
		}
	}
	for _, relative := range []string{"cb", "/cb", "//host/cb", "127.0.0.1:80/cb", "1a:b", ":x", "a b:c"} {
		if a, ok := parseRedirect(relative); !ok || !a.relative || a.escaped != "" {
			t.Errorf("%q: %+v, %t", relative, a, ok)
		}
	}
	for _, wrong := range []string{"http:", "http:/x", "http://", "https:///x", "http://:80/", "http://a b/", "http://h:99999/", "http://h:http/", "http://[::1/", "http://[x]/", "http://h%20/"} {
		if a, ok := parseRedirect(wrong); ok {
			t.Errorf("%q: %+v", wrong, a)
		}
	}
}

// TestRedirectAddressComesBack holds that what the form shows is read as the same address when it is posted. An
// escaped blank at the end does not come back: the field shows the blank itself, which is trimmed. Nor do the capitals
// of escapes that the field shows as letters.
func TestRedirectAddressComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scheme := rapid.SampledFrom([]string{"http://h", "https://H:8443", "my://", "my:"}).Draw(t, "scheme")
		rest := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune(`%%25cC0aA/?#. \"<>[]{}|^é`)))).Draw(t, "rest")
		a, ok := parseRedirect(scheme + "/" + rest)
		if !ok {
			return
		}
		if again, ok := parseRedirect(a.escaped); !ok || again != a {
			t.Fatalf("%q is read as %q", a.escaped, again.escaped)
		}
		shown := a.String()
		if shown != strings.TrimSpace(shown) {
			return
		}
		again, ok := parseRedirect(shown)
		if again.escaped = inCapitals(again.escaped); !ok || again != (redirectAddress{escaped: inCapitals(a.escaped), relative: a.relative}) {
			t.Fatalf("%q is shown as %q and read as %q", a.escaped, a, again.escaped)
		}
	})
}

// inCapitals writes the escapes of an address with capital letters.
func inCapitals(address string) string {
	return regexp.MustCompile(`%[0-9a-fA-F]{2}`).ReplaceAllStringFunc(address, strings.ToUpper)
}
