package aspnet

import "testing"

func TestWellFormedURL(t *testing.T) {
	for url, want := range map[string]bool{
		"http://shop.example/tokens":         true,
		"http://127.0.0.1:8080/a%2Fb?c=d%20": true,
		"http://[::1]:8080/tokens":           true,
		"http://[::1/tokens":                 false,
		"http://[shop]/tokens":               false,
		"http://[127.0.0.1]/tokens":          false,
		"http://shop.example/a[0]":           false,
		"http://[::1]/a[0]":                  false,
		"http://shop.example/a b":            false,
		"http://shop.example/é":              false,
		"http://shop.example/%4":             false,
		"http://shop.example/%zz":            false,
		"http://shop.example/?a={b}":         false,

		"http://shop.example/?a=%F0%9F%8D%B5":                               false, // U+1F375
		"http://shop.example/?a=b%f0%9f%98%80c":                             false,
		"http://shop.example/?a=%F0%90%80%80":                               false, // the first above U+FFFF
		"http://shop.example/?a=%F4%8F%BF%BD":                               false,
		"http://shop.example/?a=%F3%A0%80%81":                               true, // U+E0001
		"http://shop.example/?a=%EF%BF%BD%E4%B8%AD%C3":                      true,
		"http://shop.example/?a=%E4":                                        true, // no UTF-8
		"http://shop.example/?a=%F0%9F%8D":                                  true,
		"http://shop.example/?a=%F0%9F%8D%41":                               true,
		"http://shop.example/?a=%F0%82%82%AC":                               true, // a longer form of the euro
		"http://shop.example/?a=%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D%25%C3%A9": true,
	} {
		if got := WellFormedURL(url); got != want {
			t.Errorf("%s: %v", url, got)
		}
	}
	for _, c := range "\"<>[\\]^`{|}%" {
		if WellFormedURL("http://shop.example/?a=" + string(c) + "b") {
			t.Errorf("a bare %c passes", c)
		}
	}
}
