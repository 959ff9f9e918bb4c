package sandbox

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

// maxPicture is the server's limit.
const maxPicture = 1_000_000

// setLogo links an uploaded picture from the store.
func setLogo(w http.ResponseWriter, r *serve.Request) {
	if link := takePicture(w, r); link != "" {
		st := r.State.Stores[r.PathValue("storeId")]
		st.LogoURL = &link
		r.Release.WriteStores(w, http.StatusOK, storeData{st.ID, st.StoreSettings})
	}
}

// takePicture keeps the picture of a form and gives its address; empty means a refusal was answered.
func takePicture(w http.ResponseWriter, r *serve.Request) (link string) {
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
	case len(data) > maxPicture:
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

// removeLogo unlinks the picture; whoever has its address may still see it.
func removeLogo(w http.ResponseWriter, r *serve.Request) {
	r.State.Stores[r.PathValue("storeId")].LogoURL = nil
	aspnet.WriteEmpty(w, http.StatusOK)
}

// uploaded gives the file of a form, with what of its name can stand in an address.
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

// pictureType judges a picture by its content; empty means it is none.
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

// showPicture serves what anybody uploaded, so nothing in it may run.
func showPicture(w http.ResponseWriter, r *serve.Request) {
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
