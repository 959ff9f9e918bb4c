package serve

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
)

// Note returns what the log of requests has of the request that was answered.
func (w *Response) Note() *requestlog.Note { return &w.note }

// explain notes why the request is refused.
func (w *Response) explain(format string, arguments ...any) {
	w.note.Reason = fmt.Sprintf(format, arguments...)
}

// noteRequest notes the caller, and the permission that the route needs.
func (r *Request) noteRequest(w *Response, route *Route) {
	n := &w.note
	n.Hidden = cmp.Or(r.PathValue("apikey"), r.PathValue("token"))
	switch route.Permission {
	case Anyone, AnyKey:
	case CreateInvoice:
		n.Permission = "create invoices (BitPay API)"
	case GetRates:
		n.Permission = "read rates (BitPay API)"
	default:
		n.Permission = route.Permission
	}
	if n.Kind != requestlog.None { // a credential that was refused
		return
	}
	switch {
	case r.Key != nil:
		n.Caller = requestlog.Caller{Kind: requestlog.APIKey, Name: r.Key.Label, Secret: r.Key.Value}
	case r.Session != nil && r.User != nil:
		n.Caller = requestlog.Caller{Kind: requestlog.Session, Name: r.User.Email}
	case r.User != nil:
		n.Caller = requestlog.Caller{Kind: requestlog.Basic, Name: r.User.Email}
	case r.BitID:
		n.Caller = requestlog.Caller{Kind: requestlog.BitID, Name: r.SIN}
	case route.Realm == BitpayRealm && !r.Named && r.failed == "":
		n.Caller = requestlog.Caller{Kind: requestlog.LegacyKey, Name: r.StoreID, Secret: r.legacyKey()}
	}
}

// ReasonOf returns the reason that a response gives for its status; empty if it is not a refusal.
func ReasonOf(w *Response) string {
	if w.note.Reason != "" || w.Status() < 400 {
		return w.note.Reason
	}
	if strings.Contains(w.header.Get("Content-Type"), "json") {
		if reason := reasonIn(w.Body()); reason != "" {
			return reason
		}
	}
	switch status := w.Status(); status {
	case http.StatusNotFound:
		return "there is no such thing, or the caller may not see it"
	case http.StatusBadRequest:
		return "the server does not say what is wrong with the request"
	case http.StatusInternalServerError:
		return "the server fails at this request, as BTCPay Server does"
	default:
		return http.StatusText(status)
	}
}

// most is how many errors of a list are shown.
const most = 3

// reasonIn reads the error of any of the server's APIs.
func reasonIn(body []byte) string {
	if len(body) > 0 && body[0] == '[' {
		var fields []struct {
			Path    string `json:"path"`
			Message string `json:"message"`
		}
		if json.Unmarshal(body, &fields) != nil {
			return ""
		}
		var all []string
		for _, f := range fields[:min(len(fields), most)] {
			all = append(all, strings.TrimPrefix(f.Path+": "+f.Message, ": "))
		}
		if len(fields) > most {
			all = append(all, fmt.Sprintf("and %d more", len(fields)-most))
		}
		return strings.Join(all, "; ")
	}
	var e struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Error   string `json:"error"`
		Title   string `json:"title"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	return cmp.Or(e.Message, e.Error, e.Title, e.Code)
}
