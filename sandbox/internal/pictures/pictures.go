// Package pictures keeps the pictures that are uploaded for users and stores, and shows them.
package pictures

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// MaxSize is the server's limit for a picture, in bytes.
const MaxSize = 1_000_000

// Take keeps the picture of a posted form and returns its address. If it returns "", it answered an error.
func Take(w http.ResponseWriter, r *serve.Request) (link string) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "" && err == nil && media != "multipart/form-data" {
		aspnet.WriteEmpty(w, http.StatusUnsupportedMediaType)
		return ""
	}
	name, data, found := uploaded(r.Content, parameters["boundary"])
	kind := pictureType(data)
	refusal := ""
	switch {
	case !found:
		refusal = "Invalid file"
	case kind == "":
		refusal = "The uploaded file needs to be an image"
	case len(data) > MaxSize:
		refusal = "The uploaded file should be less than 1MB"
	}
	if refusal != "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "file", Message: refusal})
		return ""
	}
	file := random.UUID() + "-" + name
	r.State.Pictures[file] = &world.Picture{Type: kind, Data: data}
	return r.Site.Base() + "/LocalStorage/" + file
}

// uploaded returns the file of a form, and the characters of its name that an address can have.
func uploaded(body []byte, boundary string) (name string, data []byte, found bool) {
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for boundary != "" {
		part, err := form.NextPart()
		if err != nil {
			break
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		data, err = io.ReadAll(part)
		name = strings.Map(func(c rune) rune {
			if c < '0' && c != '-' && c != '.' || c > 'z' || c > '9' && c < 'A' || c > 'Z' && c < 'a' && c != '_' {
				return -1
			}
			return c
		}, path.Base(part.FileName()))
		return name, data, err == nil
	}
	return "", nil, false
}

// pictureType returns the media type of a picture by its content, "" if it is not a picture.
func pictureType(data []byte) string {
	head := bytes.ToLower(data[:min(len(data), 1024)])
	if bytes.Contains(head, []byte("<svg")) {
		return "image/svg+xml"
	}
	if kind := http.DetectContentType(data); strings.HasPrefix(kind, "image/") {
		return kind
	}
	return ""
}

// Show answers a picture. Any user may have uploaded it, so nothing in it may run.
func Show(w http.ResponseWriter, r *serve.Request) {
	p := r.State.Pictures[r.PathValue("file")]
	if p == nil {
		aspnet.WriteEmpty(w, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", p.Type)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	w.WriteHeader(http.StatusOK)
	w.Write(p.Data)
}
