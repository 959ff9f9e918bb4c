package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// neighbour is a request beside the recorded ones, and what the server answers by a rule.
type neighbour struct {
	as      string // whose credential; empty for the store's owner
	request string // method and path; S is the store of the seed, T another one, and {name} an id that was kept
	body    string
	status  int
	// has are parts of the body, with | between. #N means N invoices, and - an empty body.
	has  string
	rule string // where the rule is seen: a recording, wire.md, neighbours.md, or the file of the server's source
	keep string // the name under which the id of the answer is kept
}

// neighbourhood is a sandbox with two stores and people of all kinds.
type neighbourhood struct {
	*testbed
	names map[string]string
	keys  map[string]string
}

func newNeighbourhood(t *testing.T) *neighbourhood {
	w := &neighbourhood{testbed: newTestbed(t, Options{}), names: map[string]string{}, keys: map[string]string{}}
	store := w.s.Seed().StoreID
	w.names["S"] = store
	made := func(method, path, body, field string) string {
		response, answer := w.greenfield(method, path, body)
		if response.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer)
		}
		if field == "" {
			return ""
		}
		return member(t, answer, field)
	}
	made("PUT", "/api/v1/stores/"+store+"/rates/configuration", `{"isCustomScript":true,"effectiveScript":"BTC_USD = 50000; BTC_EUR = 40000; BTC_JPY = 7000000; BTC_KWD = 15000; BTC_ZZZ = 10;"}`, "")
	for _, name := range []string{"guest", "outsider"} {
		id := made("POST", "/api/v1/users", `{"email":"`+name+`@shop.example","password":"a word for you"}`, "id")
		w.keys[name] = made("POST", "/api/v1/users/"+id+"/api-keys", `{"permissions":["unrestricted"]}`, "apiKey")
		if name == "guest" {
			made("POST", "/api/v1/stores/"+store+"/users", `{"id":"`+id+`","storeRole":"Guest"}`, "")
		}
	}
	for name, permission := range map[string]string{"creator": "btcpay.store.cancreateinvoice", "viewer": "btcpay.store.canviewinvoices", "elsewhere": "btcpay.store.canmodifyinvoices"} {
		scope := store
		if name == "elsewhere" {
			scope = "another"
		}
		w.keys[name] = made("POST", "/api/v1/api-keys", `{"permissions":["`+permission+":"+scope+`"]}`, "apiKey")
	}
	w.names["T"] = w.ask(neighbour{as: "outsider", request: "POST /api/v1/stores", body: `{"name":"Other"}`, status: 200, keep: "T"})
	w.names["far"] = w.ask(neighbour{as: "outsider", request: "POST T/invoices", body: `{"amount":"0"}`, status: 200, keep: "far"})
	return w
}

// ask sends the request of a row, and compares the answer. It returns the id that the row keeps.
func (w *neighbourhood) ask(n neighbour) string {
	w.t.Helper()
	method, path, _ := strings.Cut(n.request, " ")
	if rest, found := strings.CutPrefix(path, "S"); found {
		path = "/api/v1/stores/" + w.names["S"] + rest
	} else if rest, found := strings.CutPrefix(path, "T"); found {
		path = "/api/v1/stores/" + w.names["T"] + rest
	}
	body := n.body
	for name, value := range w.names {
		path, body = strings.ReplaceAll(path, "{"+name+"}", value), strings.ReplaceAll(body, "{"+name+"}", value)
	}
	var headers []string
	as, contentType, typed := strings.Cut(n.as, " ")
	if typed {
		headers = append(headers, "Content-Type", contentType)
	}
	switch as {
	case "":
		headers = append(headers, "Authorization", "token "+w.s.Seed().APIKey)
	case "bitid":
		headers = append(headers, sign(w.key, w.origin+path, body)...)
	case "public":
	default:
		headers = append(headers, "Authorization", "token "+w.keys[as])
	}
	response, answer := w.call(method, path, body, headers...)
	if response.StatusCode != n.status {
		w.t.Errorf("%s %s %s\n%d %.300s\nwant %d (%s)", n.as, n.request, n.body, response.StatusCode, answer, n.status, n.rule)
		return ""
	}
	has := n.has
	for name, value := range w.names {
		has = strings.ReplaceAll(has, "{"+name+"}", value)
	}
	for part := range strings.SplitSeq(has, "|") {
		count, number := strings.CutPrefix(part, "#")
		holds := strings.Contains(answer, part)
		switch {
		case number:
			wanted, err := strconv.Atoi(count)
			holds = err == nil && strings.Count(answer, `"id":"`) == wanted
		case part == "-":
			holds = answer == ""
		case strings.HasPrefix(part, "Location "):
			holds = strings.HasPrefix(response.Header.Get("Location"), w.origin+strings.TrimPrefix(part, "Location "))
		}
		if !holds {
			w.t.Errorf("%s %s %s\n%.900s\nwant %s (%s)", n.as, n.request, n.body, answer, part, n.rule)
		}
	}
	if n.keep == "" || response.StatusCode != http.StatusOK {
		return ""
	}
	if strings.HasPrefix(answer, `{"facade"`) {
		_, answer, _ = strings.Cut(strings.TrimSuffix(answer, "}"), `"data":`)
	}
	id := member(w.t, answer, "id")
	w.names[n.keep] = id
	return id
}

func (w *neighbourhood) askAll(rows []neighbour) {
	w.t.Helper()
	for _, row := range rows {
		w.ask(row)
	}
}
