package apps

import (
	"strings"
	"testing"
)

func TestMetaTags(t *testing.T) {
	for given, want := range map[string]string{
		"":                            "",
		"hello & <b>bold</b> bye":     "hello &amp;  bye",
		`<meta name="a" content="b">`: `<meta name="a" content="b">`,
		`<META NAME=a onclick=x CONTENT='b"c' name=z />`: `<meta name="a" content="b&quot;c">`,
		`<meta charset="utf-8">`:                         `<meta>`,
		"<script>alert('<meta name=x>')</script>after":   "after",
		"<SCRIPT>x</SCRIPT >y":                           "y",
		"<!-- <meta name=x> -->a<!doctype html>b<?x?>c":  "abc",
		"<div><meta name=x>in<p>deep</div>out":           "out",
		"<p>a<div>b</div>c":                              "c",
		"a</b>c":                                         "ac",
		"1 < 2 &lt; 3 &copy;":                            "1 &lt; 2 &lt; 3 ©",
		"<meta name=":                                    "",
		"<":                                              "&lt;",
		"<title>x":                                       "",
		`<meta content="&amp;lt;&nbsp;">`:                `<meta content="&amp;lt;&nbsp;">`,
	} {
		if got := *metaTags(&given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
	for _, long := range []string{strings.Repeat("<div>", 1<<20), strings.Repeat("<meta a=", 1<<18), strings.Repeat("<!--", 1<<20), strings.Repeat("<p><title", 1<<18), strings.Repeat("<style></style>", 1<<18), "<meta " + strings.Repeat("a1 b2 ", 1<<18)} {
		metaTags(&long)
	}
}
