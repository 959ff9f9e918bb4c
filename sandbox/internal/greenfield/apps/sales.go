package apps

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type salesData struct {
	SalesCount int        `json:"salesCount"`
	Series     []salesDay `json:"series"`
}

type salesDay struct {
	Date       int64  `json:"date"`
	Label      string `json:"label"`
	SalesCount int    `json:"salesCount"`
}

// mostDays bounds the days of a response. The server has no bound, and takes the longer for it.
const mostDays = 36_525

// readSales answers the sales of each of the last days. What is sold here are invoices that the page of an app makes, and
// the sandbox has no such pages, so there are none.
func readSales(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	days := q.Number("numberOfDays", 7)
	if q.Refuse(w) {
		return
	}
	a := find(w, r, "")
	if a == nil {
		return
	}
	if days < 0 || days > mostDays || a.Type == world.AppSubscription {
		aspnet.WriteCrash(w)
		return
	}
	data := salesData{Series: []salesDay{}}
	today := r.World.Now().Truncate(24 * time.Hour)
	for ago := int(days) - 1; ago >= 0; ago-- {
		day := today.AddDate(0, 0, -ago)
		data.Series = append(data.Series, salesDay{Date: day.Unix(), Label: day.Format("Jan 02")})
	}
	aspnet.WriteJSON(w, http.StatusOK, data)
}

// readTopItems answers the items by their sales, of which there are none.
func readTopItems(w http.ResponseWriter, r *serve.Request) {
	q := &aspnet.Query{Request: r.Request}
	offset, count := q.Number("offset", 0), q.Number("count", 10)
	if q.Refuse(w) {
		return
	}
	a := find(w, r, "")
	if a == nil {
		return
	}
	if offset < 0 || count < 0 || a.Type == world.AppSubscription {
		aspnet.WriteCrash(w)
		return
	}
	aspnet.WriteJSON(w, http.StatusOK, []struct{}{})
}
