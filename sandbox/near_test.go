package sandbox

import (
	"strings"
	"testing"
)

// near is a request that is the neighbour of a recorded one, and what a server answers to it.
type near struct {
	who    string // a person of [nearby], or a permission that a key of the owner has
	method string
	path   string // below /api/v1, with {store}, {empty}, {alices}
	body   string
	status int
	want   string // the response begins with it, or after a * has it somewhere
	seen   string // where the rule is seen: a recording, or a source file of the server
}

// nearby is a sandbox with people of all kinds: the owner of the store {store} with a wallet and of {empty} without one, an
// administrator who is no member, alice with a store of her own, and a guest, an employee and a manager of {store}.
type nearby struct {
	*testbed
	keys  map[string]string
	names *strings.Replacer
}

func newNearby(t *testing.T, o Options) *nearby {
	t.Helper()
	w := &nearby{testbed: newTestbed(t, o), keys: map[string]string{}}
	w.keys["owner"] = w.s.Seed().APIKey
	store := w.s.Seed().StoreID
	for _, who := range []string{"admin", "alice", "guest", "employee", "manager"} {
		admin := "false"
		if who == "admin" {
			admin = "true"
		}
		_, text := w.greenfield("POST", "/api/v1/users", `{"email":"`+who+`@shop.example","password":"a word for you","isAdministrator":`+admin+`}`)
		id := member(t, text, "id")
		_, text = w.greenfield("POST", "/api/v1/users/"+id+"/api-keys", `{"permissions":["unrestricted"]}`)
		w.keys[who] = member(t, text, "apiKey")
		if who != "admin" && who != "alice" {
			role := strings.ToUpper(who[:1]) + who[1:]
			w.greenfield("POST", "/api/v1/stores/"+store+"/users", `{"userId":"`+id+`","role":"`+role+`","storeRole":"`+role+`"}`)
		}
	}
	_, text := w.greenfield("POST", "/api/v1/stores", `{"name":"Empty"}`)
	_, alices := w.as("alice", "POST", "/api/v1/stores", `{"name":"Of alice"}`)
	w.names = strings.NewReplacer("{store}", store, "{empty}", member(t, text, "id"), "{alices}", member(t, alices, "id"))
	return w
}

// as sends a request as a person, or with a key of the owner that has one permission. "" sends no credential.
func (w *nearby) as(who, method, path, body string) (status int, answer string) {
	w.t.Helper()
	var headers []string
	if who != "" {
		if w.keys[who] == "" {
			_, text := w.greenfield("POST", "/api/v1/api-keys", `{"permissions":["`+w.names.Replace(who)+`"]}`)
			w.keys[who] = member(w.t, text, "apiKey")
		}
		headers = []string{"Authorization", "token " + w.keys[who]}
	}
	response, answer := w.call(method, path, body, headers...)
	return response.StatusCode, answer
}

func (w *nearby) play(steps []near) {
	w.t.Helper()
	for i, step := range steps {
		status, answer := w.as(step.who, step.method, "/api/v1"+w.names.Replace(step.path), w.names.Replace(step.body))
		want := w.names.Replace(step.want)
		inside, anywhere := strings.CutPrefix(want, "*")
		if status != step.status || anywhere && !strings.Contains(answer, inside) || !anywhere && !strings.HasPrefix(answer, want) {
			w.t.Errorf("%d: %s: %s %s %s\n got %d %s\nwant %d %s (%s)", i, step.who, step.method, step.path, step.body, status, answer, step.status, step.want, step.seen)
		}
		if step.seen == "" {
			w.t.Errorf("%d: where is the rule seen?", i)
		}
	}
}
