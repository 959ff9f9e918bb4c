package ledger

import "time"

// A Kind is the kind of an operation, by what it does to the server.
type Kind string

// The kinds of operations.
const (
	KindPair    Kind = "pair"    // a key requests a pairing code, or claims one
	KindInvoice Kind = "invoice" // an invoice is created
	// KindBatch is the kind of a [Batch]. Each of its rows is an operation of KindInvoice.
	KindBatch Kind = "batch"

	KindAuthorize Kind = "authorize" // the user is asked to consent to a Greenfield key
	KindMint      Kind = "mint"      // a Greenfield key is made by another credential
	KindRotate    Kind = "rotate"    // a Greenfield key is made, and the one it replaces is revoked
	KindRevoke    Kind = "revoke"    // a Greenfield key is revoked

	KindListen  Kind = "listen"  // a webhook exists as long as a command receives its deliveries
	KindForward Kind = "forward" // a webhook exists whose deliveries a command reads and forwards

	KindMove   Kind = "move"   // see [Move]
	KindHanded Kind = "handed" // see [Handed]
)

// A Header is the part that records of all kinds have.
type Header struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Profile string `json:"profile,omitempty"`
	Server  string `json:"server"` // URL; empty if no server is involved
	// Label is the name on the server's pages, of a pairing or of a key.
	Label string `json:"label,omitempty"`
	// AllowHTTP and CAFile are needed by a later run to reach the server.
	AllowHTTP bool   `json:"allowHttp,omitempty"`
	CAFile    string `json:"caFile,omitempty"`

	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func (h *Header) header() *Header { return h }

// A Record is the content of an operation's file: a header, and the payload of its kind.
type Record interface {
	Pair | Invoice | Key | Webhook | Move | Handed
}

// recorded is a pointer to a [Record].
type recorded interface {
	header() *Header
	// parts returns the payloads of a kind, and nil if the record is of another kind.
	parts(Kind) []any
}

// newRecord returns an empty record of a kind, and nil for a kind that this version does
// not know.
func newRecord(kind Kind) recorded {
	for _, r := range []recorded{&Pair{}, &Invoice{}, &Key{}, &Webhook{}, &Move{}, &Handed{}} {
		if r.parts(kind) != nil {
			return r
		}
	}
	return nil
}

func only(is bool, parts ...any) []any {
	if !is {
		return nil
	}
	return parts
}
