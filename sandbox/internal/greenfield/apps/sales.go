package apps

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/money"
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

const day = 24 * time.Hour

// readSales answers the sales of each of the last days, and of the day before them as far as it is within so many times
// 24 hours.
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
	counts := map[time.Time]int{}
	now := r.World.Now()
	for ago := range int(days) {
		counts[now.Truncate(day).AddDate(0, 0, -ago)] = 0
	}
	data := salesData{Series: []salesDay{}}
	for _, s := range r.State.SalesOf(a, now.AddDate(0, 0, -int(days)), false) {
		counts[s.Day]++
		data.SalesCount++
	}
	for date, count := range counts {
		data.Series = append(data.Series, salesDay{date.Unix(), date.Format("Jan 02"), count})
	}
	slices.SortFunc(data.Series, func(a, b salesDay) int { return cmp.Compare(a.Date, b.Date) })
	aspnet.WriteJSON(w, http.StatusOK, data)
}

type itemSalesData struct {
	ItemCode       string `json:"itemCode"`
	Title          string `json:"title"`
	SalesCount     int    `json:"salesCount"`
	Total          string `json:"total"`
	TotalFormatted string `json:"totalFormatted"`
}

// readTopItems answers the items by their sales.
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
	top := r.State.TopItems(a)
	offset = min(offset, int64(len(top)))
	page := []itemSalesData{}
	for _, s := range top[offset:min(offset+count, int64(len(top)))] {
		currency := strings.ToUpper(a.PointOfSale.Currency)
		page = append(page, itemSalesData{s.ItemCode, s.Title, s.Count, s.Total.Text(), money.WithCode(s.Total, currency)})
	}
	aspnet.WriteJSON(w, http.StatusOK, page)
}
