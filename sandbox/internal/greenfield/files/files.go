// Package files is the area of files that administrators upload. The pictures of users, stores and apps are among them.
package files

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Routes returns the routes of the area.
func Routes() []serve.Route {
	var routes []serve.Route
	for _, r := range []serve.Route{
		greenfield.Route("GET", "/files", world.ModifyServerSettings, list),
		greenfield.Route("POST", "/files", world.ModifyServerSettings, upload),
		greenfield.Route("GET", "/files/{fileId}", world.ModifyServerSettings, read),
		greenfield.Route("DELETE", "/files/{fileId}", world.ModifyServerSettings, remove),
	} {
		routes = append(routes, serve.In(release.Release.HasFiles, r))
	}
	return routes
}

type fileData struct {
	ID           string `json:"id"`
	UserID       string `json:"userId"`
	URI          string `json:"uri"`
	URL          string `json:"url"`
	OriginalName string `json:"originalName"`
	StorageName  string `json:"storageName"`
	CreatedAt    int64  `json:"createdAt"`
}

// stored is a file with the name under which it is kept.
type stored struct {
	name string
	*world.Picture
}

func show(r *serve.Request, f stored) fileData {
	return fileData{
		ID: f.ID, UserID: f.UserID, URI: "fileid:" + f.ID, URL: r.Site.Base() + "/LocalStorage/" + url.PathEscape(f.name),
		OriginalName: f.Name, StorageName: f.name, CreatedAt: f.Created.Unix(),
	}
}

// list answers the newest first. Pictures of older state files have no id, and cannot be named.
func list(w http.ResponseWriter, r *serve.Request) {
	var found []stored
	for name, p := range r.State.Pictures {
		if p.ID != "" {
			found = append(found, stored{name, p})
		}
	}
	slices.SortFunc(found, func(a, b stored) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.name, b.name))
	})
	shown := []fileData{}
	for _, f := range found {
		shown = append(shown, show(r, f))
	}
	aspnet.WriteJSON(w, http.StatusOK, shown)
}

// find returns the file that the path names. If it returns false, it answered.
func find(w http.ResponseWriter, r *serve.Request) (stored, bool) {
	for name, p := range r.State.Pictures {
		if p.ID != "" && p.ID == r.PathValue("fileId") {
			return stored{name, p}, true
		}
	}
	serve.WriteAPIError(w, http.StatusNotFound, "file-not-found", "The file does not exist.")
	return stored{}, false
}

func read(w http.ResponseWriter, r *serve.Request) {
	if f, ok := find(w, r); ok {
		aspnet.WriteJSON(w, http.StatusOK, show(r, f))
	}
}

func remove(w http.ResponseWriter, r *serve.Request) {
	if f, ok := find(w, r); ok {
		delete(r.State.Pictures, f.name)
		aspnet.WriteEmpty(w, http.StatusOK)
	}
}
