package apps

import (
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pictures"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// maxPicture is the server's limit for the picture of an item, in bytes.
const maxPicture = 500_000

type fileData struct {
	ID           string  `json:"id"`
	UserID       string  `json:"userId"`
	URI          *string `json:"uri"` // always null
	URL          string  `json:"url"`
	OriginalName string  `json:"originalName"`
	StorageName  string  `json:"storageName"`
	CreatedAt    int64   `json:"createdAt"`
}

// addPicture keeps a picture for an item. It belongs to the user, and no item has it before a template says so.
func addPicture(w http.ResponseWriter, r *serve.Request) {
	if find(w, r, "") == nil {
		return
	}
	p, name := pictures.Keep(w, r, maxPicture)
	if p == nil {
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, fileData{
		ID: p.ID, UserID: p.UserID, URL: pictures.Link(r, name), OriginalName: p.Name, StorageName: name, CreatedAt: p.Created.Unix(),
	})
}

// removePicture removes a picture of the caller. It answers as much if there is none.
func removePicture(w http.ResponseWriter, r *serve.Request) {
	if find(w, r, "") == nil {
		return
	}
	for name, p := range r.State.Pictures {
		if p.ID != "" && p.ID == r.PathValue("fileId") && p.UserID == r.User.ID {
			delete(r.State.Pictures, name)
		}
	}
	aspnet.WriteEmpty(w, http.StatusOK)
}
