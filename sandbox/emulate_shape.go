package sandbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
)

// objectMembers are those of a JSON object; an older release has more or fewer.
type objectMembers map[string]json.RawMessage

// addsToStore are the members that a store had once.
func (r release) addsToStore() objectMembers {
	if r.since(2, 0, 0) {
		return nil
	}
	return objectMembers{"customLogo": json.RawMessage("null"), "customCSS": json.RawMessage("null"), "checkoutType": json.RawMessage(`"V2"`), "requiresRefundEmail": json.RawMessage("false")}
}

// writeUsers answers a user, or a list of users or members, in the release's shape.
func (s *Sandbox) writeUsers(w http.ResponseWriter, status int, v any) {
	s.writeShaped(w, status, v, s.release.lacksOfUser(), nil)
}

// writeStores answers a store, or a list of them, in the release's shape.
func (s *Sandbox) writeStores(w http.ResponseWriter, status int, v any) {
	s.writeShaped(w, status, v, s.release.lacksOfStore(), s.release.addsToStore())
}

func (s *Sandbox) writeShaped(w http.ResponseWriter, status int, v any, lacks []string, adds objectMembers) {
	if len(lacks)+len(adds) == 0 {
		aspnet.WriteJSON(w, status, v)
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // every value is of our own types
	}
	if bytes.HasPrefix(text, []byte("[")) {
		var list []objectMembers
		mustDecode(text, &list)
		for _, m := range list {
			m.reshape(lacks, adds)
		}
		aspnet.WriteJSON(w, status, list)
		return
	}
	var m objectMembers
	mustDecode(text, &m)
	m.reshape(lacks, adds)
	aspnet.WriteJSON(w, status, m)
}

func (m objectMembers) reshape(lacks []string, adds objectMembers) {
	for _, name := range lacks {
		delete(m, name)
	}
	maps.Copy(m, adds)
}

func mustDecode(text []byte, into any) {
	if err := json.Unmarshal(text, into); err != nil {
		panic(err) // it was encoded here
	}
}
