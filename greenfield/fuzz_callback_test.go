package greenfield

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCallback looks at what comes out of a body that anybody may have written.
func FuzzCallback(f *testing.F) {
	const key = "0123456789abcdef0123456789abcdef01234567"
	f.Add("application/x-www-form-urlencoded", []byte("apiKey="+key+"&userId=u&permissions%5B%5D=unrestricted&__RequestVerificationToken=x"))
	f.Add("application/x-www-form-urlencoded", []byte("apiKey="+key+"&apiKey="+key))
	f.Add("application/json", []byte(`{"apiKey":"`+key+`","userId":"u","permissions":["btcpay.store.canviewinvoices:a"]}`))
	f.Add("application/json; charset=utf-8", []byte(`{"apiKey":"`+key+`","apiKey":"`+key+`"}`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got, err := parseCallback(contentType, body)
		if err != nil {
			if !got.APIKey.IsZero() {
				t.Fatal("a refused body left a key")
			}
			return
		}
		text := got.APIKey.Secret().Reveal()
		if !keyPattern.MatchString(text) || len(got.UserID) > maxUserID || !utf8.ValidString(got.UserID) || strings.ContainsFunc(got.UserID, control) {
			t.Fatalf("%q brought %+v", body, got)
		}
		for _, p := range got.Permissions {
			if again, err := ParsePermission(string(p)); err != nil || again != p {
				t.Fatalf("%q brought the permission %q", body, p)
			}
		}
	})
}
