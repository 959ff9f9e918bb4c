// Package pictures keeps the pictures that are uploaded for users and stores, and shows them.
package pictures

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
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
	p, name := Keep(w, r, MaxSize)
	if p == nil {
		return ""
	}
	return Link(r, name)
}

// Link is the address of a picture by the name under which it is kept.
func Link(r *serve.Request, name string) string { return r.Site.Base() + "/LocalStorage/" + name }

// Keep keeps the picture of a posted form, of at most some bytes, and returns it with the name under which it is kept. If
// it returns nil, it answered an error.
func Keep(w http.ResponseWriter, r *serve.Request, most int) (p *world.Picture, name string) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "" && err == nil && media != "multipart/form-data" {
		aspnet.WriteEmpty(w, http.StatusUnsupportedMediaType)
		return nil, ""
	}
	f := uploaded(r.Content, parameters["boundary"])
	refusal := ""
	switch {
	case f == nil:
		refusal = "Invalid file"
	case len(f.data) > most:
		refusal = "The uploaded file should be less than " + strconv.Itoa(most/1_000_000) + "MB"
	case !strings.HasPrefix(f.media, "image/"), pictureType(f.data) == "":
		refusal = "The uploaded file needs to be an image"
	}
	if refusal != "" {
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "file", Message: refusal})
		return nil, ""
	}
	name = random.UUID() + "-" + f.plainName()
	p = &world.Picture{Type: pictureType(f.data), Data: f.data, ID: random.UUID(), UserID: r.User.ID, Name: f.name, Created: r.World.Now()}
	r.State.Pictures[name] = p
	return p, name
}

// file is one of a form.
type file struct {
	name  string
	media string // as the form says
	data  []byte
}

// plainName has the characters of the name that an address can have.
func (f *file) plainName() string {
	return strings.Map(func(c rune) rune {
		if c < '0' && c != '-' && c != '.' || c > 'z' || c > '9' && c < 'A' || c > 'Z' && c < 'a' && c != '_' {
			return -1
		}
		return c
	}, path.Base(f.name))
}

// uploaded returns the file of a form; nil if there is none.
func uploaded(body []byte, boundary string) *file {
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for boundary != "" {
		part, err := form.NextPart()
		if err != nil {
			break
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			break
		}
		return &file{part.FileName(), part.Header.Get("Content-Type"), data}
	}
	return nil
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
