package files

import (
	"bytes"
	"cmp"
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

// upload keeps the file of a posted form. A body of another type is refused as such (recording 28-misc).
func upload(w http.ResponseWriter, r *serve.Request) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "" && err == nil && media != "multipart/form-data" {
		aspnet.WriteEmpty(w, http.StatusUnsupportedMediaType)
		return
	}
	name, data, found := uploaded(r.Content, parameters["boundary"])
	switch {
	case !found:
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "file", Message: "Invalid file"})
		return
	case strings.ContainsAny(name, "/\\:\x00"):
		aspnet.WriteValidation(w, aspnet.FieldError{Path: "FileName", Message: "Invalid filename"})
		return
	}
	f := stored{random.UUID() + "-" + name, &world.Picture{
		Type: cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"), Data: data,
		ID: random.UUID(), UserID: r.User.ID, Name: name, Created: r.World.Now(),
	}}
	r.State.Pictures[f.name] = f.Picture
	aspnet.WriteJSON(w, http.StatusOK, show(r, f))
}

// uploaded returns the file of a form with its name as it was sent.
func uploaded(body []byte, boundary string) (name string, data []byte, found bool) {
	form := multipart.NewReader(bytes.NewReader(body), boundary)
	for boundary != "" {
		part, err := form.NextPart()
		if err != nil {
			break
		}
		_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil || !strings.EqualFold(parameters["name"], "file") || parameters["filename"] == "" {
			continue
		}
		data, err = io.ReadAll(part)
		return parameters["filename"], data, err == nil
	}
	return "", nil, false
}
