package sandbox

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/pictures"
)

// TestLogo uploads pictures that somebody might mean harm with.
func TestLogo(t *testing.T) {
	w := newTestbed(t, Options{})
	store := "/api/v1/stores/" + w.s.Seed().StoreID
	upload := func(name, content string) (*http.Response, string) {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		file, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": "file", "filename": name})},
			"Content-Type":        {"image/png"}, // the server looks at what it is
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		return w.call("POST", store+"/logo", body.String(), "Content-Type", form.FormDataContentType(), "Authorization", "token "+w.s.Seed().APIKey)
	}
	svg := `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	for _, name := range []string{"logo.svg", "../../etc/passwd.svg", `..\a b?c#d%2e.svg`, "é.svg", strings.Repeat("n", 5000) + ".svg"} {
		response, answer := upload(name, svg)
		if response.StatusCode != http.StatusOK {
			t.Errorf("%.40s: %d %.200s", name, response.StatusCode, answer)
			continue
		}
		link := member(t, answer, "logoUrl")
		picture, content := w.call("GET", strings.TrimPrefix(link, w.origin), "")
		if picture.StatusCode != http.StatusOK || content != svg {
			t.Errorf("%.40s: %.200s: %d", name, link, picture.StatusCode)
		}
		if policy := picture.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") {
			t.Errorf("a picture may run scripts: %q", policy)
		}
	}
	for content, want := range map[string]int{
		"<html><script>alert(1)</script></html>": http.StatusUnprocessableEntity,
		"":                                       http.StatusUnprocessableEntity,
		"\x89PNG\r\n\x1a\n":                      http.StatusOK,
		svg + strings.Repeat(" ", pictures.MaxSize): http.StatusUnprocessableEntity,
	} {
		if response, answer := upload("a.png", content); response.StatusCode != want {
			t.Errorf("%.20q: %d %.200s", content, response.StatusCode, answer)
		}
	}
	if response, _ := w.call("GET", "/LocalStorage/none", ""); response.StatusCode != http.StatusNotFound {
		t.Error(response.StatusCode)
	}
	for _, body := range []string{"--x\r\n", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n", strings.Repeat("--x\r\n\r\n", 1000)} {
		if response, answer := w.call("POST", store+"/logo", body, "Content-Type", "multipart/form-data; boundary=x", "Authorization", "token "+w.s.Seed().APIKey); response.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%.20q: %d %s", body, response.StatusCode, answer)
		}
	}
}
